package selector

import "slices"

// A habit is the rule by which greedy and advanced choose among the options
// that they allow themselves. Each counts with the time that is predicted for
// the request or, once a model is in use and with a horizon of H, with that of
// H requests of which the first may have to fetch and load:
//
//	score = value + (H−1)·(value − fetch − load)
//
// So the model in use is left for one that is not there yet if what that saves
// over the horizon is more than the change costs. Options whose score is within
// 3 % of the least, or none if all is exact, count as equally fast, and of them the most accurate is
// taken, unless the one in use is no slower than it: to leave it must pay.
//
// The horizon counts only as long as models stay where they were used: it is
// no use to fetch for the next request what is gone then.
type habit struct {
	horizon, dwell int
	tie            float64 // share by which options may differ that count as equally fast

	last   int // option that was used last; -1: none
	used   int // times in a row
	scores []float64
}

// tie is how much longer than the fastest is as good as equal: less than
// predictions are right to.
const tie = 0.03

// A why says what decided.
type why int

const (
	byTime  why = iota
	byTie       // a more accurate one counts as equally fast
	byStay      // a change would not pay, or not yet
	byDwell     // one was just changed to
)

// choose returns the option to use, one of in, and the one that it was preferred
// to: by time and by tie the fastest of in, else the one that would have been
// changed to. ready says that the model that was used last still has an open
// session.
func (h *habit) choose(opts []Option, cs []Candidate, values []float64, in []int, ready bool) (choice, over int, because why) {
	h.score(cs, values, ready)
	first := in[0]
	for _, i := range in[1:] {
		if h.scores[i] < h.scores[first] {
			first = i
		}
	}
	choice = h.best(opts, in, first)
	if h.last >= 0 && h.last != choice && slices.Contains(in, h.last) {
		switch {
		case h.used < h.dwell:
			return h.last, choice, byDwell
		case h.horizon > 0 && ready && h.scores[choice] >= h.scores[h.last]:
			return h.last, choice, byStay
		}
	}
	if choice != first {
		return choice, first, byTie
	}
	return choice, first, byTime
}

// score fills in the scores of all options.
func (h *habit) score(cs []Candidate, values []float64, ready bool) {
	h.scores = append(h.scores[:0], values...)
	if h.horizon <= 1 || !ready {
		return
	}
	for i := range h.scores {
		once := float64(cs[i].Predicted.Fetch + cs[i].Predicted.Load)
		h.scores[i] += float64(h.horizon-1) * (values[i] - once)
	}
}

// best is the most accurate of in among those that are as fast as first; of
// equals the fastest, then the one before.
func (h *habit) best(opts []Option, in []int, first int) int {
	best := first
	for _, i := range in {
		switch {
		case h.scores[i] > h.scores[first]*(1+h.tie):
		case opts[i].Accuracy > opts[best].Accuracy,
			opts[i].Accuracy == opts[best].Accuracy && h.scores[i] < h.scores[best]:
			best = i
		}
	}
	return best
}

// A habitual is a predictor that chooses by habit.
type habitual struct {
	predictor
	habit
}

// Learn is that of the predictor; after a request that failed nobody knows what
// is ready.
func (h *habitual) Learn(o Outcome) {
	h.predictor.Learn(o)
	if o.Failed {
		h.last, h.used = -1, 0
	}
}

// use notes which option is used.
func (h *habit) use(choice int) {
	if choice != h.last {
		h.last, h.used = choice, 0
	}
	h.used++
}

// newHabit has used nothing yet.
func newHabit(c Config) habit {
	h := habit{last: -1, tie: tie}
	if c.Exact {
		h.tie = 0
	}
	if !slices.Contains(c.Without, Hysteresis) {
		h.horizon, h.dwell = c.Horizon, c.Dwell
	}
	return h
}
