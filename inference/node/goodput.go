package node

import (
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// goodputWindow is how many transfers a device remembers.
const goodputWindow = 5

// A sample is one transfer: how long it took from when the request was sent to
// the last byte, less one round trip (of the connection's handshake).
type sample struct {
	bytes unit.Bytes
	took  time.Duration
}

// A goodput remembers the last transfers of each arm: an arm does not learn
// from those of another. A probe is everybody's, and makes what was before it
// worthless.
type goodput struct {
	probe unit.BitRate // 0: none
	byArm map[string][]sample
}

func (g *goodput) add(arm string, s sample) {
	if s.bytes <= 0 || s.took <= 0 {
		return // it was over in less than a round trip: it tells no rate
	}
	last := append(g.byArm[arm], s)
	g.byArm[arm] = last[max(0, len(last)-goodputWindow):]
}

func (g *goodput) probed(rate unit.BitRate) {
	g.probe = rate
	clear(g.byArm)
}

// of is the harmonic mean of the rates of an arm's last transfers, the probe
// being the oldest of them; 0 if there were none.
func (g *goodput) of(arm string) unit.BitRate {
	var n, inverse float64
	for _, s := range g.byArm[arm] {
		n++
		inverse += s.took.Seconds() / (8 * float64(s.bytes))
	}
	if g.probe > 0 && n < goodputWindow {
		n++
		inverse += 1 / float64(g.probe)
	}
	if n == 0 {
		return 0
	}
	return unit.BitRate(n/inverse + 0.5)
}
