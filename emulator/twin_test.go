package emulator_test

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// A twin plays links without chance and without CoDel in the plainest way: it
// looks through all packets, steps and opportunities from the start each time,
// and counts time in fractions. All that changes does so on the grid.
type twin struct {
	link emulator.Link
	all  []served
	free *big.Rat // when the last packet was sent, in nanoseconds
	used map[int64]unit.Bytes
	wake time.Duration // when it woke up last
	last time.Duration // out of the last
}

type served struct {
	done time.Duration
	size unit.Bytes
}

func rat(t time.Duration) *big.Rat { return new(big.Rat).SetInt64(int64(t)) }

// ceil rounds up to a nanosecond.
func ceil(x *big.Rat) time.Duration {
	q, r := new(big.Int).QuoRem(x.Num(), x.Denom(), new(big.Int))
	return time.Duration(q.Int64() + int64(r.Sign()))
}

// value looks a series up.
func value(s *trace.Series, t time.Duration) (v float64) {
	if t >= s.Period {
		switch s.Wrap {
		case trace.Hold:
			t = s.Period - 1
		case trace.Stop:
			return 0
		}
	}
	for i := range s.At {
		if s.At[i] <= t%s.Period {
			v = s.Value[i]
		}
	}
	return v
}

// still looks the outages up.
func still(l emulator.Link, t time.Duration) bool {
	for _, o := range l.Outages {
		for from, to := o.From, o.To; from <= t; from, to = from+o.Every, to+o.Every {
			if t < to {
				return true
			}
			if o.Every == 0 {
				break
			}
		}
	}
	return false
}

// rate is that of the cell of the grid that t is in; -1 is no limit.
func (w *twin) rate(t time.Duration) int64 {
	switch {
	case still(w.link, t):
		return 0
	case w.link.Rates != nil:
		return int64(value(w.link.Rates, t) + 0.5)
	case w.link.Rate > 0:
		return int64(w.link.Rate)
	}
	return -1
}

// pipe is when the sending of n bytes begins and ends that may begin at from.
func (w *twin) pipe(from time.Duration, n unit.Bytes) (begin time.Duration, end *big.Rat) {
	at := rat(from)
	if w.free != nil && w.free.Cmp(at) > 0 {
		at.Set(w.free)
	}
	bits := new(big.Rat).SetInt64(8e9 * int64(n)) // billionths
	begin = -1
	for {
		whole, _ := new(big.Float).SetRat(at).Int64()
		cell := time.Duration(whole) / grid
		rate, edge := w.rate(cell*grid), rat((cell+1)*grid)
		if rate != 0 && begin < 0 {
			begin = ceil(at)
		}
		if rate < 0 {
			return begin, at
		}
		speed := new(big.Rat).SetInt64(rate)
		room := new(big.Rat).Sub(edge, at)
		room.Mul(room, speed)
		if rate > 0 && bits.Cmp(room) <= 0 {
			return begin, at.Add(at, bits.Quo(bits, speed))
		}
		bits.Sub(bits, room)
		at = edge
	}
}

// moments is pipe for a trace; it says which opportunities are used.
func (w *twin) moments(from time.Duration, n unit.Bytes) (begin, end time.Duration, take map[int64]unit.Bytes) {
	tr := w.link.Trace
	quantum := w.link.Layer.Size(tr.Quantum)
	take = map[int64]unit.Bytes{}
	begin = -1
	for k := int64(0); ; k++ {
		at := tr.Opportunity(k)
		room := quantum - w.used[k]
		if at < from || still(w.link, at) || room == 0 {
			continue
		}
		if begin < 0 {
			begin = at
		}
		take[k] = min(n, room)
		if n -= take[k]; n == 0 {
			return begin, at, take
		}
	}
}

// push is Shaper.Push.
func (w *twin) push(now time.Duration, n unit.Bytes) (out time.Duration, fate emulator.Fate) {
	l := w.link
	var queued unit.Bytes
	var count int
	idle := w.wake
	for _, p := range w.all {
		if p.done > now {
			queued += p.size
			count++
		}
		idle = max(idle, p.done)
	}
	if l.IdlePenalty > 0 && now-idle >= l.IdleAfter {
		w.wake = now + l.IdlePenalty
	}
	from := max(now, w.wake)
	var begin, done time.Duration
	var free *big.Rat
	var take map[int64]unit.Bytes
	if size := l.Layer.Size(n); l.Trace != nil {
		begin, done, take = w.moments(from, size)
	} else {
		begin, free = w.pipe(from, size)
		done = ceil(free)
	}
	if l.Queue > 0 && queued+n > l.Queue || l.QueuePackets > 0 && count+1 > l.QueuePackets ||
		l.QueueTime > 0 && begin-now > l.QueueTime {
		return 0, emulator.Dropped
	}
	if free != nil {
		w.free = free
	}
	for k, bytes := range take {
		w.used[k] += bytes
	}
	w.all = append(w.all, served{done, n})
	delay := l.Delay
	if l.Delays != nil {
		delay = time.Duration(value(l.Delays, done)*1e9 + 0.5)
	}
	out = max(done+delay, w.last)
	if l.Unordered {
		return done + delay, emulator.Delivered
	}
	w.last = out
	return out, emulator.Delivered
}

// TestSlowTwin: the same fates and the same times, to the nanosecond, for all
// that is not chance.
func TestSlowTwin(t *testing.T) {
	kinds := map[string]int{}
	for seed := range uint64(600) {
		link := randomLink(rand.New(rand.NewPCG(seed, 0)))
		link.Jitter, link.Loss, link.Losses, link.CoDel = 0, 0, nil, nil
		link.Reorder, link.Duplicate, link.Corrupt = 0, 0, 0
		s := emulator.NewShaper(link, nil)
		w := &twin{link: link, used: map[int64]unit.Bytes{}}
		rng := rand.New(rand.NewPCG(seed, 1))
		var now time.Duration
		for i := range 100 {
			switch rng.IntN(4) {
			case 0:
				now += time.Duration(rng.IntN(int(6 * ms)))
			case 1:
				now = (now/grid + 1) * grid
			}
			n := unit.Bytes(60 + rng.IntN(1455))
			out, fate := s.Push(now, n)
			wantOut, wantFate := w.push(now, n)
			if out != wantOut || fate != wantFate {
				t.Fatalf("seed %d, packet %d of %d bytes at %v: %v, %v; want %v, %v (%+v)", seed, i, n, now, out, fate, wantOut, wantFate, link)
			}
			var queued unit.Bytes
			for _, p := range w.all {
				if p.done > now {
					queued += p.size
				}
			}
			if got := s.Queued(now); got != queued {
				t.Fatalf("seed %d, packet %d at %v: %d bytes queued, want %d", seed, i, now, got, queued)
			}
			kinds[fate.String()]++
		}
	}
	if kinds["dropped"] < 1000 || kinds["delivered"] < 10_000 {
		t.Errorf("fates %v: want more of each", kinds)
	}
}
