package stats

// How many pairs a scatter has in all conditions and arms, and at least and at
// most in one of each.
const (
	pairDots      = 2400
	leastPairDots = 40
	mostPairDots  = 600
)

// A Scatter is the times of an arm's pairs in a condition.
type Scatter struct {
	Arm   int       // in Series.Arms
	Pairs int       // that the dots stand for
	Dots  []PairDot // at most 600, evenly among all

	// In how many of all the pairs the arm took less time than the baseline,
	// and in how many it saved as much as the requirement asks on average.
	Faster, Enough int
}

// A PairDot is one pair: t of the baseline and of the other arm in
// milliseconds.
type PairDot struct {
	Base, Other float64
	Option      int // that the other arm chose, in Series.Models; −1: it has no name
}

// scatters are those of all arms but the baseline.
func (d *data) scatters(c *cell, models map[string]int) (out []Scatter) {
	most := share(pairDots, len(d.cells)*(len(d.arms)-1), leastPairDots, mostPairDots)
	for arm := 1; arm < len(d.arms); arm++ {
		var timed []pair
		for _, p := range c.all(arm) {
			if p.base.Measured > 0 && p.other.Measured > 0 {
				timed = append(timed, p)
			}
		}
		s := Scatter{Arm: arm, Pairs: len(timed)}
		for _, p := range timed {
			saved := sumsOf(measured, p).ratio
			if saved > 0 {
				s.Faster++
			}
			if saved >= d.run.Header.Require.Saving {
				s.Enough++
			}
		}
		for _, p := range Evenly(timed, most) {
			s.Dots = append(s.Dots, PairDot{millis(p.base.Measured), millis(p.other.Measured), d.placeAmong(models, p.other)})
		}
		out = append(out, s)
	}
	return out
}

// placeAmong is the place of a request's option among models; −1 of one without
// a name.
func (d *data) placeAmong(models map[string]int, r *request) int {
	if i, ok := models[d.options.nameOf(r)]; ok {
		return i
	}
	return -1
}
