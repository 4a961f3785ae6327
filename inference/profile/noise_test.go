package profile

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestNoise: of many draws half are below P50 and 95 % below P95, idle and at
// each load that was measured, and in between.
func TestNoise(t *testing.T) {
	const ms = time.Millisecond
	p := Profile{Name: "p", Models: []Model{
		{Name: "m", Threads: []Timing{{Threads: 1, Sample: Sample{Mean: 10 * ms, P50: 9 * ms, P95: 18 * ms}, Loaded: []Loaded{
			{Utilization: 0.5, Sample: Sample{Mean: 20 * ms, P50: 16 * ms, P95: 64 * ms}},
			{Utilization: 1, Sample: Sample{Mean: 40 * ms, P50: 40 * ms, P95: 40 * ms}},
		}}}},
		{Name: "mean", Threads: []Timing{{Sample: Sample{Mean: 10 * ms}}}},
		{Name: "median", Threads: []Timing{{Sample: Sample{P50: 10 * ms}}}},
	}, Slowdown: []Curve{{Threads: 1, Points: []Point{{0, 1, 0, 0}, {0.5, 1.6, 0, 0}, {1, 5, 0, 0}}}}}
	n, err := p.NoiseOf("m", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ utilization, p50, p95 float64 }{
		{0, 0.9, 1.8},
		{0.5, 1, 4}, // of 16 ms, which the curve of all predicts
		// Medians of 0.9 and 1, and P95/P50 of 2 and 4, so that halfway the
		// logarithm is that of √8.
		{0.25, 0.95, 0.95 * math.Sqrt(8)},
		{0.75, 0.9, 0.9 * 2}, // 1 and 0.8; 4 and 1
		{1, 0.8, 0.8},        // 40 ms of 50: this model is slowed less
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		draws := make([]float64, 100_001)
		for i := range draws {
			draws[i] = n.Factor(tt.utilization, rng.NormFloat64())
		}
		slices.Sort(draws)
		if p50 := draws[len(draws)/2]; math.Abs(p50/tt.p50-1) > 0.02 {
			t.Errorf("at %v: median %.4f, want %.4f", tt.utilization, p50, tt.p50)
		}
		if p95 := draws[len(draws)*95/100]; math.Abs(p95/tt.p95-1) > 0.03 {
			t.Errorf("at %v: p95 %.4f, want %.4f", tt.utilization, p95, tt.p95)
		}
	}
	for _, name := range []string{"mean", "median"} {
		if n, err := p.NoiseOf(name, 0); n != nil || err != nil || n.Factor(0.5, 3) != 1 {
			t.Errorf("of which a %s is known: %v, %v", name, n, err)
		}
	}
	if _, err := p.NoiseOf("none", 0); err == nil {
		t.Error("a model that is not there: no error")
	}
}
