package selector_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/selector"
)

// TestSelectorsKeepTheirPromises holds every policy to the comments of
// Selector and Decision, whatever it sees: a valid choice that is not
// excluded, a candidate for each option with a total that adds up, a reason
// for each exclusion, opts left alone, and the same answers to the same calls.
func TestSelectorsKeepTheirPromises(t *testing.T) {
	for seed := range seeds(100) {
		opts := randomOptions(rand.New(rand.NewPCG(seed, 0)))
		for _, c := range every(rand.New(rand.NewPCG(seed, 1)), opts) {
			run := func() (all []selector.Decision) {
				rng := rand.New(rand.NewPCG(seed, 2))
				s := newSelector(t, c)
				opts := slices.Clone(opts)
				before := slices.Clone(opts)
				for i := range 10 {
					o := randomObservation(rng)
					o.Seq = uint64(i)
					d := s.Select(o, opts)
					if why := wrong(d, opts, c); why != "" {
						t.Fatalf("%s, seed %d: %s: %+v", c.Policy, seed, why, d)
					}
					if diff := cmp.Diff(before, opts); diff != "" {
						t.Fatalf("%s, seed %d: changed the options: %s", c.Policy, seed, diff)
					}
					s.Learn(randomOutcome(rng, o, opts[d.Choice]))
					all = append(all, d)
				}
				return all
			}
			if diff := cmp.Diff(run(), run()); diff != "" {
				t.Errorf("%s, seed %d: two runs differ:\n%s", c.Policy, seed, diff)
			}
		}
	}
}

// wrong says what is wrong with a decision.
func wrong(d selector.Decision, opts []selector.Option, c selector.Config) string {
	switch {
	case d.Choice < 0 || d.Choice >= len(opts):
		return "no such choice"
	case len(d.Candidates) != len(opts):
		return "not a candidate for each option"
	case d.Candidates[d.Choice].Excluded != "":
		return "an excluded choice"
	case d.Reason == "":
		return "no reason"
	case d.Failed != "":
		return "failed"
	}
	budgeted := slices.Contains([]string{"advanced", "random", "infaas", "bandit"}, c.Policy)
	best := highest(opts)
	floor := c.Budget.Floor(best)
	for i, cand := range d.Candidates {
		inside := opts[i].Accuracy >= floor && (!c.Lower || opts[i].Images == 0)
		switch {
		case cand.Option != opts[i].Label():
			return "candidates in another order"
		case cand.Total != cand.Predicted.Total() || cand.Total < 0:
			return "a total that does not add up"
		case cand.Bound <= 0:
			return "no bound"
		case cand.Excluded != "" && (!budgeted || inside && (c.Policy != "infaas" || c.Deadline == 0)):
			return "excluded inside the budget"
		case budgeted && cand.Excluded == "" && opts[i].Accuracy < floor-1e-9:
			return "not excluded outside the budget"
		}
	}
	return ""
}

func highest(opts []selector.Option) (best float64) {
	for _, opt := range opts {
		best = max(best, opt.Accuracy)
	}
	return best
}

// TestNames: what records call a selector is the name that it was given, or its
// policy.
func TestNames(t *testing.T) {
	for _, p := range selector.Policies() {
		if got := newSelector(t, selector.Config{Policy: p, Option: "m"}).Name(); got != p {
			t.Errorf("%s without a name is %q", p, got)
		}
		if got := newSelector(t, selector.Config{Policy: p, Option: "m", Name: "mine"}).Name(); got != "mine" {
			t.Errorf("%s that is named mine is %q", p, got)
		}
	}
}

func TestLabel(t *testing.T) {
	big := selector.Option{Model: "big", Node: "cloud"}
	for _, tt := range []struct {
		placement selector.Placement
		second    *selector.Option
		want      string
	}{
		{selector.Alone, nil, "tiny@edge"},
		{selector.Cascade, &big, "tiny@edge→big@cloud"},
		{selector.Hedged, &big, "tiny@edge|big@cloud"},
		{selector.Split, &big, "tiny@edge+big@cloud"},
	} {
		o := selector.Option{Model: "tiny", Node: "edge", Placement: tt.placement, Second: tt.second}
		if got := o.Label(); got != tt.want {
			t.Errorf("label %q, want %q", got, tt.want)
		}
	}
}
