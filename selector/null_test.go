package selector_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/selector"
)

// TestNoBudgetIsGreedy is a null test: with nothing to give up, advanced makes
// greedy's choices, whatever it sees and learns and however it is set.
func TestNoBudgetIsGreedy(t *testing.T) {
	for seed := range seeds(1000) {
		rng := rand.New(rand.NewPCG(seed, 0))
		opts := randomOptions(rng)
		c := every(rng, opts)[1]
		c.Budget = selector.Budget{}
		greedy := c
		greedy.Policy = "greedy"
		same(t, rng, opts, newSelector(t, greedy), newSelector(t, c), seed)
	}
}

// TestAA is another: two selectors of the same kind and seed that see the same
// decide the same.
func TestAA(t *testing.T) {
	for seed := range seeds(150) {
		rng := rand.New(rand.NewPCG(seed, 0))
		opts := randomOptions(rng)
		for _, c := range every(rng, opts) {
			a := newSelector(t, c)
			c.Name = "b"
			same(t, rng, opts, a, newSelector(t, c), seed)
		}
	}
}

// same fails t unless two selectors decide the same, twenty times.
func same(t *testing.T, rng *rand.Rand, opts []selector.Option, a, b selector.Selector, seed uint64) {
	t.Helper()
	for range 20 {
		o := randomObservation(rng)
		x, y := a.Select(o, opts), b.Select(o, opts)
		if x.Choice != y.Choice {
			t.Fatalf("seed %d: %s takes %s (%s), %s %s (%s)", seed, a.Name(), opts[x.Choice].Label(), x.Reason, b.Name(), opts[y.Choice].Label(), y.Reason)
		}
		out := randomOutcome(rng, o, opts[x.Choice])
		a.Learn(out)
		b.Learn(out)
	}
}

// TestPerfectWorldTakesTheFastest: models open, no load and no link, so nothing
// but inference differs, and advanced takes the fastest within the budget.
func TestPerfectWorldTakesTheFastest(t *testing.T) {
	for seed := range seeds(1000) {
		rng := rand.New(rand.NewPCG(seed, 0))
		opts := randomOptions(rng)
		for i := range opts {
			opts[i].Node, opts[i].Placement, opts[i].Second = "edge", selector.Alone, nil
			opts[i].Preprocess = 0
			opts[i].Infer = time.Duration(1+i) * 10 * ms // no ties
		}
		rng.Shuffle(len(opts), func(i, j int) { opts[i], opts[j] = opts[j], opts[i] })
		o := warm(opts)
		o.Upload, o.Download, o.Batch = 2800, 1000, rng.IntN(4)
		s := newSelector(t, advanced(func(c *selector.Config) { c.Horizon = rng.IntN(20) }))
		d := s.Select(o, opts)
		for i, opt := range opts {
			if allowed := opt.Accuracy >= strict.Floor(highest(opts)); allowed && opt.Infer < opts[d.Choice].Infer {
				t.Fatalf("seed %d: took %d (%s), though %d is faster", seed, d.Choice, d.Reason, i)
			}
		}
	}
}

// TestSeedsMatter: two random selectors, or bandits, of different seeds do not
// choose alike.
func TestSeedsMatter(t *testing.T) {
	for _, policy := range []string{"random", "bandit"} {
		differ := 0
		opts := append([]selector.Option(nil), family...)
		opts[0].Accuracy = 0.9
		a := newSelector(t, selector.Config{Policy: policy, Budget: strict, Seed: 1})
		b := newSelector(t, selector.Config{Policy: policy, Budget: strict, Seed: 2})
		for range 50 {
			if a.Select(at(selector.Device{}), opts).Choice != b.Select(at(selector.Device{}), opts).Choice {
				differ++
			}
		}
		if differ == 0 {
			t.Errorf("%s: seeds 1 and 2 chose the same 50 times", policy)
		}
	}
}
