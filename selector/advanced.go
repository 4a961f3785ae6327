package selector

import (
	"fmt"
	"time"
)

// An advanced selector takes, of the options whose accuracy the budget
// allows, the one that it predicts to answer first, end to end: fetching and
// loading included where the model is not yet there. Options within 3 % of
// the fastest count as equally fast, and the most accurate of them is taken.
type advanced struct {
	budget   Budget
	slowdown slowdown
}

const (
	// tie is how much longer than the fastest is as good as equal: less than
	// predictions are right to.
	tie = 0.03
	// rounding is what an accuracy may miss the floor by and still be at it.
	rounding = 1e-9
)

func (a *advanced) Name() string { return "advanced" }

func (a *advanced) Learn(o Outcome) { a.slowdown.learn(o) }

func (a *advanced) Select(o Observation, opts []Option) Decision {
	cs := predict(o, opts, a.slowdown.at(o.Utilization))
	best := mostAccurate(opts, cs)
	floor := a.budget.Floor(opts[best].Accuracy)
	exclude(opts, cs, floor)
	first := fastest(cs)
	choice := mostAccurate(opts, equallyFast(cs, cs[first].Total))
	return Decision{Choice: choice, Candidates: cs, Reason: reason(opts, cs, choice, best, first, floor)}
}

// exclude says of each option below floor that it is.
func exclude(opts []Option, cs []Candidate, floor float64) {
	for i, opt := range opts {
		if opt.Accuracy < floor-rounding {
			cs[i].Excluded = fmt.Sprintf("accuracy %s is below the floor %s", percent(opt.Accuracy), percent(floor))
		}
	}
}

// fastest is the index of the candidate with the least total that is not
// excluded; there is one, as nothing is below its own floor.
func fastest(cs []Candidate) int {
	best := -1
	for i, c := range cs {
		if c.Excluded == "" && (best < 0 || c.Total < cs[best].Total) {
			best = i
		}
	}
	return best
}

// equallyFast is a copy of cs in which those are excluded, too, that take
// longer than total by more than a tie.
func equallyFast(cs []Candidate, total time.Duration) []Candidate {
	near := make([]Candidate, len(cs))
	copy(near, cs)
	for i, c := range cs {
		if float64(c.Total) > float64(total)*(1+tie) {
			near[i].Excluded = "slower"
		}
	}
	return near
}

// reason is the sentence of a Decision: best is the most accurate option of
// all, first the fastest of those allowed.
func reason(opts []Option, cs []Candidate, choice, best, first int, floor float64) string {
	chosen := fmt.Sprintf("%s is predicted at %s", opts[choice].Model, milliseconds(cs[choice].Total))
	switch {
	case choice != best:
		// Below, always: were it not, best would have been taken.
		return fmt.Sprintf("%s, %.0f %% below %s, %.1f points less accurate", chosen,
			100*(1-float64(cs[choice].Total)/float64(cs[best].Total)), opts[best].Model,
			100*(opts[best].Accuracy-opts[choice].Accuracy))
	case alone(cs):
		return fmt.Sprintf("%s is the only one of %d whose accuracy reaches the floor %s", opts[choice].Model, len(opts), percent(floor))
	case choice != first:
		return fmt.Sprintf("%s, within %.0f %% of %s, and is the most accurate", chosen, 100*tie, opts[first].Model)
	}
	return chosen + ", and is both the fastest and the most accurate"
}

// alone says whether all but one of cs are excluded.
func alone(cs []Candidate) bool {
	n := 0
	for _, c := range cs {
		if c.Excluded == "" {
			n++
		}
	}
	return n == 1
}
