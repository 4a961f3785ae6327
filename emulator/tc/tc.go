// Package tc plays a Link by the Linux kernel's traffic control, through
// netlink: HTB where a rate is all that is asked, netem (where the kernel has
// it) for the rest. All functions act on the network namespace of the calling
// thread.
//
// Traffic control shapes what leaves an interface; Ingress turns what arrives
// around. A frame counts its Ethernet header, so sizes are those of
// emulator.Link. Frames must be of the MTU's size where they are shaped: a
// larger one that offloads left whole has one delay, one fate and, in HTB, no
// time of its own (reference 4.2).
package tc

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/tc/wire"
	"github.com/testbed/testbed/emulator/unit"
)

// frame is a full frame: 1500 bytes of IP packet and 14 of Ethernet header.
const frame = emulator.FullFrame

// wakeUp is how late a queue's timer may be without the rate suffering: what
// would have been sent in that time may be sent at once.
const wakeUp = time.Millisecond

// maxEarly is the most by which a link that auto gives to the kernel may
// deliver a packet before the model does. See Exact.
const maxEarly = 1500 * time.Microsecond

// A kind is how a Link is played.
type kind int

const (
	none  kind = iota // a perfect wire: nothing to do
	htb               // a rate and a queue
	tbf               // the same, where HTB is missing, and never for a rate that varies
	netem             // anything but a trace
)

// String returns the kind as Probe takes it.
func (k kind) String() string { return [...]string{"none", "htb", "tbf", "netem"}[k] }

// kindOf returns how l is played; the error, if there is one, wraps
// emulator.ErrUnsupported. Whether the kernel has that kind is not said.
func kindOf(l emulator.Link) (kind, error) {
	if why := unplayable(l); why != nil {
		return none, fmt.Errorf("%w: %w", why, emulator.ErrUnsupported)
	}
	switch what := needsNetem(l); {
	case l.Perfect():
		return none, nil
	case what != "" && l.CoDel != nil && bounded(l):
		return none, fmt.Errorf("the kernel has no CoDel beside %s: %w", what, emulator.ErrUnsupported)
	case what != "":
		return netem, nil
	case l.Rates != nil || l.CoDel != nil:
		return htb, nil
	case early(l.Rate) > maxEarly && Probe("netem") == nil:
		return netem, nil // it has no bucket
	case errors.Is(Probe("htb"), emulator.ErrUnsupported) && Probe("tbf") == nil:
		return tbf, nil
	}
	return htb, nil
}

// bounded reports whether l has a bottleneck.
func bounded(l emulator.Link) bool { return l.Rate != 0 || l.Rates != nil }

// needsNetem returns what of l only netem can do, or nothing.
func needsNetem(l emulator.Link) string {
	stops := len(l.Outages) > 0 || l.Rates != nil && slices.Min(l.Rates.Value) == 0
	switch {
	case l.Delay != 0 || l.Delays != nil:
		return "a delay"
	case l.Loss != 0 || l.Losses != nil:
		return "losses"
	case l.Reorder != 0:
		return "reordering"
	case l.Duplicate != 0:
		return "duplicates"
	case l.Corrupt != 0:
		return "corruption"
	case stops:
		return "outages: HTB has no rate of 0"
	case l.Layer == emulator.IP && bounded(l):
		return "a rate on the IP layer"
	}
	return ""
}

// unplayable says what of l no queueing discipline plays.
func unplayable(l emulator.Link) error {
	switch {
	case l.Trace != nil:
		return errors.New("the kernel has no traces")
	case l.IdlePenalty != 0 && bounded(l):
		return errors.New("the kernel has no idle penalty")
	case l.Unordered && l.Jitter != 0 && bounded(l):
		return errors.New("netem with a rate keeps order")
	case l.Jitter > wire.MaxJitter:
		return fmt.Errorf("jitter %v: netem counts up to %v", l.Jitter, wire.MaxJitter)
	case l.Rate != 0 && wire.BucketTicks(burst(l.Rate), bytesPerSecond(l.Rate)) == 0:
		return fmt.Errorf("%d bit/s: too slow for the kernel's clock", l.Rate)
	}
	return nil
}

// Can says whether the kernel can play l: nil if it can; an error that wraps
// emulator.ErrUnsupported and says what is missing if it cannot; another error
// if that could not be found out. A link that varies is played by Play, others
// by Apply.
func Can(l emulator.Link) error {
	k, err := kindOf(l)
	if err != nil || k == none {
		return err
	}
	if err := Probe(k.String()); err != nil {
		if what := needsNetem(l); what != "" && errors.Is(err, emulator.ErrUnsupported) {
			return fmt.Errorf("%s: %w", what, err)
		}
		return err
	}
	if l.CoDel != nil && k == htb {
		return Probe("codel")
	}
	return nil
}

// early returns by how much HTB or TBF may be early at a rate: what the bucket
// holds has not to wait.
func early(r unit.BitRate) time.Duration { return r.TimeToSend(burst(r)) }
