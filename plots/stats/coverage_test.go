package stats

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
)

var savingRuns = flag.Int("saving-runs", 0, "runs of each shape in TestSavingCoverage")

// coverageDraws is how many times the bootstrap draws in a simulated run: with
// fewer than the 10 000 of a real one, bounds scatter a little more.
const coverageDraws = 1000

// A pairing is conditions of trials of pairs, whose times are lognormal, with long
// tails. t_a/t_b has the mean 1 − saving, which trials differ from by a factor
// of deviation between, and pairs by one of deviation within, which follows the
// one before with correlation follow. The first pair of a trial takes first times
// as long in both arms, t_a so many times longer still, as where models are
// fetched.
type pairing struct {
	trials, pairs                 int
	between, within, follow, late float64
}

// The savings of the conditions of a run that has several.
var shapeSavings = []float64{0.5, 0.3, 0.2, -0.2}

// coverageShapes are what is simulated, with the coverage that is wanted. It is
// 94 to 96 % but where comments say why not.
var coverageShapes = []struct {
	name        string
	conditions  int
	of          []pairing // by condition, over again
	least, most float64
}{
	{"3 × 6, alike", 1, []pairing{{3, 6, 0, 0.5, 0, 0}}, 0.94, 0.96},
	{"3 × 20, alike", 1, []pairing{{3, 20, 0, 0.5, 0, 0}}, 0.94, 0.96},
	{"3 × 100, alike", 1, []pairing{{3, 100, 0, 0.5, 0, 0}}, 0.94, 0.96},
	{"3 × 20, differ a little", 1, []pairing{{3, 20, 0.05, 0.5, 0, 0}}, 0.94, 0.96},
	{"3 × 20, differ much", 1, []pairing{{3, 20, 0.3, 0.3, 0, 0}}, 0.94, 0.96},
	{"3 × 40, follow", 1, []pairing{{3, 40, 0.05, 0.3, 0.6, 0}}, 0.94, 0.96},
	{"3 × 10, the first fetches", 1, []pairing{{3, 10, 0.02, 0.1, 0, 1}}, 0.94, 0.96},
	{"2 × 20, differ a little", 1, []pairing{{2, 20, 0.1, 0.3, 0, 0}}, 0.94, 0.96},
	{"6 × 12, differ a little", 1, []pairing{{6, 12, 0.1, 0.5, 0, 0}}, 0.94, 0.96},
	{"6 × 12, differ much", 1, []pairing{{6, 12, 0.3, 0.3, 0, 0}}, 0.94, 0.96},
	{"6 × 20, follow", 1, []pairing{{6, 20, 0.1, 0.5, 0.6, 0}}, 0.94, 0.96},
	{"12 × 6, alike", 1, []pairing{{12, 6, 0, 0.5, 0, 0}}, 0.94, 0.96},
	{"12 × 6, differ much", 1, []pairing{{12, 6, 0.3, 0.5, 0, 0}}, 0.94, 0.96},
	{"12 × 100, differ a little", 1, []pairing{{12, 100, 0.1, 0.5, 0, 0}}, 0.94, 0.96},
	{"4 conditions, 3 × 20, which differ", 4, []pairing{{3, 20, 0.1, 0.3, 0, 0}, {3, 20, 0, 0.1, 0, 0}, {3, 20, 0.05, 0.5, 0.3, 0}, {3, 20, 0.1, 0.3, 0, 1}}, 0.93, 0.96},
	{"12 conditions, 2 × 10", 12, []pairing{{2, 10, 0, 0.3, 0, 0}, {2, 10, 0.1, 0.3, 0, 0}}, 0.94, 0.96},
	{"12 conditions, 3 × 10 and 3 × 1", 12, []pairing{{3, 10, 0.05, 0.3, 0, 0}, {3, 1, 0.05, 0.3, 0, 0}}, 0.94, 0.96},
	// With tails so long (one ratio in a hundred is ten times the median) few
	// pairs hardly ever hold one that counts.
	{"3 × 6, very long tails", 1, []pairing{{3, 6, 0, 1, 0, 0}}, 0.91, 0.96},
	{"12 × 6, very long tails", 1, []pairing{{12, 6, 0, 1, 0, 0}}, 0.91, 0.96},
	// One trial does not know how trials differ; batches know how pairs follow
	// each other only if they are much longer than that.
	{"1 × 60, alike", 1, []pairing{{1, 60, 0, 0.5, 0, 0}}, 0.94, 0.975},
	{"1 × 6, alike", 1, []pairing{{1, 6, 0, 0.5, 0, 0}}, 0.91, 0.96},
	{"1 × 200, follow", 1, []pairing{{1, 200, 0, 0.5, 0.6, 0}}, 0.92, 0.96},
	{"1 × 60, follow", 1, []pairing{{1, 60, 0, 0.5, 0.6, 0}}, 0.88, 0.96},
	{"1 × 60, trials would differ", 1, []pairing{{1, 60, 0.1, 0.5, 0, 0}}, 0.6, 0.96},
}

