package selector

import "strconv"

// An advanced selector takes, of the options whose accuracy the budget allows,
// the one that it predicts to answer first, end to end: fetching and loading
// included where the model is not yet there. The habit says what counts as
// first, and when to change.
type advanced struct {
	name string
	habitual
	allowance
}

func (a *advanced) Name() string { return a.name }

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
		return name + " is the only one of " + strconv.Itoa(len(opts)) + " whose accuracy reaches the floor " + percent(floor)
	}
	chosen := name + " is predicted at " + milliseconds(clamp(values[choice]))
	best := mostAccurate(opts, values)
	switch {
	case because == byDwell:
		return chosen + ", and was changed to just now"
	case because == byStay:
		return chosen + " and was used last: to change to " + cs[over].Option + ", at " + milliseconds(clamp(values[over])) + ", would not pay"
	case choice != best && values[choice] <= values[best]:
		return chosen + ", " + fixed(100*(1-values[choice]/max(values[best], 1)), 0) + " % below " + cs[best].Option + ", " +
			fixed(100*(opts[best].Accuracy-opts[choice].Accuracy), 1) + " points less accurate"
	case choice != best:
		return chosen + ", above " + cs[best].Option + " now, and will pay over the requests to come"
	case because == byTie:
		return chosen + ", within " + fixed(100*tie, 0) + " % of " + cs[over].Option + ", and is the most accurate"
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
