package emulator_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// randomLink has each box half of the time.
func randomLink(rng *rand.Rand) (l emulator.Link) {
	maybe := func() bool { return rng.IntN(2) == 0 }
	if maybe() {
		l.Loss = rng.Float64() / 2
	}
	if maybe() {
		l.Queue = emulator.FullFrame + unit.Bytes(rng.IntN(10_000))
	}
	switch rng.IntN(3) {
	case 0:
		l.Rate = unit.BitRate(100_000 + rng.IntN(50_000_000))
	case 1:
		l.Trace = randomTrace(rng)
	}
	if maybe() {
		l.Delay = time.Duration(rng.IntN(int(30 * ms)))
		if maybe() {
			l.Jitter = time.Duration(rng.Int64N(int64(l.Delay) + 1))
		}
	}
	return l
}

func randomTrace(rng *rand.Rand) *trace.Trace {
	tr := &trace.Trace{Name: "random", Period: ms * time.Duration(1+rng.IntN(20)), Quantum: unit.Bytes(1 + rng.IntN(3000))}
	at := time.Duration(0)
	for range 1 + rng.IntN(20) {
		at = min(at+ms*time.Duration(rng.IntN(3)), tr.Period)
		tr.At = append(tr.At, at)
	}
	return tr
}

// An event is one Push with its answer.
type event struct {
	Now, Out time.Duration
	Size     unit.Bytes
	Fate     emulator.Fate
}

// traffic pushes 300 random packets, in bursts and pauses, at times that are
// sometimes on the grid of the traces.
func traffic(link emulator.Link, seed uint64) (events []event) {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := emulator.NewShaper(link, rand.New(rand.NewPCG(seed, 2)))
	var now time.Duration
	for range 300 {
		switch rng.IntN(4) {
		case 0:
			now += time.Duration(rng.IntN(int(6 * ms)))
		case 1:
			now = (now/ms + 1) * ms
		}
		n := unit.Bytes(1 + rng.IntN(1514))
		out, fate := s.Push(now, n)
		events = append(events, event{now, out, n, fate})
	}
	return events
}

// TestShaperKeepsItsPromises pushes random packets through random links and
// checks what the comments of Link and Push promise, whatever the parameters:
// nothing arrives before it could, nothing is reordered, no more passes than
// the bottleneck offers, nothing is lost or dropped but where a box does it,
// and the same seed gives the same fates.
func TestShaperKeepsItsPromises(t *testing.T) {
	for seed := range uint64(500) {
		link := randomLink(rand.New(rand.NewPCG(seed, 0)))
		events := traffic(link, seed)
		if diff := cmp.Diff(events, traffic(link, seed)); diff != "" {
			t.Errorf("seed %d: two runs differ:\n%s", seed, diff)
		}
		var last time.Duration
		var passed unit.Bytes
		for i, e := range events {
			switch e.Fate {
			case emulator.Lost:
				if link.Loss == 0 || e.Out != 0 {
					t.Fatalf("seed %d, packet %d: %+v on %+v", seed, i, e, link)
				}
				continue
			case emulator.Dropped:
				if link.Queue == 0 || link.Rate == 0 && link.Trace == nil || e.Out != 0 {
					t.Fatalf("seed %d, packet %d: %+v on %+v", seed, i, e, link)
				}
				continue
			}
			passed += e.Size
			if first := e.Now + link.Rate.TimeToSend(e.Size) + link.Delay - link.Jitter; e.Out < first {
				t.Fatalf("seed %d, packet %d: out at %v, before %v", seed, i, e.Out, first)
			}
			if e.Out < last {
				t.Fatalf("seed %d, packet %d: out at %v, before an earlier one at %v", seed, i, e.Out, last)
			}
			last = e.Out
			served := e.Out - link.Delay + link.Jitter // by then at the latest
			if link.Rate > 0 && link.Rate.TimeToSend(passed) > served {
				t.Fatalf("seed %d, packet %d: %d bytes through by %v, more than %v", seed, i, passed, served, link.Rate)
			}
			if tr := link.Trace; tr != nil && passed > tr.Capacity(0, served+1) {
				t.Fatalf("seed %d, packet %d: %d bytes through by %v, more than the trace offers", seed, i, passed, served)
			}
		}
	}
}

// TestSlowTwin plays links with a bottleneck without jitter once more, in the
// plainest way: a list of packets, looked through from the start each time.
func TestSlowTwin(t *testing.T) {
	for seed := range uint64(300) {
		link := randomLink(rand.New(rand.NewPCG(seed, 0)))
		link.Jitter, link.Loss = 0, 0
		if link.Trace == nil {
			link.Rate = 8 * unit.Mbps // a byte a microsecond: nothing to round
		}
		type served struct {
			done time.Duration
			size unit.Bytes
		}
		var all []served
		used := map[int64]unit.Bytes{} // of each opportunity
		for i, e := range traffic(link, seed) {
			var queued unit.Bytes
			free := e.Now
			for _, p := range all {
				if p.done > e.Now {
					queued += p.size
				}
				free = max(free, p.done)
			}
			if drop := link.Queue > 0 && queued+e.Size > link.Queue; drop != (e.Fate == emulator.Dropped) {
				t.Fatalf("seed %d, packet %d: %v with %d of %d bytes queued", seed, i, e.Fate, queued, link.Queue)
			} else if drop {
				continue
			}
			done := free + time.Duration(e.Size)*time.Microsecond
			if tr := link.Trace; tr != nil {
				rest := e.Size
				for k := int64(0); rest > 0; k++ {
					if done = tr.Opportunity(k); done >= e.Now {
						take := min(rest, tr.Quantum-used[k])
						used[k] += take
						rest -= take
					}
				}
			}
			all = append(all, served{done, e.Size})
			if e.Out != done+link.Delay {
				t.Fatalf("seed %d, packet %d: out at %v, want %v (%+v)", seed, i, e.Out, done+link.Delay, link)
			}
		}
	}
}

