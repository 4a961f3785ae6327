package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestCoverage measures how often intervals of 95 % hold the true saving of
// 20 %, where times are lognormal with a long tail (σ = 0.5), both of a pair
// share much of their noise, and trials differ by the given σ. What is wanted
// is 95 %; what is held is what the comment on stratum.resample says: careful
// where trials hardly differ, a little narrow where they differ much.
func TestCoverage(t *testing.T) {
	runs := 150
	if testing.Short() {
		runs = 40
	}
	for _, tt := range []struct {
		name          string
		trials, pairs int
		between       float64
		least, most   float64
	}{
		{"one trial of 60 pairs", 1, 60, 0, 0.90, 0.985},
		{"twelve trials of 6 pairs, all alike", 12, 6, 0, 0.94, 1},
		{"twelve trials of 6 pairs that differ", 12, 6, 0.1, 0.93, 1},
		{"six trials of 12 pairs that differ much", 6, 12, 0.3, 0.82, 0.97},
	} {
		held := 0
		for i := range runs {
			rng := rand.New(rand.NewPCG(uint64(i), 42))
			st := skewed(rng, tt.trials, tt.pairs, tt.between)
			e := draw(st, uint64(i), "c", 0.95).saving.MeanOfRatios
			if truth := 1 - 0.8; float64(e.Low) <= truth && truth <= float64(e.High) {
				held++
			}
		}
		share := float64(held) / float64(runs)
		t.Logf("%s: %.1f %% of %d intervals hold the truth", tt.name, 100*share, runs)
		// Three deviations of what counting so many runs brings by itself.
		slack := 3 * math.Sqrt(0.05*0.95/float64(runs)) * 0.7
		if share < tt.least-slack || share > tt.most+slack {
			t.Errorf("%s: coverage %.3f, want %.3f to %.3f", tt.name, share, tt.least, tt.most)
		}
	}
}

// skewed makes trials of pairs with a mean ratio t_a/t_b of 0.8: lognormal,
// exp(N(−σ²/2, σ²)) having the mean 1.
func skewed(rng *rand.Rand, trials, pairs int, between float64) stratum {
	lognormal := func(sigma float64) float64 { return math.Exp(sigma*rng.NormFloat64() - sigma*sigma/2) }
	var st stratum
	for range trials {
		trial := lognormal(between)
		var blocks []block
		for range pairs {
			r := 0.8 * trial * lognormal(0.5)
			b := block{}
			b[measured] = sums{n: 1, ratio: 1 - r, base: 1, other: r, log: math.Log(r)}
			blocks = append(blocks, b)
		}
		st = append(st, blocks)
	}
	return st
}

// TestIntervalByHand: of pairs that save 0 or 1 with even odds, n of them, the
// mean has a deviation of 0.5/√n: for n = 100 the interval is 0.5 ± 0.098.
func TestIntervalByHand(t *testing.T) {
	var blocks []block
	for i := range 100 {
		b := block{}
		b[measured] = sums{n: 1, ratio: float64(i % 2), base: 1, other: 1}
		blocks = append(blocks, b)
	}
	e := draw(stratum{blocks}, 1, "c", 0.95).saving.MeanOfRatios
	if math.Abs(float64(e.Low)-0.402) > 0.0101 || math.Abs(float64(e.High)-0.598) > 0.0101 {
		t.Errorf("interval %v to %v, want 0.402 to 0.598", e.Low, e.High)
	}
	// Two trials that save 0 and 1 throughout: every second draw has both,
	// every fourth each of them twice, so the interval is 0 to 1.
	b0, b1 := block{}, block{}
	b0[measured], b1[measured] = sums{n: 4, base: 4, other: 4}, sums{n: 4, ratio: 4, base: 4, other: 1}
	e = draw(stratum{{b0, b0}, {b1, b1}}, 1, "c", 0.95).saving.MeanOfRatios
	if e.Low != 0 || e.High != 1 || e.Value != 0.5 {
		t.Errorf("two trials: %+v, want 0.5 from 0 to 1", e)
	}
}
