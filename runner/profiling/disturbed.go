package profiling

import (
	"slices"

	"github.com/testbed/testbed/inference/node"
)

// allowance is what share of the CPUs others may use in a visit, beyond what
// they used in the calmest one of that setting, or were asked to. The kernel
// counts by ticks, by which a background load that comes and goes in their
// rhythm is misjudged, so there is more room beside one that leaves the CPUs
// idle at times.
func allowance(load float64) float64 {
	if load > 0 && load < 0.5 {
		return 0.15
	}
	return 0.08
}

// calm are the visits of a setting that were not disturbed: those during which
// others used little more of the CPUs than in the calmest, and than they were
// asked to. What cannot be told is calm.
func (f measurement) calm(s setting) []node.Measured {
	visits := f.visits[s]
	if len(visits) == 0 {
		return nil
	}
	calmest := slices.MinFunc(visits, func(a, b node.Measured) int { return int(1e6 * (a.Others - b.Others)) })
	limit := min(calmest.Others, s.load) + allowance(s.load)
	return slices.DeleteFunc(slices.Clone(visits), func(v node.Measured) bool { return v.Others > limit })
}

// enough reports whether half of rounds found a setting calm.
func (f measurement) enough(s setting, rounds int) bool { return 2*len(f.calm(s)) >= rounds }

// best are the visits to judge a setting by: the calm ones, or, where they are
// too few, the calmer half of all.
func (f measurement) best(s setting) []node.Measured {
	calm, all := f.calm(s), f.visits[s]
	if 4*len(calm) >= len(all) {
		return calm
	}
	sorted := slices.SortedStableFunc(slices.Values(all), func(a, b node.Measured) int { return int(1e6 * (a.Others - b.Others)) })
	return sorted[:(len(all)+1)/2]
}

// disturbed counts the visits of f that were, and all.
func (f measurement) disturbed() (disturbed, all int) {
	for s, visits := range f.visits {
		disturbed += len(visits) - len(f.calm(s))
		all += len(visits)
	}
	return disturbed, all
}
