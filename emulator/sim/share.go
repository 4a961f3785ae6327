package sim

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// nanobits is a byte in billionths of a bit: what a rate in bit/s passes in a
// time in nanoseconds is a whole number of them.
const nanobits = 8 * uint64(time.Second)

// patience is how many changes of its rate a flow waits through at most, as
// emulator's packets do.
const patience = 1 << 20

// A flow is what one transfer has on one link. The flows of a link are served
// at once, each at the same share of the rate.
type flow struct {
	half *half
	leg  int
	busy bool
	left uint64 // to be served, in nanobits
	more uint64 // to come, likewise
	join Timer  // when it comes

	began, end time.Duration // when the link served it last
}

// add has a flow be served from now on.
func (l *Link) add(f *flow) {
	l.serve()
	l.at = l.awake(l.engine.now)
	l.flows = append(l.flows, f)
	l.plan()
}

// awake is when the link can send what comes at a time.
func (l *Link) awake(at time.Duration) time.Duration {
	switch {
	case l.at > l.engine.now: // it is waking up
		return max(at, l.at)
	case len(l.flows) == 0 && l.link.IdlePenalty > 0 && at-l.idle >= l.link.IdleAfter:
		return at + l.link.IdlePenalty
	}
	return at
}

// serve takes from all flows what they were served until now.
func (l *Link) serve() {
	now := l.engine.now
	if now <= l.at {
		return
	}
	if len(l.flows) > 0 {
		got, _, _ := l.walk(l.at, l.used, math.MaxUint64, now, len(l.flows))
		for _, f := range l.flows {
			f.left -= min(got, f.left)
		}
	}
	l.at, l.used = now, 0
}

// plan sets the timer for the flow that is served first.
func (l *Link) plan() {
	l.engine.Stop(&l.timer)
	if len(l.flows) == 0 {
		return
	}
	if _, end, _ := l.walk(l.at, l.used, l.first().left, never, len(l.flows)); end < never {
		l.engine.Set(&l.timer, end)
	}
}

// drop takes flow i out. The order of the others stays.
func (l *Link) drop(i int) {
	last := len(l.flows) - 1
	copy(l.flows[i:], l.flows[i+1:])
	l.flows[last] = nil
	l.flows = l.flows[:last]
}

// first is the flow with the least left, of equals the one that came first.
func (l *Link) first() *flow {
	f := l.flows[0]
	for _, g := range l.flows[1:] {
		if g.left < f.left {
			f = g
		}
	}
	return f
}

// served is a Link whose first flow is.
type served Link

// Happen serves the flow.
func (s *served) Happen() {
	l := (*Link)(s)
	f := l.first()
	got := f.left
	if l.link.Trace != nil {
		_, _, l.used = l.walk(l.at, l.used, got, never, len(l.flows))
	}
	l.at, l.idle = l.engine.now, l.engine.now
	for _, g := range l.flows {
		g.left -= got
	}
	l.drop(slices.Index(l.flows, f))
	l.plan()
	f.served(l.engine.now)
}

// walk follows the bottleneck from a time on, of whose opportunities so much is
// used, until it has served want to each of so many flows, or it is the time
// to. It returns what each got, in nanobits, when that was, and what of the
// opportunities of that time is used.
func (l *Link) walk(at time.Duration, used, want uint64, to time.Duration, flows int) (got uint64, end time.Duration, usedThen uint64) {
	n := uint64(flows)
	high, low := bits.Mul64(want, n)
	for range patience {
		if at >= to {
			break
		}
		rate, until := l.rate(at, flows)
		until = min(until, to)
		var roomHigh, roomLow uint64
		switch {
		case rate == unlimited:
			return want, at, 0
		case rate == 0:
		case l.link.Trace != nil:
			first := l.link.Trace.Before(l.clock(at))
			each := l.quantum(rate)
			sumLow, carry := bits.Add64(low, used, 0)
			sumHigh := high + carry
			count := l.link.Trace.Before(l.clock(until)) - first
			if need := ceilDiv(sumHigh, sumLow, each); need <= uint64(count) {
				end := l.link.Trace.Opportunity(first + int64(need) - 1)
				before := uint64(l.link.Trace.Before(end)-first) * each
				return want, max(end+l.zero, at), sumLow - before // the high words are alike
			}
			roomHigh, roomLow = bits.Mul64(uint64(count), each)
			if count > 0 {
				var borrow uint64
				roomLow, borrow = bits.Sub64(roomLow, used, 0)
				roomHigh -= borrow
			}
			used = 0
		default:
			roomHigh, roomLow = bits.Mul64(uint64(rate), uint64(until-at))
			if roomHigh > high || roomHigh == high && roomLow >= low {
				return want, at + time.Duration(ceilDiv(high, low, uint64(rate))), 0
			}
		}
		var borrow uint64
		low, borrow = bits.Sub64(low, roomLow, 0)
		high, _ = bits.Sub64(high, roomHigh, borrow)
		at = until
	}
	wantHigh, wantLow := bits.Mul64(want, n)
	wantLow, borrow := bits.Sub64(wantLow, low, 0)
	wantHigh, _ = bits.Sub64(wantHigh, high, borrow)
	got, _ = bits.Div64(wantHigh, wantLow, n) // less than want
	return got, never, 0
}

// ceilDiv returns a number of two words divided by d, rounded up, or the
// greatest there is.
func ceilDiv(high, low, d uint64) uint64 {
	if high >= d {
		return math.MaxUint64
	}
	q, r := bits.Div64(high, low, d)
	if r > 0 {
		q++
	}
	return q
}

// wire is what n bytes of payload take of the link, in bytes of its layer, in
// full segments and one with the rest. Nothing is an acknowledgement.
func (l *Link) wire(n unit.Bytes) unit.Bytes {
	full, rest := n/payload, n%payload
	size := full * l.link.Layer.Size(payload+bare)
	if rest > 0 || full == 0 {
		size += l.link.Layer.Size(rest + bare)
	}
	return size
}
