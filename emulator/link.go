// Package emulator is the model of a network: what a link does to packets. It
// is pure: it is told the time, and holds no packet, clock, socket or file.
package emulator

import (
	"errors"
	"time"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// ErrUnsupported is what an engine that cannot play a Link wraps, together
// with what is missing.
var ErrUnsupported = errors.New("not supported on this machine")

// A Link is one direction of a network path, as boxes in a row:
//
//	      ┌──────┐   ┌───────┐   ┌──────────────────┐   ┌──────────────────┐   ┌───────────┐
//	in ──▶│ Loss │──▶│ Queue │──▶│ Rate, Trace or   │──▶│ Delay + Jitter   │──▶│ Duplicate │──▶ out
//	      │      │   │ CoDel │   │ Rates; Outages,  │   │ or Delays;       │   │ Corrupt   │
//	      └──────┘   └───────┘   │ IdlePenalty      │   │ Reorder          │   └───────────┘
//	                             └──────────────────┘   └──────────────────┘
//
// Each field is one box and no field changes another box: a Link with Loss has
// the rate and the queue of the same Link without. Two hosts talk over two
// Links, one each way, which need not be alike.
//
// Sizes of packets count the Ethernet layer, as Linux tc does: the IP packet
// and 14 bytes of header. TCP with timestamps over a Link of rate R so carries
// R·1448/1514 of payload. Layer changes what the rate counts, and that alone.
//
// Fields that change over time (Trace, Rates, Losses, Delays, Outages) share
// one clock, which is at 0 when the Link is set; or at an age that it is given,
// and then it is as if it had had nothing to carry until then.
//
// The zero Link is a perfect wire: no loss, no limit, no delay.
type Link struct {
	// Loss is the probability, in [0, 1], that a packet is lost on entry.
	Loss float64

	// LossBurst is how many packets in a row a loss takes on average, by the
	// model of Gilbert: 0 is independent losses, else it is at least 1 and
	// the mean loss stays Loss: P(bad→good) = 1/LossBurst and P(good→bad) =
	// Loss/(LossBurst·(1−Loss)), which must be at most 1 (reference: F12).
	LossBurst float64

	// Losses, if not nil, is Loss over time. At most one of the two is set.
	// Where it is 0 nothing is lost, and a burst ends.
	Losses *trace.Series

	// Queue is how many bytes may wait for the bottleneck, the one being
	// sent included. A packet that would not fit whole is dropped
	// (drop-tail). Zero means no limit.
	Queue unit.Bytes

	// QueuePackets is the same in packets. Zero means no limit.
	QueuePackets int

	// QueueTime is the same in time: a packet that would have to wait longer
	// before its sending begins is dropped. Zero means no limit. At most one
	// of Queue, QueuePackets and QueueTime is set.
	QueueTime time.Duration

	// CoDel, if not nil, drops packets that have waited too long, besides
	// the limit of the queue.
	CoDel *CoDel

	// Rate is the speed of the bottleneck. Zero means no limit.
	// At most one of Rate, Trace and Rates is set.
	Rate unit.BitRate

	// Trace, if not nil, is the capacity of the bottleneck over time, as
	// opportunities to deliver.
	Trace *trace.Trace

	// Rates, if not nil, is the speed of the bottleneck over time, in bit/s.
	// At 0 the bottleneck stands still. When the rate changes, what is left
	// of the packet being sent goes on at the new rate. Values count in whole
	// bits per second, those between 0 and 1 as 1.
	Rates *trace.Series

	// Layer is what the rate counts of each packet.
	Layer Layer

	// Outages are when the bottleneck stands still, whatever its rate.
	// Packets wait for its end, as far as the queue has room.
	Outages []Outage

	// IdlePenalty is how long the bottleneck takes to wake up once it has had
	// nothing to send for IdleAfter, as radios do that fall asleep between
	// short flows. It is awake at 0 of the clock, and any packet wakes it,
	// also one that is then dropped. Zero means never; IdleAfter is positive
	// if it is not.
	IdlePenalty, IdleAfter time.Duration

	// Delay is the propagation delay of this direction alone, added after
	// the bottleneck: the round trip of a path is the sum of both its Links'.
	Delay time.Duration

	// Delays, if not nil, is Delay over time, in seconds, as it stands when a
	// packet leaves the bottleneck. At most one of the two is set.
	Delays *trace.Series

	// Jitter is the width of a random addition to Delay, drawn for each
	// packet, 0 ≤ Jitter ≤ Delay unless Delays is set; JitterShape says how
	// it is spread. No packet gets less than no delay. Order is kept: a
	// packet never leaves before one that entered earlier, unless Unordered.
	Jitter      time.Duration
	JitterShape Shape
	Unordered   bool // jitter may let a packet overtake others

	// Reorder is the probability, in [0, 1], that a packet skips Delay and
	// Jitter and so overtakes what waits there, as netem's reorder does.
	Reorder float64

	// Duplicate is the probability, in [0, 1], that a packet leaves twice, at
	// the same time.
	Duplicate float64

	// Corrupt is the probability, in [0, 1], that one bit of a packet, after
	// its Ethernet header, is flipped.
	Corrupt float64
}

// CoDel is the queue management of RFC 8289: packets are dropped while their
// time in the queue has been above Target for at least Interval. Both are
// positive; the usual values are 5 ms and 100 ms. A Target below the time that
// one full frame takes counts as that time: the RFC never drops the last frame
// that waits, and this is as much of it as can be known when a packet comes.
type CoDel struct{ Target, Interval time.Duration }

// An Outage lasts from From until To, and, if Every is not zero, again each
// Every after that: 0 ≤ From < To, and To - From < Every.
type Outage struct{ From, To, Every time.Duration }

// A Layer is what of a packet takes time at the bottleneck.
type Layer int

// The layers. The zero Layer is Ethernet.
const (
	Ethernet Layer = iota // the IP packet and 14 bytes of header
	IP                    // the IP packet alone
	Wire                  // with preamble, padding to 64 bytes, checksum and gap: 24 bytes more than Ethernet
)

// A Shape is how jitter is spread around Delay.
type Shape int

// The shapes. The zero Shape is Uniform.
const (
	Uniform Shape = iota // Delay ± Jitter, evenly
	Normal               // Jitter is the standard deviation; cut off at 4 of them
	Pareto               // Jitter is the standard deviation; α = 3, mean Delay, cut off likewise; see Quantile
)

// A Fate is what became of a packet: one of Delivered, Lost and Dropped; with
// Delivered there may be Duplicated and Corrupted, as in
// Delivered|Duplicated.
type Fate uint8

// The fates. The zero Fate is Delivered.
const (
	Delivered Fate = 0
	Lost      Fate = 1 // by Loss, on entry
	Dropped   Fate = 2 // the queue was full, or CoDel

	Duplicated Fate = 4 // flag: it leaves twice
	Corrupted  Fate = 8 // flag: with a bit flipped; Shaper.Bit says which
)

// Arrives reports whether the packet leaves the link, in whatever state.
func (f Fate) Arrives() bool { return f&(Lost|Dropped) == 0 }
