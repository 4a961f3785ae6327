package stats

import (
	"cmp"
	"slices"
)

// Together is the distribution of times of which each of several distributions
// has some, as exact as their steps are. It has at most 200 steps of its own.
func Together(parts []Distribution) Distribution {
	var all Distribution
	type weighed struct{ x, weight float64 }
	var steps []weighed
	for _, p := range parts {
		all.N += p.N
		all.Mean += p.Mean * float64(p.N)
		before := 0.0
		for _, s := range p.Steps {
			steps = append(steps, weighed{s.X, (s.Y - before) * float64(p.N)})
			before = s.Y
		}
	}
	if all.N == 0 {
		return Distribution{}
	}
	all.Mean /= float64(all.N)
	slices.SortFunc(steps, func(a, b weighed) int { return cmp.Compare(a.x, b.x) })
	whole := make([]Point, len(steps))
	sum := 0.0
	for i, s := range steps {
		sum += s.weight
		whole[i] = Point{s.x, sum / float64(all.N)}
	}
	whole[len(whole)-1].Y = 1 // but for rounding
	n := min(len(whole), mostSteps)
	for i := 1; i <= n; i++ {
		all.Steps = append(all.Steps, whole[i*len(whole)/n-1])
	}
	for i, p := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
		at := slices.IndexFunc(whole, func(s Point) bool { return s.Y >= p-1e-9 })
		all.Box[i] = whole[at].X
	}
	return all
}
