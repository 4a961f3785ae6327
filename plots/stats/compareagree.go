package stats

import (
	"cmp"
	"math"
	"slices"
)

// Runs agree where medians differ by at most agreeWithin, and at least
// agreeFraction of the orders of options and of the choices are the same. A
// phase that differs by less than agreeSlight of t is no miss.
const (
	agreeWithin   = 0.05
	agreeFraction = 0.95
	agreeSlight   = 0.01
)

// agree says how alike the runs are in the conditions that are valid in both.
func (c *contrast) agree(conditions []Contrasted) Agreement {
	out := Agreement{Within: agreeWithin, Fraction: agreeFraction, Medians: []Median{}, Choice: c.choice, Even: c.even, Swaps: c.swapped(), Misses: []Miss{}}
	conditions = slices.DeleteFunc(slices.Clone(conditions), func(k Contrasted) bool { return !k.both() })
	for i := range 1 + len(PhaseNames) {
		var far []float64
		m := Median{}
		for _, k := range conditions {
			for _, t := range slices.Concat(k.Arms, k.Options) {
				change := append([]Change{t.T}, t.Phases...)[i]
				m.Name = change.Name
				out.median(&m, &far, change, t, k.Label)
			}
		}
		if m.N > 0 {
			m.Typical, m.Worst = round(spreadOf(slices.Clone(far)).quantile(0.5)), furthest(far)
			out.Medians = append(out.Medians, m)
		}
	}
	for _, k := range conditions {
		out.order(k)
	}
	slices.SortStableFunc(out.Misses, func(a, b Miss) int {
		return cmp.Compare(math.Abs(float64(b.Share)), math.Abs(float64(a.Share)))
	})
	out.Met = out.met()
	return out
}

// median counts one: of t or of a phase, in one condition. One that took no
// time in either run does not count.
func (g *Agreement) median(m *Median, far *[]float64, change Change, t Times, where string) {
	d := change.Median
	a, b := float64(d.A.Value), float64(d.B.Value)
	if !finite(a) || !finite(b) || a == 0 && b == 0 {
		return
	}
	m.N++
	if r := float64(d.Relative.Value); finite(r) {
		*far = append(*far, r)
		if math.Abs(r) <= g.Within {
			m.Within++
			return
		}
	}
	share := (b - a) / float64(t.T.Median.A.Value)
	miss := Miss{Condition: where, Of: t.Name, Name: change.Name, A: d.A.Value, B: d.B.Value, Relative: d.Relative.Value, Share: round(share), Noise: d.Noise()}
	switch {
	case change.Name == t.T.Name:
		miss.Most = t.Most
	case math.Abs(share) < agreeSlight:
		m.Slight++
		return
	}
	g.Misses = append(g.Misses, miss)
}

// furthest is the value furthest from 0.
func furthest(values []float64) Number {
	out := Missing()
	for _, v := range values {
		if !out.Known() || math.Abs(v) > math.Abs(float64(out)) {
			out = round(v)
		}
	}
	return out
}

// order counts the pairs of options of a condition, by the medians of t.
func (g *Agreement) order(k Contrasted) {
	options := k.timed()
	for i := range options {
		for j := range i {
			by := apart(options[i], options[j])
			if !finite(by[0]) || !finite(by[1]) {
				continue
			}
			g.Order.N++
			switch {
			case math.Signbit(by[0]) == math.Signbit(by[1]):
				g.Order.Same++
			case even(by):
				g.Close++
			}
		}
	}
}

// timed is what options took: in the replays or, without any, in the requests
// by what was chosen.
func (k Contrasted) timed() []Times {
	if len(k.Options) > 0 {
		return k.Options
	}
	return k.chosen
}

// apart is how much longer, as a share, the median of x is than that of y, in
// both runs.
func apart(x, y Times) [2]float64 {
	return [2]float64{
		relative(float64(y.T.Median.A.Value), float64(x.T.Median.A.Value)),
		relative(float64(y.T.Median.B.Value), float64(x.T.Median.B.Value)),
	}
}

// even says that medians are hardly apart in one of the runs.
func even(apart [2]float64) bool {
	return min(math.Abs(apart[0]), math.Abs(apart[1])) <= agreeWithin
}

// met says that the runs agree.
func (g *Agreement) met() bool {
	if len(g.Medians) == 0 || g.Medians[0].Within < g.Medians[0].N {
		return false
	}
	enough := func(a Alike) bool { return a.N == 0 || float64(a.Same) >= g.Fraction*float64(a.N) }
	return enough(g.Order) && enough(g.Choice)
}
