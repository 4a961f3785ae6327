package worldtest_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/worldtest"
)

// TestNetem: a kernel with netem plays all but what no queueing discipline can
// do, and differs where tc.Exact says so.
//
// It is made for User-Mode Linux too, which has one CPU, a coarse clock and
// slow system calls: there half of the packets may be up to 6 ms late, any may
// seem 2 ms early, as the reading of the link's clock is off by that, and they
// are counted at 1000 a second.
func TestNetem(t *testing.T) {
	need(t, "ingress", "netem")
	differs := map[string]string{
		"queue-small": "netem counts its queue in packets",
		"outage":      "netem drops what comes during an outage instead of keeping it",
		"rates":       "netem drops what comes during an outage instead of keeping it",
		"rate-steps":  "what waits in netem keeps its time when the link changes",
		"boxes-apart": "netem draws losses and jitter from one source",
	}
	if err := netns.Probe("netem-seed"); err != nil {
		differs["seed"] = "netem takes no seed: " + err.Error()
	}
	if cpu, err := os.ReadFile("/proc/cpuinfo"); err == nil && strings.Contains(string(cpu), "User Mode Linux") {
		differs["codel"] = "HTB, which CoDel needs, is slow where timers tick 100 times a second"
	}
	worldtest.Run(t, openEngine("tc"), worldtest.Options{
		Early:   2 * time.Millisecond,
		Late:    6 * time.Millisecond,
		Every:   time.Millisecond,
		Tries:   5,
		Packets: 1,
		Refuses: append([]string{"codel"}, unplayable...),
		Differs: differs,
		// netem draws the place of the bit from the kernel's own generator.
		Unseeded: true,
	})
}
