package stats

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner/record"
)

// TestInversions against counting every pair.
func TestInversions(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(rng.IntN(10))
		}
		want := 0
		for i := range values {
			for j := i + 1; j < n; j++ {
				if values[j] < values[i] {
					want++
				}
			}
		}
		if got := inversions(values); got != want {
			t.Errorf("%d values: %d, want %d", n, got, want)
		}
		for i := 1; i < n; i++ {
			if values[i] < values[i-1] {
				t.Fatalf("%v are not in order", values)
			}
		}
	}
}

// TestKendall has values by hand. Ten times that rise: S = 45, of variance
// 10·9·25/18 = 125, so z = 44/√125 = 3.935480 and p = 0.0000830. Of the last two equal
// S = 44 and the variance is (2250 − 2·1·9)/18 = 124: z = 43/√124 = 3.861518, p = 0.000112.
// Two trials that fall: S = −90, variance 250, z = 89/√250 = 5.628854, p = 1.81e−8. Times
// that tell a quarter as much have z halved: 1.967740, p = 0.049098.
func TestKendall(t *testing.T) {
	rising := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	tie := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 9}
	falling := []float64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}
	for _, tt := range []struct {
		trials [][]float64
		more   float64
		want   float64
	}{
		{[][]float64{rising}, 1, 8.303e-5},
		{[][]float64{tie}, 1, 1.1269e-4},
		{[][]float64{falling, falling}, 1, 1.814e-8},
		{[][]float64{rising}, 4, 0.049098},
		{[][]float64{rising, falling}, 1, 1}, // S = 0
	} {
		if got := kendall(tt.trials, tt.more); math.Abs(got/tt.want-1) > 1e-3 {
			t.Errorf("%v: p = %v, want %v", tt.trials, got, tt.want)
		}
	}
	if got := kendall([][]float64{{3, 3, 3}, {4}}, 1); !math.IsNaN(got) {
		t.Errorf("equal times: p = %v, want none", got)
	}
	if rising[0] != 1 || falling[0] != 10 {
		t.Error("times were sorted")
	}
}

// TestSlope: three times of 10, 12, 20 have slopes of 4, 10 and 16 from the
// beginning to the end; with the trial 5, 5 another of 0: the second of four is 4. A long
// straight line keeps its slope when its neighbours are drawn together, whatever a few of
// them are.
func TestSlope(t *testing.T) {
	if got := slopeOf([][]float64{{10, 12, 20}}); got != 10 {
		t.Errorf("slope %v, want 10", got)
	}
	if got := slopeOf([][]float64{{10, 12, 20}, {5, 5}, {7}}); got != 4 {
		t.Errorf("slope %v, want 4", got)
	}
	line := make([]float64, 5000)
	for i := range line {
		line[i] = 100 + float64(i)/100
		if i%100 == 0 {
			line[i] = 1e6
		}
	}
	if got := slopeOf([][]float64{line}); math.Abs(got-49) > 0.1 { // 50, less a fiftieth at the ends
		t.Errorf("slope %v, want 49", got)
	}
}

// TestLag1: 1, 4, 2, 3 have centred ranks −1.5, 1.5, −0.5, 0.5, of which neighbours
// have −2.25 − 0.75 − 0.25 = −3.25 and squares 5: −0.65. A line, less its slope, has none.
func TestLag1(t *testing.T) {
	if got := lag1([][]float64{{1, 4, 2, 3}}, 0); math.Abs(got+0.65) > 1e-12 {
		t.Errorf("%v, want -0.65", got)
	}
	if got := lag1([][]float64{{1, 2, 3, 4}, {8}}, 3); got != 0 {
		t.Errorf("%v of what has no spread, want 0", got)
	}
	if diff := cmp.Diff([]float64{0.5, -1, 0.5}, centredRanks([]float64{7, 3, 7})); diff != "" {
		t.Errorf("ranks (-want +got)\n%s", diff)
	}
	s := steadyOf([][]float64{{1, 4, 2, 3}, {1, 4, 2, 3}, {1, 4, 2, 3}}, 2, false)
	if s.Independent != 12 {
		t.Errorf("%v independent times of 12, want no more than there are", s.Independent)
	}
}

// trendy is a trial of times about 100: each depends on the one before, and they
// change by so much from the first to the last.
func trendy(rng *rand.Rand, n int, depend, change, spread float64) []float64 {
	out := make([]float64, n)
	e := rng.NormFloat64() / math.Sqrt(1-depend*depend)
	for i := range out {
		out[i] = 100 * (1 + change*float64(i)/float64(n-1)) * math.Exp(spread*e)
		e = depend*e + rng.NormFloat64()
	}
	return out
}

