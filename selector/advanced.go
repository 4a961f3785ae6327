package selector

import "fmt"

// An advanced selector takes, of the options whose accuracy the budget allows,
// the one that it predicts to answer first, end to end: fetching and loading
// included where the model is not yet there. The habit says what counts as
// first, and when to change.
type advanced struct {
	name string
	predictor
	allowance
	habit
}

func (a *advanced) Name() string { return a.name }

func (a *advanced) Learn(o Outcome) {
	a.predictor.Learn(o)
	if o.Failed {
		a.forget()
	}
}

func (a *advanced) Select(o Observation, opts []Option) Decision {
	cs := a.predict(o, opts)
	in, floor := a.within(opts, cs)
	choice, over, because := a.choose(opts, cs, a.values, in, a.ready(opts, a.last))
	a.use(choice)
	a.decided(opts[choice], cs[choice])
	return Decision{Choice: choice, Candidates: cs, Reason: reason(opts, cs, a.values, in, choice, over, because, floor)}
}

// ready says whether the first part of option i has an open session; it has
// not if i is below 0.
func (p *predictor) ready(opts []Option, i int) bool {
	if i < 0 || i >= len(opts) {
		return false
	}
	return p.noLoading || p.node(opts[i].Node).loaded(opts[i].Model)
}

// reason is the sentence of a Decision among the options in; over and because
// are as choose says.
func reason(opts []Option, cs []Candidate, values []float64, in []int, choice, over int, because why, floor float64) string {
	name := cs[choice].Option
	if len(in) == 1 {
		return fmt.Sprintf("%s is the only one of %d whose accuracy reaches the floor %s", name, len(opts), percent(floor))
	}
	chosen := name + " is predicted at " + milliseconds(clamp(values[choice]))
	best := mostAccurate(opts, values)
	switch {
	case because == byDwell:
		return fmt.Sprintf("%s, and was changed to just now", chosen)
	case because == byStay:
		return fmt.Sprintf("%s and was used last: to change to %s, at %s, would not pay", chosen, cs[over].Option, milliseconds(clamp(values[over])))
	case choice != best && values[choice] <= values[best]:
		return fmt.Sprintf("%s, %.0f %% below %s, %.1f points less accurate", chosen,
			100*(1-values[choice]/max(values[best], 1)), cs[best].Option, 100*(opts[best].Accuracy-opts[choice].Accuracy))
	case choice != best:
		return fmt.Sprintf("%s, above %s now, and will pay over the requests to come", chosen, cs[best].Option)
	case because == byTie:
		return fmt.Sprintf("%s, within %.0f %% of %s, and is the most accurate", chosen, 100*tie, cs[over].Option)
	}
	return chosen + ", and is both the fastest and the most accurate"
}

// mostAccurate is the most accurate option; of equals the fastest, then the
// first.
func mostAccurate(opts []Option, values []float64) int {
	best := 0
	for i := range opts {
		if opts[i].Accuracy > opts[best].Accuracy || opts[i].Accuracy == opts[best].Accuracy && values[i] < values[best] {
			best = i
		}
	}
	return best
}
