package emulator_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
)

func TestQuantile(t *testing.T) {
	for _, tt := range []struct {
		shape   emulator.Shape
		u, want float64
	}{
		{emulator.Uniform, 0.5, 0},
		{emulator.Uniform, 0.25, -0.5},
		{emulator.Uniform, 0.9, 0.8},
		{emulator.Normal, 0.5, 0},
		{emulator.Normal, 0.8413447460685429, 1}, // Φ(1)
		{emulator.Normal, 0.0227501319481792, -2},
		{emulator.Normal, 1e-9, -4},
		{emulator.Normal, 1 - 1e-9, 4},
		{emulator.Normal, 0, -4},
		{emulator.Normal, 1, 4},
		{emulator.Pareto, 0, -0.46400374868704 / 0.56574256603269}, // the least, 1
		{emulator.Pareto, 0.5, (1.259921049894873 - 1.46400374868704) / 0.56574256603269}, // 2^(1/3)
		{emulator.Pareto, 0.875, (2 - 1.46400374868704) / 0.56574256603269},               // 8^(1/3)
		{emulator.Pareto, 0.985, 4}, // 66.7^(1/3) > 3.727
		{emulator.Pareto, 1, 4},
	} {
		if got := tt.shape.Quantile(tt.u); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%v: %v at %v, want %v", tt.shape, got, tt.u, tt.want)
		}
	}
}

// TestQuantileMoments integrates over u, by a million midpoints: the mean is
// 0, and the standard deviation what the comment on Quantile says.
func TestQuantileMoments(t *testing.T) {
	const n = 1_000_000
	for _, tt := range []struct {
		shape     emulator.Shape
		deviation float64
		least     float64
		most      float64
	}{
		{emulator.Uniform, 1 / math.Sqrt(3), -1, 1},
		{emulator.Normal, 0.99994, -4, 4},
		{emulator.Pareto, 1, -0.8202, 4},
	} {
		var sum, square float64
		last := math.Inf(-1)
		for i := range n {
			x := tt.shape.Quantile((float64(i) + 0.5) / n)
			if x < last || x < tt.least-1e-4 || x > tt.most {
				t.Fatalf("%v: %v after %v", tt.shape, x, last)
			}
			last = x
			sum += x
			square += x * x
		}
		mean := sum / n
		deviation := math.Sqrt(square/n - mean*mean)
		if math.Abs(mean) > 1e-6 || math.Abs(deviation-tt.deviation) > 1e-5 {
			t.Errorf("%v: mean %v, deviation %v; want 0 and %v", tt.shape, mean, deviation, tt.deviation)
		}
		if tt.most-last > 1e-5 {
			t.Errorf("%v: at most %v, want %v", tt.shape, last, tt.most)
		}
	}
}

// TestJitterFollowsItsShape: how late packets far apart are is spread as
// Quantile says, as many in each tenth of it.
func TestJitterFollowsItsShape(t *testing.T) {
	const n = 20_000
	for _, shape := range []emulator.Shape{emulator.Uniform, emulator.Normal, emulator.Pareto} {
		s := emulator.NewShaper(emulator.Link{Delay: 50 * ms, Jitter: 10 * ms, JitterShape: shape}, rand.New(rand.NewPCG(9, 8)))
		var tenths [10]int
		for i := range n {
			now := time.Duration(i) * time.Second
			out, _ := s.Push(now, 100)
			late := float64(out-now-50*ms) / float64(10*ms)
			tenth := 0
			for tenth < 9 && late >= shape.Quantile(float64(tenth+1)/10) {
				tenth++
			}
			tenths[tenth]++
		}
		for i, got := range tenths {
			// 2000 each, σ = √(20000 · 0.1 · 0.9) = 42.4.
			if math.Abs(float64(got)-2000) > 5*42.4 {
				t.Errorf("%v: %d packets in tenth %d, want 2000 ± 212", shape, got, i)
			}
		}
	}
}

// TestJitterOfANanosecond is one of −1, 0 and 1, each a third of the time.
func TestJitterOfANanosecond(t *testing.T) {
	s := emulator.NewShaper(emulator.Link{Delay: 5, Jitter: 1}, rand.New(rand.NewPCG(9, 8)))
	count := map[time.Duration]int{}
	for i := range 9000 {
		now := time.Duration(i) * ms
		out, _ := s.Push(now, 100)
		count[out-now]++
	}
	for _, late := range []time.Duration{4, 5, 6} { // σ = √(9000 · 1/3 · 2/3) = 44.7
		if got := count[late]; got < 3000-224 || got > 3000+224 {
			t.Errorf("%d packets took %v, want 3000 ± 224", got, late)
		}
	}
}

// TestJitterNeverGoesBelowNoDelay, where its shape would reach there.
func TestJitterNeverGoesBelowNoDelay(t *testing.T) {
	s := emulator.NewShaper(emulator.Link{Delay: 10 * ms, Jitter: 10 * ms, JitterShape: emulator.Normal}, rand.New(rand.NewPCG(9, 8)))
	none := 0
	for i := range 10_000 {
		now := time.Duration(i) * time.Second
		out, _ := s.Push(now, 100)
		if out < now {
			t.Fatalf("packet %d: out at %v, pushed at %v", i, out, now)
		}
		if out == now {
			none++
		}
	}
	// Φ(−1) = 0.1587 of them; σ = √(10000 · 0.1587 · 0.8413) = 36.5.
	if none < 1587-183 || none > 1587+183 {
		t.Errorf("%d packets without delay, want 1587 ± 183", none)
	}
}
