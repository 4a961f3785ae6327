package emulator

import (
	"math/bits"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// A pipe is a bottleneck that has a rate at any time: that of Rate or Rates, 0
// in Outages, or no limit besides those.
//
// It is free at free + part/rate nanoseconds. The fraction is kept so that
// rounding does not add up over a busy period. A rate changes at whole
// nanoseconds, so it is the same from free to free + 1.
type pipe struct {
	link *Link

	free time.Duration
	part uint64

	rate  unit.BitRate // at free, if that is before until
	until time.Duration
}

// look finds the rate at free.
func (p *pipe) look() {
	if p.free >= p.until {
		p.rate, p.until = p.link.speed(p.free)
	}
}

// begin is when the packets before are sent, but not while the pipe stands
// still.
func (p *pipe) begin(from time.Duration) time.Duration {
	if from > p.free {
		p.free, p.part = from, 0
	}
	for range patience {
		if p.look(); p.rate > 0 {
			return p.ready()
		}
		p.free = p.until // and part is 0: a rate of 0 begins at a whole nanosecond
	}
	p.free = never
	return never
}

// ready is free, rounded up to a nanosecond.
func (p *pipe) ready() time.Duration {
	if p.part > 0 {
		return later(p.free, 1)
	}
	return p.free
}

// send lets n bytes through, each at the rate of its time, and rounds up to a
// nanosecond when the last is out.
func (p *pipe) send(from time.Duration, n unit.Bytes) time.Duration {
	p.begin(from)
	// What is to be sent, in billionths of a bit, and of those how many pass
	// until the rate changes. Both count from the whole nanosecond free.
	high, low := bits.Mul64(uint64(n), uint64(nanobits))
	low, carry := bits.Add64(low, p.part, 0)
	high += carry
	for range patience {
		if p.look(); p.rate == unlimited || p.free == never {
			return p.free
		}
		roomHigh, roomLow := bits.Mul64(uint64(p.rate), uint64(p.until-p.free))
		left, borrow := bits.Sub64(low, roomLow, 0)
		leftHigh, borrow := bits.Sub64(high, roomHigh, borrow)
		if borrow > 0 || left|leftHigh == 0 {
			whole, part := bits.Div64(high, low, uint64(p.rate))
			p.free, p.part = p.free+time.Duration(whole), part
			return p.ready()
		}
		p.free, p.part, high, low = p.until, 0, leftHigh, left
	}
	p.free, p.part = never, 0
	return never
}

// frame is at the rate of free.
func (p *pipe) frame() time.Duration {
	if p.rate == unlimited {
		return 0
	}
	return p.rate.TimeToSend(p.link.Layer.Size(FullFrame))
}
