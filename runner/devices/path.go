package devices

import (
	"context"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/node"
)

// A path whose rate nobody has asked for is probed by transfers that grow
// until they last long enough to tell it, or are as large as makes sense.
const (
	pings      = 9 // round trips, for their median
	firstProbe = 32 << 10
	mostProbe  = 8 << 20
	longEnough = 300 * time.Millisecond
	mostProbes = 4
)

// A prober measures the path between the repository and a node.
type prober interface {
	Probe(context.Context, node.ProbeArgs) (node.Probe, error)
}

// measure measures a path: its round trip, then its rates. probes is how many
// transfers each way it took. The last of them, from which the node's own
// knowledge of the path is, is the longest.
func measure(ctx context.Context, p prober) (probed node.Probe, probes int, err error) {
	trip, err := p.Probe(ctx, node.ProbeArgs{Pings: pings})
	if err != nil {
		return node.Probe{}, 0, err
	}
	down, up := int64(firstProbe), int64(firstProbe)
	for more := true; more; {
		if probed, err = p.Probe(ctx, node.ProbeArgs{DownBytes: down, UpBytes: up}); err != nil {
			return node.Probe{}, 0, err
		}
		probes++
		nextDown, nextUp := grown(down, probed.DownBps), grown(up, probed.UpBps)
		more = (nextDown > down || nextUp > up) && probes < mostProbes
		down, up = nextDown, nextUp
	}
	probed.RTT, probed.RTTMin = trip.RTT, trip.RTTMin
	return probed, probes, nil
}

// grown is the size of the next probe after one of n bytes that found a rate of
// bps; n itself if that lasted long enough. A rate of 0 is one that the probe
// was too short to tell.
func grown(n, bps int64) int64 {
	want := int64(longEnough.Seconds() * float64(bps) / 8)
	if bps == 0 {
		want = mostProbe
	}
	// What is almost as large as wanted is not worth another transfer. A
	// short transfer overstates a rate as easily as it understates it, so one
	// step multiplies by 16 at most.
	if want <= n+n/4 {
		return n
	}
	return max(n, min(want, 16*n, mostProbe))
}

// onWire turns a rate of TCP payload into one of Ethernet frames: 1448 bytes of
// payload travel in frames of 1514.
func onWire(bps int64) unit.BitRate {
	return unit.BitRate(bps * int64(emulator.FullFrame) / 1448)
}
