package stats

import (
	"cmp"
	"slices"
)

// Pick are at most most of the conditions, where a reader cannot look at all, in
// their order: those at even ranks of Δt, so the least, the greatest, the median
// and some between. Conditions of which there is no Δt come after all others.
func (s Summary) Pick(most int) []int {
	n := len(s.Conditions)
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	if n <= most {
		return all
	}
	value := func(i int) Number { return s.Conditions[i].Saving.MeanOfRatios.Value }
	slices.SortStableFunc(all, func(a, b int) int {
		if known := value(a).Known(); known != value(b).Known() {
			if known {
				return -1
			}
			return 1
		} else if !known {
			return 0
		}
		return cmp.Compare(value(a), value(b))
	})
	picked := make([]int, most)
	for i := range picked {
		picked[i] = all[i*(n-1)/max(most-1, 1)]
	}
	slices.Sort(picked)
	return picked
}
