package emulator_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

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

// TestBoxesLeaveEachOtherAlone: turning any box on or off, or another way,
// changes none of what the others draw for a packet.
func TestBoxesLeaveEachOtherAlone(t *testing.T) {
	full := emulator.Link{Loss: 0.2, LossBurst: 3, Rate: 8 * unit.Mbps, Queue: 5000, Delay: 40 * ms, Jitter: 10 * ms,
		JitterShape: emulator.Normal, Unordered: true, Reorder: 0.1, Duplicate: 0.3, Corrupt: 0.4}
	type luck struct {
		lost, ahead, duplicated, corrupted bool
		late                               time.Duration
		bit                                int64
	}
	draw := func(change func(*emulator.Link)) (all []luck) {
		link := full
		change(&link)
		s := emulator.NewShaper(link, rand.New(rand.NewPCG(11, 12)))
		for i := range 3000 {
			now := time.Duration(i) * time.Second // so that none waits for one before
			out, fate := s.Push(now, 1000)
			l := luck{lost: fate == emulator.Lost, late: -1, bit: -1}
			if fate.Arrives() {
				l.late = out - now - link.Rate.TimeToSend(1000)
				l.ahead = l.late == 0
				l.duplicated, l.corrupted = fate&emulator.Duplicated != 0, fate&emulator.Corrupted != 0
				if l.corrupted {
					l.bit = s.Bit(1000)
				}
			}
			all = append(all, l)
		}
		return all
	}
	base := draw(func(*emulator.Link) {})
	for name, tt := range map[string]struct {
		change func(*emulator.Link)
		hides  func(a, b *luck) // what the change is about
	}{
		"no loss": {func(l *emulator.Link) { l.Loss, l.LossBurst = 0, 0 }, func(a, b *luck) {
			if a.lost {
				*a = *b
			}
		}},
		"no bursts": {func(l *emulator.Link) { l.LossBurst = 0 }, func(a, b *luck) {
			if a.lost || b.lost {
				*a = *b
			}
		}},
		"no jitter":     {func(l *emulator.Link) { l.Jitter = 0 }, func(a, b *luck) { a.late = b.late }},
		"another shape": {func(l *emulator.Link) { l.JitterShape = emulator.Uniform }, func(a, b *luck) { a.late = b.late }},
		"no reorder": {func(l *emulator.Link) { l.Reorder = 0 }, func(a, b *luck) {
			if a.ahead {
				a.ahead, a.late = b.ahead, b.late
			}
		}},
		"no duplicate": {func(l *emulator.Link) { l.Duplicate = 0 }, func(a, b *luck) { a.duplicated = b.duplicated }},
		"no corrupt":   {func(l *emulator.Link) { l.Corrupt = 0 }, func(a, b *luck) { a.corrupted, a.bit = b.corrupted, b.bit }},
		"no rate":      {func(l *emulator.Link) { l.Rate, l.Queue = 0, 0 }, func(a, b *luck) {}},
	} {
		for i, other := range draw(tt.change) {
			mine := base[i]
			if tt.hides(&mine, &other); mine != other {
				t.Errorf("%s: packet %d: %+v, before %+v", name, i, other, base[i])
				break
			}
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
	for name, link := range benchmarks() {
		s := emulator.NewShaper(link, rand.New(rand.NewPCG(1, 2)))
		now := time.Duration(0)
		for range 500 {
			s.Push(now, 1500)
		}
		if got := testing.AllocsPerRun(1000, func() { now += ms; s.Push(now, 1500) }); got != 0 {
			t.Errorf("%s: %v allocations a packet", name, got)
		}
	}
}

// TestSeedsStay: a seed means the same packets in every version.
func TestSeedsStay(t *testing.T) {
	s := emulator.NewShaper(emulator.Link{Loss: 0.1, Delay: 10 * ms, Jitter: 4 * ms}, rand.New(rand.NewPCG(1, 2)))
	var lost []int
	var late []time.Duration
	for i := range 50 {
		now := time.Duration(i) * time.Second
		switch out, fate := s.Push(now, 100); {
		case fate == emulator.Lost:
			lost = append(lost, i)
		case len(late) < 4:
			late = append(late, out-now-10*ms)
		}
	}
	if want := []int{4, 21, 24, 39, 49}; !slices.Equal(lost, want) {
		t.Errorf("lost %v, want %v", lost, want)
	}
	if want := []time.Duration{-3806749, 1322977, -675489, 2718102}; !slices.Equal(late, want) {
		t.Errorf("late by %d, want %d", late, want)
	}
}