// TestLossLeavesTheRestAlone is the reason that Link has boxes: adding loss to
// a link must not change how the packets that survive are carried, jitter
// included.
func TestLossLeavesTheRestAlone(t *testing.T) {
	link := emulator.Link{Rate: 12 * unit.Mbps, Delay: 5 * ms, Jitter: 2 * ms}
	for _, loss := range []float64{1e-9, 0.3} {
		lossy := link
		lossy.Loss = loss
		a := emulator.NewShaper(link, rand.New(rand.NewPCG(1, 2)))
		b := emulator.NewShaper(lossy, rand.New(rand.NewPCG(1, 2)))
		for i := range 1000 {
			now := time.Duration(i) * 10 * ms // so that no packet waits for one before
			outA, _ := a.Push(now, 1500)
			if outB, fate := b.Push(now, 1500); fate == emulator.Delivered && outA != outB {
				t.Fatalf("loss %v, packet %d: out at %v without loss, at %v with", loss, i, outA, outB)
			}
		}
	}
}

// TestBoxesLeaveLossAlone: which packets are lost does not depend on the other
// boxes, so that conditions are compared on the same losses; and more loss
// loses those of less loss, too.
func TestBoxesLeaveLossAlone(t *testing.T) {
	lost := func(l emulator.Link) (is [1000]bool) {
		s := emulator.NewShaper(l, rand.New(rand.NewPCG(3, 4)))
		for i := range is {
			_, fate := s.Push(time.Duration(i)*ms, 1500)
			is[i] = fate == emulator.Lost
		}
		return is
	}
	plain := lost(emulator.Link{Loss: 0.1})
	if plain != lost(emulator.Link{Loss: 0.1, Rate: unit.Mbps, Queue: 3000, Delay: 9 * ms, Jitter: 9 * ms}) {
		t.Error("other boxes change the losses")
	}
	for i, more := range lost(emulator.Link{Loss: 0.2}) {
		if plain[i] && !more {
			t.Errorf("packet %d is lost at 10 %% and not at 20 %%", i)
		}
	}
}

// TestLossRate holds the losses to 5 standard deviations of a binomial.
func TestLossRate(t *testing.T) {
	const n = 100_000
	for _, p := range []float64{0, 0.001, 0.01, 0.5, 0.99, 1} {
		s := emulator.NewShaper(emulator.Link{Loss: p}, rand.New(rand.NewPCG(5, 6)))
		lost := 0
		for range n {
			if _, fate := s.Push(0, 100); fate == emulator.Lost {
				lost++
			}
		}
		if sigma := math.Sqrt(n * p * (1 - p)); math.Abs(float64(lost)-n*p) > 5*sigma {
			t.Errorf("loss %v: %d of %d, want %.0f ± %.0f", p, lost, n, n*p, 5*sigma)
		}
	}
}

// TestJitterIsUniform: packets far apart are late by Delay ± Jitter, each
// tenth of that range as often as any other.
func TestJitterIsUniform(t *testing.T) {
	const n = 100_000
	link := emulator.Link{Delay: 30 * ms, Jitter: 10 * ms}
	s := emulator.NewShaper(link, rand.New(rand.NewPCG(7, 8)))
	var tenths [10]int
	for i := range n {
		now := time.Duration(i) * time.Second
		out, _ := s.Push(now, 100)
		late := out - now - 20*ms
		if late < 0 || late > 20*ms {
			t.Fatalf("packet %d took %v, want 20 to 40 ms", i, out-now)
		}
		tenths[min(late/(2*ms), 9)]++
	}
	for i, got := range tenths {
		// 10000 each, σ = √(100000 · 0.1 · 0.9) = 95.
		if got < 10_000-5*95 || got > 10_000+5*95 {
			t.Errorf("tenth %d: %d packets, want 10000 ± 475", i, got)
		}
	}
}

// TestPushDoesNotAllocate once the queue has had its greatest length.
func TestPushDoesNotAllocate(t *testing.T) {
	s := emulator.NewShaper(emulator.Link{Rate: 12 * unit.Mbps, Loss: 0.1, Delay: 5 * ms, Jitter: ms},
		rand.New(rand.NewPCG(1, 2)))
	now := time.Duration(0)
	for range 500 {
		s.Push(now, 1500)
	}
	if got := testing.AllocsPerRun(1000, func() { now += ms; s.Push(now, 1500) }); got != 0 {
		t.Errorf("%v allocations a packet", got)
	}
}
