package worldtest_test

import (
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/emulator/worldtest"
)

// needsNetem are the tests of links that the kernel plays by netem alone.
var needsNetem = []string{
	"outage", "rates", "delay", "rate-and-delay", "delays", "jitter-uniform", "jitter-normal", "jitter-pareto",
	"order", "reorder", "loss", "all-lost", "burst-loss", "losses", "duplicate", "corrupt", "seed", "boxes-apart",
}

// unplayable are those of links that no queueing discipline plays, and of what
// it cannot do.
var unplayable = []string{"trace", "idle-penalty", "aged"}

// TestHTB: a kernel without netem plays rates and queues, but for what its
// token bucket lets out at once: a frame and a millisecond of the rate, and
// one frame more because it sends while it has any token (reference: F3, F9).
func TestHTB(t *testing.T) {
	need(t, "ingress", "htb")
	if netns.Probe("netem") == nil {
		t.Skip("this kernel plays these by netem: TestNetem")
	}
	worldtest.Run(t, openEngine("tc"), worldtest.Options{
		Early:   300 * time.Microsecond,
		Late:    3 * time.Millisecond,
		Tries:   5,
		Packets: 1,
		Bucket: func(r unit.BitRate) unit.Bytes {
			return 2*emulator.FullFrame + unit.Bytes(float64(r)/8*time.Millisecond.Seconds())
		},
		// CoDel and the IP layer are played where the kernel has what they need.
		Refuses: append(append([]string{"codel", "layers"}, unplayable...), needsNetem...),
	})
}