// TestSavingCoverage measures how often intervals of 95 % hold the true saving.
// What is held is what is wanted, widened by three standard errors of so many
// runs. With -saving-runs 2000 it tells one point.
func TestSavingCoverage(t *testing.T) {
	runs := *savingRuns
	switch {
	case runs > 0:
	case testing.Short():
		runs = 60
	default:
		runs = 150
	}
	slack := 3 * math.Sqrt(0.05*0.95/float64(runs))
	for _, tt := range coverageShapes {
		held := simulate(runs, tt.conditions, tt.of)
		text := ""
		for i, name := range [...]string{"Δt", "lower", "upper", "ratio of means", "geometric"} {
			share := float64(held[i]) / float64(runs)
			text += fmt.Sprintf(" %s %.1f", name, 100*share)
			if i == 0 && (share < tt.least-slack || share > tt.most+slack) {
				t.Errorf("%s: coverage %.3f, want %.3f to %.3f", tt.name, share, tt.least, tt.most)
			}
		}
		t.Logf("%-36s%s", tt.name, text)
	}
}

// simulate says in how many runs intervals held the truth: of Δt, its one-sided
// lower and upper bounds, the ratio of means and the geometric mean.
func simulate(runs, conditions int, of []pairing) (held [5]int) {
	var all sync.Mutex
	var both sync.WaitGroup
	for half := range 2 {
		both.Go(func() {
			var sums [coverageDraws]block
			for i := half; i < runs; i += 2 {
				rng := rand.New(rand.NewPCG(uint64(i), 42))
				one := simulated(rng, conditions, of, sums[:])
				all.Lock()
				for k, is := range one {
					if is {
						held[k]++
					}
				}
				all.Unlock()
			}
		})
	}
	both.Wait()
	return held
}

// simulated is one run.
func simulated(rng *rand.Rand, conditions int, of []pairing, draws []block) (held [5]bool) {
	var total block
	var units [][]block
	var truth sums
	here := make([]block, len(draws))
	clear(draws)
	for c := range conditions {
		k := of[c%len(of)]
		ratio := 1 - shapeSavings[c%len(shapeSavings)]
		st := k.stratum(rng, ratio)
		st.resample(rng, here)
		for i := range here {
			draws[i].add(&here[i])
		}
		sum := st.total()
		total.add(&sum)
		units = append(units, st.units())
		one := k.truth(ratio)
		truth.add(&one)
	}
	saving, curve := savingOf(total[measured], units, draws, measured, 0.95)
	v := truth.values()
	holds := func(e Estimate, truth float64) bool { return float64(e.Low) <= truth && truth <= float64(e.High) }
	return [5]bool{holds(saving.MeanOfRatios, v[0]), float64(savedAt(curve, 0.05)) <= v[0], float64(savedAt(curve, 0.95)) >= v[0],
		holds(saving.RatioOfMeans, v[1]), holds(saving.Geometric, v[2])}
}

// stratum draws trials.
func (k pairing) stratum(rng *rand.Rand, ratio float64) (st stratum) {
	lognormal := func(sigma, x float64) float64 { return math.Exp(sigma*x - sigma*sigma/2) }
	for range k.trials {
		trial, x := ratio*lognormal(k.between, rng.NormFloat64()), 0.0
		var pairs []pair
		for i := range k.pairs {
			if i == 0 {
				x = rng.NormFloat64()
			} else {
				x = k.follow*x + math.Sqrt(1-k.follow*k.follow)*rng.NormFloat64()
			}
			base, r := 100*lognormal(0.5, rng.NormFloat64()), trial*lognormal(k.within, x)
			if i == 0 {
				base, r = base*(1+k.late), r*(1+k.late)
			}
			pairs = append(pairs, pair{&request{Measured: durationOf(base)}, &request{Measured: durationOf(base * r)}})
		}
		st = append(st, blocksOf(pairs, blocksATrial(k.trials)))
	}
	return st
}

// truth is what the sums of a condition are on average: t_a/t_b has the mean
// ratio, and its logarithm that of ratio less half its variance; the first pair
// has both 1 + late times.
func (k pairing) truth(ratio float64) (all sums) {
	for range k.trials {
		for i := range k.pairs {
			more := 1.0
			if i == 0 {
				more = 1 + k.late
			}
			all.add(&sums{n: 1, ratio: 1 - ratio*more, base: more, other: ratio * more * more,
				log: math.Log(ratio*more) - (k.between*k.between+k.within*k.within)/2})
		}
	}
	return all
}
