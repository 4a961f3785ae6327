package stats

import "math"

// A total is an arm over conditions.
type total struct {
	arm        string
	conditions int
	times      [2]float64 // sums of the logarithms of t's median, in both runs
	log        drawnSum   // of t's median in B over that in A
	phases     [7]float64 // sums of differences of medians
	savings    int
	saved      [2]drawnSum
	choice     Alike
	n          int // values, in the run that has fewer
}

// A drawnSum is a sum over conditions and what it was in each draw.
type drawnSum struct {
	value float64
	draws [contrastDraws]float64
}

func (s *drawnSum) add(value float64, draw func(i int) float64) {
	s.value += value
	for i := range s.draws {
		s.draws[i] += draw(i)
	}
}

// estimate is f of the sum; without an interval where the values are too few.
func (s *drawnSum) estimate(n int, confidence float64, f func(sum float64) float64) Estimate {
	var values spread
	if n >= fewestPairs {
		for _, v := range s.draws {
			values = append(values, f(v))
		}
	}
	return spreadOf(values).estimate(f(s.value), confidence)
}

// totalOf is that of an arm.
func (c *contrast) totalOf(arm string) *total {
	for _, t := range c.totals {
		if t.arm == arm {
			return t
		}
	}
	c.totals = append(c.totals, &total{arm: arm})
	return c.totals[len(c.totals)-1]
}

// add takes in a condition: what was compared, the draws of t, and those of Δt
// if there are any.
func (t *total) add(times *Times, took, saved draws) {
	t.choice.N, t.choice.Same = t.choice.N+times.Choice.N, t.choice.Same+times.Choice.Same
	if min(times.N[0], times.N[1]) == 0 {
		return
	}
	t.conditions++
	t.n += min(times.N[0], times.N[1])
	of := func(v, w float64) float64 { return math.Log(w / v) }
	m := took.median
	for side, v := range m.value {
		t.times[side] += math.Log(v)
	}
	t.log.add(of(m.value[0], m.value[1]), func(i int) float64 { return of(m.draws[0][i], m.draws[1][i]) })
	for i, p := range times.Phases {
		t.phases[i] += float64(p.Median.Change.Value)
	}
	if saved.mean.n == 0 {
		return
	}
	t.savings++
	for side := range t.saved {
		t.saved[side].add(saved.mean.value[side], func(i int) float64 { return saved.mean.draws[side][i] })
	}
}

// across is every arm over the conditions that are valid in both runs.
func (c *contrast) across() []Across {
	out := []Across{}
	for _, t := range c.totals {
		out = append(out, t.across(c.confidence))
	}
	return out
}

func (t *total) across(confidence float64) Across {
	out := Across{Arm: t.arm, Conditions: t.conditions, Choice: t.choice, Phases: []Number{}}
	n := float64(t.conditions)
	out.A, out.B = round(math.Exp(t.times[0]/n)), round(math.Exp(t.times[1]/n))
	out.Time = t.log.estimate(t.n, confidence, func(sum float64) float64 { return math.Exp(sum/n) - 1 })
	var most float64
	for i, sum := range t.phases {
		out.Phases = append(out.Phases, round(sum/n))
		if by := math.Abs(sum); by > most {
			most, out.Most = by, PhaseNames[i]
		}
	}
	if t.savings > 0 {
		saving := t.saving(confidence)
		out.Saving = &saving
	}
	return out
}

// saving is Δt in both runs, mean over conditions.
func (t *total) saving(confidence float64) Difference {
	d := statistic{n: t.n}
	for side := range t.saved {
		d.value[side] = t.saved[side].value / float64(t.savings)
		for _, v := range t.saved[side].draws {
			d.draws[side] = append(d.draws[side], v/float64(t.savings))
		}
	}
	return d.difference(confidence)
}
