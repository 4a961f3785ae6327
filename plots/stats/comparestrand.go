package stats

import (
	"cmp"
	"slices"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// A strand is what was measured at some places of the trials of a condition, in
// order of repetition and pair: a column of values for each quantity.
type strand struct {
	places  []place
	columns [][]float64
}

// A place is where a request was in its run, and for which image.
type place struct {
	repetition, pair int
	sample           string
}

// add takes in the values at a place.
func (s *strand) add(p place, values ...float64) {
	s.places = append(s.places, p)
	if s.columns == nil {
		s.columns = make([][]float64, len(values))
	}
	for i, v := range values {
		s.columns[i] = append(s.columns[i], v)
	}
}

// timesOf is t and the phases of the requests that were answered.
func timesOf(requests []*request) (s strand) {
	for _, r := range requests {
		if !r.Failed && r.Measured > 0 {
			s.add(place{int(r.Repetition), int(r.Pair), r.Sample}, allTimes(millis(r.Measured), r.Phases)...)
		}
	}
	return s
}

// savingsOf is the ratios of pairs.
func savingsOf(pairs []pair) (s strand) {
	for _, p := range pairs {
		if sum := sumsOf(measured, p); sum.n > 0 {
			s.add(place{int(p.base.Repetition), int(p.base.Pair), p.base.Sample}, sum.ratio)
		}
	}
	return s
}

// replayed is what each of so many options took in the replays of a condition.
func (c *cell) replayed(options int) []strand {
	replays := slices.Clone(c.replays)
	slices.SortStableFunc(replays, func(a, b *record.Replay) int {
		return cmp.Or(cmp.Compare(a.Repetition, b.Repetition), cmp.Compare(a.Pair, b.Pair))
	})
	out := make([]strand, options)
	for _, r := range replays {
		for i, o := range r.Options[:min(len(r.Options), options)] {
			if o.Error == "" && o.Measured > 0 {
				out[i].add(place{r.Repetition, r.Pair, r.Sample}, allTimes(millis(o.Measured), o.Phases)...)
			}
		}
	}
	return out
}

// match keeps the places that both have, if each is for the same image in both;
// else all, and they are not paired.
func match(a, b strand) (strand, strand, bool) {
	var x, y []int
	for i, k := 0, 0; i < len(a.places) && k < len(b.places); {
		p, q := a.places[i], b.places[k]
		switch order := cmp.Or(cmp.Compare(p.repetition, q.repetition), cmp.Compare(p.pair, q.pair)); {
		case order < 0:
			i++
		case order > 0:
			k++
		case p.sample != q.sample:
			return a, b, false
		default:
			x, y = append(x, i), append(y, k)
			i, k = i+1, k+1
		}
	}
	if len(x) == 0 {
		return a, b, false
	}
	return a.pick(x), b.pick(y), true
}

// pick is the places of those numbers.
func (s strand) pick(at []int) strand {
	if len(at) == len(s.places) {
		return s
	}
	out := strand{columns: make([][]float64, len(s.columns))}
	for _, i := range at {
		out.places = append(out.places, s.places[i])
		for c := range s.columns {
			out.columns[c] = append(out.columns[c], s.columns[c][i])
		}
	}
	return out
}

// allTimes is t and then the phases, in milliseconds.
func allTimes(t float64, p selector.Phases) []float64 {
	out := []float64{t}
	for _, name := range PhaseNames {
		out = append(out, millis(p.Named(name)))
	}
	return out
}
