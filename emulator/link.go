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
//	      ┌──────┐   ┌───────┐   ┌──────────────┐   ┌────────────────┐
//	in ──▶│ Loss │──▶│ Queue │──▶│ Rate | Trace │──▶│ Delay + Jitter │──▶ out
//	      └──────┘   └───────┘   └──────────────┘   └────────────────┘
//
// Each field is one box and no field changes another box: a Link with Loss has
// the rate and the queue of the same Link without. Two hosts talk over two
// Links, one each way, which need not be alike.
//
// Sizes count the Ethernet layer, as Linux tc does: the IP packet and 14 bytes
// of header. TCP with timestamps over a Link of rate R so carries
// R·1448/1514 of payload.
//
// The zero Link is a perfect wire: no loss, no limit, no delay.
type Link struct {
	// Loss is the probability, in [0, 1], that a packet is lost on entry.
	// Packets are lost independently of each other.
	Loss float64

	// Queue is how many bytes may wait for the bottleneck, the one being
	// sent included. A packet that would not fit whole is dropped
	// (drop-tail). Zero means no limit.
	Queue unit.Bytes

	// Rate is the speed of the bottleneck. Zero means no limit.
	// At most one of Rate and Trace is set.
	Rate unit.BitRate

	// Trace, if not nil, is the capacity of the bottleneck over time.
	Trace *trace.Trace

	// Delay is the propagation delay of this direction alone, added after
	// the bottleneck: the round trip of a path is the sum of both its Links'.
	Delay time.Duration

	// Jitter is the half-width of a uniform random addition to Delay, drawn
	// for each packet: Delay ± Jitter, 0 ≤ Jitter ≤ Delay. Order is kept: a
	// packet never leaves before one that entered earlier.
	Jitter time.Duration
}

// A Fate is what became of a packet.
type Fate int

// The fates. The zero Fate is Delivered.
const (
	Delivered Fate = iota
	Lost           // by Loss, on entry
	Dropped        // the queue was full
)
