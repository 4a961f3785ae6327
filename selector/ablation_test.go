package selector_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/testbed/testbed/selector"
)

// blind changes what a selector without a term must not mind.
var blind = map[string]func(*rand.Rand, *selector.Observation){
	selector.Network: func(rng *rand.Rand, o *selector.Observation) {
		for i := range o.Devices {
			d := &o.Devices[i]
			d.Down, d.Up, d.Back = 1e3, 1e9, 5e7
			d.RTT, d.FetchRTT = time.Duration(rng.IntN(1000))*ms, time.Duration(rng.IntN(1000))*ms
		}
	},
	selector.Utilization: func(rng *rand.Rand, o *selector.Observation) {
		for i := range o.Devices {
			o.Devices[i].Utilization = rng.Float64()
		}
	},
	selector.Loading: func(_ *rand.Rand, o *selector.Observation) {
		for i := range o.Devices {
			o.Devices[i].Held, o.Devices[i].Loaded = nil, nil
		}
	},
	selector.Correction: func(*rand.Rand, *selector.Observation) {}, // what is learnt is changed below
	selector.Hysteresis: func(*rand.Rand, *selector.Observation) {}, // see TestHysteresis
}

// TestAblatedTermsDoNotMatter: an advanced selector without a term decides the
// same whatever the quantities of that term are, and one with it does not.
func TestAblatedTermsDoNotMatter(t *testing.T) {
	for _, term := range selector.Terms() {
		if term == selector.Hysteresis {
			continue
		}
		without, with := 0, 0
		for seed := range seeds(250) {
			without += differ(t, seed, term, []string{term})
			with += differ(t, seed, term, nil)
		}
		if without > 0 {
			t.Errorf("without %s, %d decisions changed with it", term, without)
		}
		if with < int(seeds(50)) {
			t.Errorf("with %s, %d decisions changed with it: want more", term, with)
		}
	}
}

// differ counts by how many of 20 decisions two selectors differ of which one
// sees another value of the term.
func differ(t *testing.T, seed uint64, term string, without []string) (n int) {
	rng := rand.New(rand.NewPCG(seed, 0))
	opts := randomOptions(rng)
	c := advanced(func(c *selector.Config) { c.Without = without; c.Budget = selector.Budget{Absolute: 0.3, Relative: 1} })
	if seed%2 == 0 {
		c.Quantile, c.Horizon = 0.9, 10
	}
	a, b := newSelector(t, c), newSelector(t, c)
	other := rand.New(rand.NewPCG(seed, 1))
	for range 20 {
		o := randomObservation(rng)
		p := o
		p.Devices = slices.Clone(o.Devices)
		blind[term](other, &p)
		x, y := a.Select(o, opts), b.Select(p, opts)
		if x.Choice != y.Choice {
			n++
		}
		if term == selector.Correction {
			p, q := randomOutcome(rng, o, opts[x.Choice]), randomOutcome(other, o, opts[y.Choice])
			p.Failed, q.Failed = false, false // that is learnt without ξ, too
			a.Learn(p)
			b.Learn(q)
		}
	}
	return n
}

// TestTermsOfOptions: each Terms is what Config.Without takes.
func TestTermsOfOptions(t *testing.T) {
	for _, term := range selector.Terms() {
		newSelector(t, advanced(func(c *selector.Config) { c.Without = []string{term} }))
		if blind[term] == nil {
			t.Errorf("term %s has no test", term)
		}
	}
}
