package sim

import (
	"math"
	"math/bits"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// unlimited is the rate of a bottleneck that has none.
const unlimited = unit.BitRate(math.MaxInt64)

// A pace is how fast a link is at a time, and until when.
type pace struct {
	rate   unit.BitRate // 0: it stands still
	others unit.BitRate // what the traffic asks for
	until  time.Duration
}

// rate is what the link has for so many flows at a time that does not go back,
// and until when it is so.
func (l *Link) rate(at time.Duration, flows int) (unit.BitRate, time.Duration) {
	p := l.pace
	if at >= p.until || at < l.at {
		p = l.look(at)
		if at == l.at {
			l.pace = p
		}
	}
	rate := p.rate
	if rate == 0 || rate == unlimited || l.traffic.Of == 0 {
		return rate, p.until
	}
	equal := unit.BitRate(float64(rate) * float64(flows) / float64(flows+1))
	switch t := l.traffic; {
	case t.Bulk:
		rate = equal
	case t.TCP:
		rate = max(rate-p.others, equal)
	default:
		rate = max(rate-p.others, 0)
	}
	return rate, p.until
}

// clock is what the clock of the link shows at a time of the engine.
func (l *Link) clock(at time.Duration) time.Duration {
	if at == never {
		return never
	}
	return at - l.zero
}

// look finds the pace at a time of the engine.
func (l *Link) look(at time.Duration) (p pace) {
	clock := l.clock(at)
	now, stopped, until := l.link.At(clock)
	switch {
	case stopped:
	case l.link.Trace != nil:
		p.rate = l.link.MeanRate()
	case now.Rate == 0:
		p.rate = unlimited
	default:
		p.rate = now.Rate
	}
	if of := l.traffic.Of; of > 0 && !l.traffic.Bulk {
		share := l.traffic.Share
		if over := l.traffic.Over; over != nil {
			var end time.Duration
			share, end = over.Step(clock)
			until = min(until, end)
		}
		p.others = unit.BitRate(math.Round(share * float64(of)))
	}
	p.until = later(until, l.zero)
	return p
}

// quantum is what an opportunity of the Trace has for the flows, in nanobits, if
// the link has so much of its mean rate for them.
func (l *Link) quantum(rate unit.BitRate) uint64 {
	whole := uint64(l.link.Layer.Size(l.link.Trace.Quantum)) * nanobits
	mean := l.link.MeanRate()
	if rate == mean {
		return whole
	}
	high, low := bits.Mul64(whole, uint64(rate))
	q, _ := bits.Div64(high, low, uint64(mean))
	return max(q, 1)
}

// others are the packets of SetTraffic where transfers are packets: full frames
// at an even pace.
type others struct {
	sent time.Duration // when the last of them was
}

// catchUp sends those that are due. Of a long time in which nobody saw
// them, only the end counts: what fills a queue.
func (o *others) catchUp(l *Link) {
	now := l.engine.now
	const span = 2 * time.Second
	o.sent = max(o.sent, now-span)
	for l.traffic.Of > 0 {
		rate, until := l.sends(o.sent)
		if rate == 0 {
			if until > now {
				o.sent = now
				return
			}
			o.sent = until
			continue
		}
		gap := rate.TimeToSend(emulator.FullFrame)
		if o.sent+gap > now {
			return
		}
		o.sent += gap
		l.shaper.Push(o.sent-l.zero, emulator.FullFrame)
	}
}

// sends is the rate at which the traffic is sent where transfers are packets, and
// until when.
func (l *Link) sends(at time.Duration) (unit.BitRate, time.Duration) {
	p := l.look(at)
	equal := unit.BitRate(float64(p.rate) / float64(max(l.busy, 1)+1))
	switch {
	case p.rate == unlimited || p.rate == 0:
		return 0, p.until
	case l.traffic.Bulk:
		return equal, p.until
	case l.traffic.TCP:
		return min(p.others, equal), p.until
	}
	return p.others, p.until
}