// TestTrendErrs: of conditions without a trend p is below 0.05 in about 5 of 100, also
// where trials differ, but for times that depend much on each other, of which fewer than
// all of it is known: there it is up to 10. Twenty of 100 trends of 30 % are missed at most.
func TestTrendErrs(t *testing.T) {
	const runs = 1000
	for _, tt := range []struct {
		name        string
		trials, n   int
		depend      float64
		change      float64
		least, most float64
	}{
		{"three trials of 30", 3, 30, 0, 0, 0, 0.06},
		{"twelve trials of 6", 12, 6, 0, 0, 0, 0.06},
		{"one of 200 that depend", 1, 200, 0.5, 0, 0, 0.08},
		{"three of 30 that depend much", 3, 30, 0.7, 0, 0, 0.10},
		{"a trend", 3, 30, 0, 0.3, 0.8, 1},
	} {
		rng := rand.New(rand.NewPCG(3, 4))
		found := 0
		for range runs {
			var trials [][]float64
			for range tt.trials {
				trial := trendy(rng, tt.n, tt.depend, tt.change, 0.2)
				level := math.Exp(0.3 * rng.NormFloat64())
				for i := range trial {
					trial[i] *= level
				}
				trials = append(trials, trial)
			}
			if steadyOf(trials, 100, false).P < 0.05 {
				found++
			}
		}
		share := float64(found) / runs
		t.Logf("%s: %.1f %%", tt.name, 100*share)
		if slack := 3 * math.Sqrt(0.05*0.95/runs); share > tt.most+slack || share < tt.least-slack {
			t.Errorf("%s: found in %v, want %v to %v", tt.name, share, tt.least, tt.most)
		}
	}
}

// TestTrend: the baseline's times rise by half, the other arm's do not; a world
// that was to vary is not held to it; and what rises by less than a tenth is not told.
func TestTrend(t *testing.T) {
	run := func(rise, noise float64, links ...record.Link) Condition {
		s := newSmall("c", "d")
		s.Header.Conditions[0].Links = links
		rng := rand.New(rand.NewPCG(9, 10))
		for rep := range 3 {
			base, other := trendy(rng, 30, 0, rise, noise), trendy(rng, 30, 0, 0, noise)
			for i := range base {
				s.pair("c", rep, i, durationOf(base[i]), durationOf(other[i]))
			}
		}
		return Summarize(s.Run).Conditions[0]
	}
	c := run(0.5, 0.01)
	base, other := c.Arms[0].Steady, c.Arms[1].Steady
	if math.Abs(float64(base.Change)-0.4) > 0.03 || base.Holm > 1e-6 || math.Abs(float64(other.Change)) > 0.02 || other.Holm < 0.05 {
		t.Errorf("steady %+v and %+v, want a change of half of 100 ms, 0.4 of the median 125, and none", base, other)
	}
	count := func(c Condition) (n int) {
		for _, w := range c.Warnings {
			if w.Name == Trend {
				n++
				if w.Arm != "greedy" || !strings.Contains(w.Text, "rise by more than 10 %") || w.Value != base.Change {
					t.Errorf("warning %+v", w)
				}
			}
		}
		return n
	}
	if n := count(c); n != 1 {
		t.Errorf("%d warnings, want 1: %v", n, c.Warnings)
	}
	if c := run(0.5, 0.01, record.Link{Node: "edge", Direction: "down", Varies: true}); count(c) != 0 || c.Arms[0].Steady.P.Known() || !c.Arms[0].Steady.Lag1.Known() {
		t.Errorf("of a link that varies: %+v, %v", c.Arms[0].Steady, c.Warnings)
	}
	if c := run(0.08, 0.01); count(c) != 0 || c.Arms[0].Steady.Holm > 0.01 {
		t.Errorf("a rise of 8 %%: %+v, %v", c.Arms[0].Steady, c.Warnings)
	}
	if c := run(0.3, 0.5); count(c) != 0 || c.Arms[0].Steady.Change < 0.1 || c.Arms[0].Steady.Holm < 0.01 {
		t.Errorf("a rise that may be chance: %+v, %v", c.Arms[0].Steady, c.Warnings)
	}
	if c := run(0.5, 0.01); c.Arms[0].Steady.Holm != 2*c.Arms[0].Steady.P {
		t.Errorf("p %v is adjusted to %v, want twice as much for two arms", c.Arms[0].Steady.P, c.Arms[0].Steady.Holm)
	}
}
