package selector

import (
	"math"
	"strconv"
)

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
	lower  bool  // take accuracies at their lower bound
	in     []int // of the last call
}

// within marks in cs the options that the budget does not allow, and returns
// the others and the floor. It is never without the most accurate option: of
// equally accurate ones all are in.
//
// With lower, an option is allowed if the lower bound of its own accuracy
// reaches the floor, while the floor is that below the best point estimate. So
// no option is allowed by what is not known of it, and a budget of nothing
// allows the most accurate alone.
func (a *allowance) within(opts []Option, cs []Candidate) (in []int, floor float64) {
	best := highest(opts)
	floor = a.budget.Floor(best)
	a.in = a.in[:0]
	for i := range opts {
		accuracy := opts[i].Accuracy
		if a.lower && accuracy < best-rounding {
			accuracy = wilson(opts[i].Accuracy, opts[i].Images)
		}
		if accuracy >= floor-rounding {
			a.in = append(a.in, i)
			continue
		}
		cs[i].Excluded = below(opts[i].Accuracy, accuracy, floor)
	}
	return a.in, floor
}

// below says that an accuracy, or at least its lower bound, is below the floor.
// A decision of many options says it many times, so it is put together by hand.
func below(accuracy, lower, floor float64) string {
	b := make([]byte, 0, 64)
	b = append(b, "accuracy "...)
	b = strconv.AppendFloat(b, 100*accuracy, 'f', 1, 64)
	if lower < accuracy {
		b = append(b, " % (at least "...)
		b = strconv.AppendFloat(b, 100*lower, 'f', 1, 64)
		b = append(b, " %) is below the floor "...)
	} else {
		b = append(b, " % is below the floor "...)
	}
	b = strconv.AppendFloat(b, 100*floor, 'f', 1, 64)
	return string(append(b, " %"...))
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
