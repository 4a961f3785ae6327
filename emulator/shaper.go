package emulator

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// A Shaper is a Link in use: it knows what waits in the queue. It does not
// hold packets, wait or read a clock; its caller says what time it is and
// holds each packet until the time that Push answers. So the same Shaper runs
// in real time and in virtual time, and tests of it take no time at all.
//
// A Shaper is not safe for concurrent use.
type Shaper struct {
	link         Link
	loss, jitter *rand.Rand // apart, so that neither box disturbs the other

	now  time.Duration // of the last Push
	out  time.Duration // of the last packet delivered
	wait backlog       // for the bottleneck

	// The bottleneck with a Rate is free at free + part/Rate nanoseconds. The
	// fraction is kept so that rounding does not add up over a busy period.
	free time.Duration
	part uint64

	// The bottleneck with a Trace has left bytes of opportunity next.
	next int64
	left unit.Bytes
}

// NewShaper makes an idle Shaper. The link must pass Check. rng gives the
// seeds of the losses and of the jitter, each of which has a stream of its
// own; it is not used after. It may be nil if the link has neither. A link
// that breaks these rules is a bug of the caller: NewShaper panics.
func NewShaper(link Link, rng *rand.Rand) *Shaper {
	if err := link.Check(); err != nil {
		panic(fmt.Sprintf("emulator: NewShaper: %v", err))
	}
	s := &Shaper{link: link}
	if link.Trace != nil {
		s.left = link.Trace.Quantum
	}
	if rng == nil {
		if link.Loss > 0 || link.Jitter > 0 {
			panic("emulator: NewShaper: a link with loss or jitter, and no source of randomness")
		}
		return s
	}
	// Both are always seeded: the jitter is the same with and without loss.
	s.loss = rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))
	s.jitter = rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))
	return s
}

// Push offers a packet of n bytes (headers included) to the link at time now,
// and says what becomes of it. If it is Delivered, out is when it leaves the
// link; else out is 0.
//
// now counts from any fixed origin that is not later than the first packet,
// and is the time of a Trace; one that goes back counts as the latest so far.
// For Delivered packets, out never goes back: a Link does not reorder. n must
// not be negative.
func (s *Shaper) Push(now time.Duration, n unit.Bytes) (out time.Duration, fate Fate) {
	if n < 0 {
		panic(fmt.Sprintf("emulator: Push of %d bytes", n))
	}
	s.now = max(s.now, now)
	// Every packet draws, whatever becomes of it, so that packet i has the
	// same luck under any setting of the other boxes.
	delay := s.drawDelay()
	if s.drawLoss() {
		return 0, Lost
	}
	done := s.now
	if s.link.Rate > 0 || s.link.Trace != nil {
		s.wait.drain(s.now)
		if s.link.Queue > 0 && n > s.link.Queue-s.wait.bytes {
			return 0, Dropped
		}
		done = s.serve(n)
		s.wait.add(done, n)
	}
	s.out = max(s.out, later(done, delay))
	return s.out, Delivered
}

// Queued returns how many bytes wait for the bottleneck at time now, the
// packet being sent included. Like Push it must not be asked about the past.
func (s *Shaper) Queued(now time.Duration) unit.Bytes {
	s.now = max(s.now, now)
	s.wait.drain(s.now)
	return s.wait.bytes
}

func (s *Shaper) drawLoss() bool {
	return s.link.Loss > 0 && s.loss.Float64() < s.link.Loss
}

func (s *Shaper) drawDelay() time.Duration {
	j := s.link.Jitter
	if j == 0 {
		return s.link.Delay
	}
	return s.link.Delay - j + time.Duration(s.jitter.Uint64N(2*uint64(j)+1))
}

// serve sends n bytes through the bottleneck and returns when the last of them
// has left it.
func (s *Shaper) serve(n unit.Bytes) time.Duration {
	if s.link.Trace != nil {
		return s.serveTrace(n)
	}
	return s.serveRate(n)
}

// serveRate is the bottleneck of constant rate: n bytes take 8n/Rate, from now
// or from when the bottleneck is free, rounded up to a nanosecond.
func (s *Shaper) serveRate(n unit.Bytes) time.Duration {
	if s.now > s.free {
		s.free, s.part = s.now, 0
	}
	rate := uint64(s.link.Rate)
	hi, lo := bits.Mul64(uint64(n), 8*uint64(time.Second))
	lo, carry := bits.Add64(lo, s.part, 0)
	hi += carry
	if hi >= rate { // longer than can be counted
		s.free, s.part = math.MaxInt64, 0
		return s.free
	}
	whole, part := bits.Div64(hi, lo, rate)
	s.free, s.part = later(s.free, time.Duration(min(whole, math.MaxInt64))), part
	if part > 0 {
		return later(s.free, 1)
	}
	return s.free
}

// serveTrace is the bottleneck that follows a trace: n bytes take what is left
// of the next opportunity, and as many more as they need.
func (s *Shaper) serveTrace(n unit.Bytes) time.Duration {
	t := s.link.Trace
	if t.Opportunity(s.next) < s.now { // nobody was there: it is gone
		s.next, s.left = t.Before(s.now), t.Quantum
	}
	if n > s.left {
		n -= s.left
		more := (n + t.Quantum - 1) / t.Quantum
		s.next += int64(more)
		s.left = more * t.Quantum
	}
	s.left -= n
	return t.Opportunity(s.next)
}

// later returns t + d for d ≥ 0, or the end of time.
func later(t, d time.Duration) time.Duration {
	if t > math.MaxInt64-d {
		return math.MaxInt64
	}
	return t + d
}
