package tc

import (
	"errors"
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator"
)

// Exact says whether the kernel, if it can play l, plays it as the model says:
// nil, or an error that says in what it differs.
//
// The kernel draws losses, jitter and the like itself. netem counts its queue
// in packets, with those that wait out their delay; it drops what comes during
// an outage, which the model keeps; what it has queued keeps its time when a
// link changes. HTB, a token bucket, sends a packet when it begins to be sent,
// not when it has been sent, and lets a burst pass: after a pause it is early
// by 8·burst/rate (reference F3), which counts up to 1.5 ms as exact.
func Exact(l emulator.Link) error {
	k, err := kindOf(l)
	switch {
	case err != nil:
		return err
	case k == netem:
		return exactNetem(l)
	case k == none:
		return nil
	case l.Rates != nil:
		return errors.New("HTB does not hasten the packet being sent when the rate changes")
	case l.CoDel != nil:
		return errors.New("the kernel's CoDel counts its queue in packets, and time in units of 1.024µs")
	case early(l.Rate) > maxEarly:
		return fmt.Errorf("%s would be up to %v early", map[kind]string{htb: "HTB", tbf: "TBF"}[k], early(l.Rate).Round(100*time.Microsecond))
	}
	return nil
}

func exactNetem(l emulator.Link) error {
	queue := l.Queue != 0 || l.QueueTime != 0 || l.QueuePackets != 0
	switch {
	case len(l.Outages) > 0 || l.Rates != nil && needsNetem(emulator.Link{Rates: l.Rates}) != "":
		return errors.New("netem drops what comes during an outage instead of keeping it")
	case l.Rates != nil || l.Delays != nil:
		return errors.New("what waits in netem keeps its time when the link changes")
	case l.Loss != 0 || l.Losses != nil:
		return errors.New("the kernel draws its own losses")
	case l.Jitter != 0:
		return errors.New("the kernel draws its own jitter")
	case l.Duplicate != 0 || l.Corrupt != 0 || l.Reorder != 0:
		return errors.New("the kernel draws itself which packets it duplicates, corrupts and reorders")
	case queue && l.Rate != 0:
		return errors.New("netem counts its queue in packets, with those that wait out their delay")
	case l.Layer == emulator.Wire && l.Rate != 0:
		return errors.New("netem does not pad short frames")
	}
	return nil
}
