// Package tc plays a Link by the Linux kernel's traffic control, through
// netlink: HTB where only a rate is asked, netem (where the kernel has it) for
// delay, jitter and loss. All functions act on the network namespace of the
// calling thread.
//
// Traffic control shapes what leaves an interface. A frame counts its Ethernet
// header, so sizes are those of emulator.Link.
package tc

import (
	"errors"
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// frame is a full frame: 1500 bytes of IP packet and 14 of Ethernet header.
const frame unit.Bytes = 1514

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
	netem             // anything but a trace
)

// kindOf returns how l is played. A rate alone goes to HTB, which every
// kernel with traffic control has.
func kindOf(l emulator.Link) (kind, error) {
	switch {
	case l.Trace != nil:
		return none, fmt.Errorf("the kernel has no traces: %w", emulator.ErrUnsupported)
	case l.Delay != 0 || l.Jitter != 0 || l.Loss != 0:
		return netem, nil
	case l.Rate != 0:
		return htb, nil
	}
	return none, nil
}

// Can says whether the kernel can play l: nil if it can; an error that wraps
// emulator.ErrUnsupported and says what is missing if it cannot; another error
// if that could not be found out.
func Can(l emulator.Link) error {
	k, err := kindOf(l)
	if err != nil {
		return err
	}
	switch k {
	case htb:
		if htbTicks(burst(l.Rate), l.Rate) == 0 {
			return fmt.Errorf("HTB at %d bit/s: too slow for its clock: %w", l.Rate, emulator.ErrUnsupported)
		}
		return Probe("htb")
	case netem:
		return Probe("netem")
	}
	return nil
}

// Exact says whether the kernel, if it can play l, plays it as the model says:
// nil, or an error that says in what it differs.
//
// Loss and jitter cannot be drawn from our seeds. netem counts its queue in
// packets, with those that wait out their delay. HTB, a token bucket, sends a
// packet when it begins to be sent, not when it has been sent, and lets a
// burst pass: after a pause it is early by 8·burst/rate, which counts up to
// 1.5 ms as exact.
func Exact(l emulator.Link) error {
	k, err := kindOf(l)
	switch {
	case err != nil:
		return err
	case l.Loss != 0:
		return errors.New("the kernel's losses have no seed")
	case l.Jitter != 0:
		return errors.New("the kernel's jitter has no seed")
	case k == netem && l.Queue != 0 && l.Rate != 0:
		return errors.New("netem counts its queue in packets, not bytes")
	case k == htb && l.Rate.TimeToSend(burst(l.Rate)) > maxEarly:
		return fmt.Errorf("HTB would be up to %v early", l.Rate.TimeToSend(burst(l.Rate)).Round(100*time.Microsecond))
	}
	return nil
}
