package selector

import "math"

// A Budget is how much accuracy a selector may give up against the most
// accurate option. Both bounds hold; 1 means no bound.
type Budget struct {
	Absolute float64 `json:"absolute"` // difference of fractions: 0.1 for ten points ("10pp")
	Relative float64 `json:"relative"` // share of the best accuracy: 0.1 for "10%"
}

// Floor returns the least accuracy that the budget allows where best is the
// highest there is.
func (b Budget) Floor(best float64) float64 {
	return max(best-b.Absolute, best*(1-b.Relative))
}

// rounding is what an accuracy may miss the floor by and still be at it.
const rounding = 1e-9

// An allowance decides which options a budget allows.
type allowance struct {
	budget Budget
	lower  bool // take accuracies at their lower bound

	among    identity
	floor    float64
	in       []int
	excluded []string // of each option: why, or nothing
}

// within marks in cs the options that the budget does not allow, and returns
// the others and the floor.
func (a *allowance) within(opts []Option, cs []Candidate) (in []int, floor float64) {
	if a.among.changed(opts) {
		a.filter(opts)
	}
	for i, why := range a.excluded {
		cs[i].Excluded = why
	}
	return a.in, a.floor
}

// filter finds what the budget allows. It is never without the most accurate
// option: of equally accurate ones all are in.
//
// With lower, an option is allowed if the lower bound of its own accuracy
// reaches the floor, while the floor is that below the best point estimate. So
// no option is allowed by what is not known of it, and a budget of nothing
// allows the most accurate alone.
func (a *allowance) filter(opts []Option) {
	best := highest(opts)
	a.floor = a.budget.Floor(best)
	a.in, a.excluded = a.in[:0], make([]string, len(opts))
	for i := range opts {
		accuracy := opts[i].Accuracy
		if a.lower && accuracy < best-rounding {
			accuracy = wilson(opts[i].Accuracy, opts[i].Images)
		}
		if accuracy >= a.floor-rounding {
			a.in = append(a.in, i)
			continue
		}
		a.excluded[i] = below(opts[i].Accuracy, accuracy, a.floor)
	}
}

// below says that an accuracy, or at least its lower bound, is below the floor.
func below(accuracy, lower, floor float64) string {
	atLeast := ""
	if lower < accuracy {
		atLeast = " (at least " + percent(lower) + ")"
	}
	return "accuracy " + percent(accuracy) + atLeast + " is below the floor " + percent(floor)
}

// highest is the highest accuracy.
func highest(opts []Option) float64 {
	best := opts[0].Accuracy
	for i := range opts {
		best = max(best, opts[i].Accuracy)
	}
	return best
}

// wilson is the lower bound of the two-sided 95 % score interval (Wilson 1927)
// of a share of n; the share itself if n is 0, as it was declared.
func wilson(share float64, n int) float64 {
	if n <= 0 {
		return share
	}
	const z = 1.959963984540054
	f := float64(n)
	centre := share + z*z/(2*f)
	half := z * math.Sqrt(share*(1-share)/f+z*z/(4*f*f))
	return max((centre-half)/(1+z*z/f), 0)
}
