package emulator_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// TestMarkRates holds duplicates, corruption and reordering to 5 standard
// deviations of a binomial.
func TestMarkRates(t *testing.T) {
	const n = 100_000
	for _, p := range []float64{0, 0.001, 0.2, 1} {
		link := emulator.Link{Delay: 10 * ms, Duplicate: p, Corrupt: p, Reorder: p}
		s := emulator.NewShaper(link, rand.New(rand.NewPCG(5, 6)))
		var duplicated, corrupted, ahead, all int
		for i := range n {
			now := time.Duration(i) * time.Second
			out, fate := s.Push(now, 100)
			if !fate.Arrives() {
				t.Fatalf("packet %d: %v", i, fate)
			}
			count := 0
			for c, is := range map[*int]bool{&duplicated: fate&emulator.Duplicated != 0,
				&corrupted: fate&emulator.Corrupted != 0, &ahead: out == now} {
				if is {
					*c++
					count++
				}
			}
			if count == 3 {
				all++
			}
		}
		for name, got := range map[string]int{"duplicated": duplicated, "corrupted": corrupted, "ahead": ahead} {
			if sigma := math.Sqrt(n * p * (1 - p)); math.Abs(float64(got)-n*p) > 5*sigma {
				t.Errorf("%v %s: %d of %d, want %.0f ± %.0f", p, name, got, n, n*p, 5*sigma)
			}
		}
		// Boxes are independent: all three at once is p³.
		cube := p * p * p
		if sigma := math.Sqrt(n * cube * (1 - cube)); math.Abs(float64(all)-n*cube) > 5*sigma+1e-6 {
			t.Errorf("%v: all three in %d of %d, want %.0f ± %.0f", p, all, n, n*cube, 5*sigma)
		}
	}
}

// TestReorder: a packet that skips the delay leaves with the bottleneck, and
// the others as if it were not there.
func TestReorder(t *testing.T) {
	link := emulator.Link{Rate: 12 * unit.Mbps, Delay: 20 * ms, Jitter: 3 * ms}
	skipping := link
	skipping.Reorder = 0.3
	a := emulator.NewShaper(link, rand.New(rand.NewPCG(1, 2)))
	b := emulator.NewShaper(skipping, rand.New(rand.NewPCG(1, 2)))
	overtaken, latest := 0, time.Duration(0)
	for i := range 1000 {
		now := time.Duration(i) * 30 * ms // so that jitter does not order others
		outA, _ := a.Push(now, 1500)
		outB, fate := b.Push(now, 1500)
		switch {
		case outB == now+ms && fate == emulator.Delivered:
			overtaken++
		case outA != outB:
			t.Fatalf("packet %d: out at %v, without reordering at %v", i, outB, outA)
		}
		latest = max(latest, outB)
	}
	// σ = √(1000 · 0.3 · 0.7) = 14.5.
	if overtaken < 300-73 || overtaken > 300+73 {
		t.Errorf("%d of 1000 skipped the delay, want 300 ± 73", overtaken)
	}
}

// TestUnordered: with jitter, a packet may overtake another if the link is
// asked for it, and then each has its own delay.
func TestUnordered(t *testing.T) {
	link := emulator.Link{Delay: 20 * ms, Jitter: 10 * ms, Unordered: true}
	s := emulator.NewShaper(link, rand.New(rand.NewPCG(1, 2)))
	ordered := emulator.NewShaper(with(link, func(l *emulator.Link) { l.Unordered = false }), rand.New(rand.NewPCG(1, 2)))
	overtakes, last, latest := 0, time.Duration(0), time.Duration(0)
	for i := range 1000 {
		now := time.Duration(i) * ms
		out, _ := s.Push(now, 1500)
		if out < now+10*ms || out > now+30*ms {
			t.Fatalf("packet %d: took %v, want 10 to 30 ms", i, out-now)
		}
		if out < last {
			overtakes++
		}
		last, latest = out, max(latest, out)
		if in, _ := ordered.Push(now, 1500); in != latest {
			t.Fatalf("packet %d: in order at %v, want %v", i, in, latest)
		}
	}
	if overtakes < 300 { // almost half
		t.Errorf("%d of 1000 overtook the one before", overtakes)
	}
}

// TestBit: each bit after the header is flipped as often as any other, the
// same ones for the same seed, and small packets have none.
func TestBit(t *testing.T) {
	const n, size = 80_000, 24 // 10 bytes after the header: 80 bits
	s := emulator.NewShaper(emulator.Link{Corrupt: 1}, rand.New(rand.NewPCG(1, 2)))
	same := emulator.NewShaper(emulator.Link{Corrupt: 1, Loss: 0.5, Rate: unit.Gbps, Duplicate: 0.5}, rand.New(rand.NewPCG(1, 2)))
	var count [80]int
	for i := range n {
		if _, fate := s.Push(0, size); fate != emulator.Corrupted {
			t.Fatalf("packet %d: %v", i, fate)
		}
		b := s.Bit(size)
		if b < 0 || b >= 80 {
			t.Fatalf("packet %d: bit %d of 80", i, b)
		}
		count[b]++
		same.Push(time.Hour, size)
		if other := same.Bit(size); other != b || b != s.Bit(size) {
			t.Fatalf("packet %d: bit %d, on a link with other boxes %d, asked again %d", i, b, other, s.Bit(size))
		}
	}
	for b, got := range count {
		if got < 1000-159 || got > 1000+159 { // σ = √(80000 · 1/80 · 79/80) = 31.4
			t.Errorf("bit %d: %d times, want 1000 ± 159", b, got)
		}
	}
	for _, n := range []unit.Bytes{0, 13, 14} {
		if _, fate := s.Push(0, n); fate != emulator.Delivered {
			t.Errorf("a packet of %d bytes: %v", n, fate)
		}
	}
	if _, fate := s.Push(0, 15); fate != emulator.Corrupted || s.Bit(15) < 0 || s.Bit(15) > 7 {
		t.Errorf("a packet of 15 bytes: %v, bit %d", fate, s.Bit(15))
	}
}
