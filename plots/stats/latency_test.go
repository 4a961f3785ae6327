package stats

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat/distuv"
)

// TestNeeds: p^n ≤ 0.025. 0.5⁵ = 0.031, 0.5⁶ = 0.016; 0.9³⁵ = 0.02503,
// 0.9³⁶ = 0.0225; 0.95⁷¹ = 0.0262, 0.95⁷² = 0.0249; 0.99³⁶⁷ = 0.02501, 0.99³⁶⁸ = 0.0248.
func TestNeeds(t *testing.T) {
	for p, want := range map[float64]int{0.5: 6, 0.9: 36, 0.95: 72, 0.99: 368} {
		if got := needs(p, 0.95); got != want {
			t.Errorf("needs(%v) = %d, want %d", p, got, want)
		}
	}
}

// TestPercentiles: of 1 … 100 ms by nearest rank p50 is the 50th, p90 the 90th,
// p95 the 95th; 100 times do not bear p99.
func TestPercentiles(t *testing.T) {
	var times []float64
	for i := range 100 {
		times = append(times, float64(100-i))
	}
	l, warnings := latencyOf(times, 0.95)
	if l.Mean != 50.5 || l.P50 != 50 || l.P90 != 90 || l.P95 != 95 || l.P99.Known() {
		t.Errorf("latency %+v, want 50.5, 50, 90, 95 and none", l)
	}
	if diff := cmp.Diff(map[string]int{"p99": 368}, l.Needs); diff != "" {
		t.Errorf("needs (-want +got)\n%s", diff)
	}
	// The median is between the 40th and the 61st of 100: 39 or fewer below it have 0.0176.
	want := map[string]Range{"p50": {40, 61}, "p90": {84, 96}, "p95": {90, 100}}
	if diff := cmp.Diff(want, l.Intervals); diff != "" {
		t.Errorf("intervals (-want +got)\n%s", diff)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0].Text, "p99") || !strings.Contains(warnings[0].Text, "368") {
		t.Errorf("warnings %v, want one about p99 and 368", warnings)
	}
}

// TestRanks has published ranks, and for every n the definition of them: neither
// tail is more than 0.025, and either would be with the next rank inwards.
func TestRanks(t *testing.T) {
	for _, tt := range []struct {
		p         float64
		n         int
		low, high int
	}{
		{0.5, 6, 1, 6}, {0.5, 100, 40, 61}, {0.95, 200, 184, 197}, {0.99, 500, 490, 500}, {0.99, 1000, 983, 997}, {0.99, 368, 360, 368},
	} {
		if low, high := ranks(tt.p, tt.n, 0.95); low != tt.low || high != tt.high {
			t.Errorf("p%v of %d: %d to %d, want %d to %d", 100*tt.p, tt.n, low, high, tt.low, tt.high)
		}
	}
	for _, q := range percentiles {
		for n := needs(q.p, 0.95); n < 3000; n += 1 + n/40 {
			low, high := ranks(q.p, n, 0.95)
			below := distuv.Binomial{N: float64(n), P: q.p}
			if below.CDF(float64(low-1)) > 0.025 || below.CDF(float64(low)) <= 0.025 || below.CDF(float64(high-1)) < 0.975 || below.CDF(float64(high-2)) >= 0.975 {
				t.Errorf("%s of %d: %d to %d are not the ranks", q.name, n, low, high)
			}
		}
	}
}

// TestPercentilesHold: the intervals hold the percentile of what the times were
// drawn from in at least 95 of 100 runs, here exponential times, of which the p-th
// percentile is −ln(1 − p).
func TestPercentilesHold(t *testing.T) {
	const runs = 3000
	held := map[string]int{}
	rng := newRand(source(5, "percentiles"))
	times := make([]float64, 400)
	for range runs {
		for i := range times {
			times[i] = rng.ExpFloat64()
		}
		l, _ := latencyOf(times, 0.95)
		for _, q := range percentiles {
			if r, truth := l.Intervals[q.name], Number(-math.Log(1-q.p)); r.Low <= truth && truth <= r.High {
				held[q.name]++
			}
		}
	}
	for name, n := range held {
		t.Logf("%s: %.1f %%", name, 100*float64(n)/runs)
		if least := 0.95 - 3*math.Sqrt(0.05*0.95/runs); float64(n) < least*runs {
			t.Errorf("%s: %d of %d intervals hold it", name, n, runs)
		}
	}
	if len(held) != len(percentiles) {
		t.Errorf("intervals of %v alone", held)
	}
}

func TestRank(t *testing.T) {
	for _, tt := range []struct {
		p    float64
		n    int
		want int
	}{{0.5, 1, 1}, {0.5, 2, 1}, {0.5, 3, 2}, {0.95, 100, 95}, {0.99, 1000, 990}, {0.9, 10, 9}, {0.91, 10, 10}, {1, 4, 4}, {0, 4, 1}} {
		if got := rank(tt.p, tt.n); got != tt.want {
			t.Errorf("rank(%v, %d) = %d, want %d", tt.p, tt.n, got, tt.want)
		}
	}
}

// TestArm: times are in milliseconds and microseconds, waiting is Sent − Due.
func TestArm(t *testing.T) {
	s := newSmall("c")
	for i := range 2 {
		r := s.answer("c", "greedy", 0, i, time.Duration(i+1)*10*ms, true)
		r.Due = r.Sent - 3*ms
		r.Phases.Upload, r.Phases.Infer = 4*ms, r.Measured-4*ms
	}
	a := Summarize(s.Run).Conditions[0].Arms[0]
	if a.Latency.Mean != 15 || a.Phases.Upload != 4 || a.Phases.Infer != 11 || a.Total != 15 || a.Wait != 3 {
		t.Errorf("arm %+v, want t 15, upload 4, infer 11, total 15, wait 3 ms", a)
	}
	if a.Models["big"] != 2 {
		t.Errorf("models %v, want big twice", a.Models)
	}
}

// TestMeanOfStrata: seven values make blocks of 2, 2 and 3. Those of a constant
// have a mean without spread, whatever is drawn; of two strata each value counts
// the same: (7·5 + 1·13)/8 = 6.
func TestMeanOfStrata(t *testing.T) {
	blocks := meanBlocks([]float64{5, 5, 5, 5, 5, 5, 5}, 3)
	if diff := cmp.Diff([]meanBlock{{2, 10}, {2, 10}, {3, 15}}, blocks, cmp.AllowUnexported(meanBlock{})); diff != "" {
		t.Errorf("blocks (-want +got)\n%s", diff)
	}
	rng := newRand(source(1, "test"))
	if got := meanOfStrata([]meanStratum{{blocks}}, rng, 0.95); got != (Estimate{5, 5, 5}) {
		t.Errorf("mean %v, want 5 (5 to 5)", got)
	}
	if got := meanOfStrata([]meanStratum{{blocks}, {{{1, 13}}}}, rng, 0.95); got.Value != 6 {
		t.Errorf("mean %v, want 6", got)
	}
	if got := meanOfStrata([]meanStratum{nil, {}}, rng, 0.95); got.Value.Known() {
		t.Errorf("mean of nothing %v", got)
	}
}
