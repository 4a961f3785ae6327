package stats

import (
	"cmp"
	"slices"
)

// A subset is the comparison of some of an arm's pairs over the valid
// conditions.
type subset struct {
	savings savings
	pairs   []pair
}

func newSubset(confidence float64) *subset {
	return &subset{savings: savings{confidence: confidence}}
}

// take adds those of one condition, if it is valid.
func (s *subset) take(draws *redrawn, pairs []pair, valid bool) {
	s.savings.take(draws, valid)
	if valid {
		s.pairs = append(s.pairs, pairs...)
	}
}

// summary is what is said of it; nil of none.
func (s *subset) summary(d *data) *Subset {
	if s == nil {
		return nil
	}
	total, _ := s.savings.definition(measured)
	return &Subset{Pairs: len(s.pairs), Saving: total.MeanOfRatios, AccuracyDrop: d.dropOf(s.pairs)}
}

// subset is that of the judged arm's pairs that are kept.
func (d *data) subset(s *Summary, name string, keep func(pair) bool) Subset {
	h := &d.run.Header
	out := newSubset(h.Require.Confidence)
	for i := range d.cells {
		if st, pairs := d.stratum(i, 1, keep); s.Conditions[i].Valid && len(st) > 0 {
			k := draw(st, h.Seed, d.cells[i].condition.ID+"\x00"+d.arms[1]+"\x00"+name, h.Require.Confidence)
			out.take(&k, pairs, true)
		}
	}
	return *out.summary(d)
}

// stratum is those of an arm's pairs in one condition that are kept (nil: all),
// in blocks by trial.
func (d *data) stratum(i, arm int, keep func(pair) bool) (st stratum, all []pair) {
	for _, t := range d.cells[i].trials {
		pairs := t.pairs[arm]
		if keep != nil {
			pairs = nil
			for _, p := range t.pairs[arm] {
				if keep(p) {
					pairs = append(pairs, p)
				}
			}
		}
		if b := blocksOf(pairs, blocksATrial(d.trials)); len(b) > 0 {
			st = append(st, b)
		}
		all = append(all, pairs...)
	}
	return st, all
}

// dropOf is the accuracy given up over pairs, in percentage points.
func (d *data) dropOf(pairs []pair) Number {
	if !d.scored() {
		return round(100 * d.publishedDrop(pairs))
	}
	return round(100 * dropsOf(pairs).value())
}

// together says that both requests of a pair used the same placement.
func (d *data) together(p pair) bool { return d.options.placeOf(p.base) == d.options.placeOf(p.other) }

// placements are the subsets of the judged arm's pairs by the placements of
// both, those of the same placement first, then the most frequent.
func (d *data) placements(s *Summary) []Placed {
	if !d.options.placed {
		return nil
	}
	type both struct{ base, other string }
	count := map[both]int{}
	for i := range d.cells {
		if s.Conditions[i].Valid {
			for _, p := range d.cells[i].all(1) {
				count[both{d.options.placeOf(p.base), d.options.placeOf(p.other)}]++
			}
		}
	}
	var all []both
	for b := range count {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b both) int {
		same := func(x both) int {
			if x.base == x.other {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(same(a), same(b)), cmp.Compare(count[b], count[a]), cmp.Compare(a.base, b.base), cmp.Compare(a.other, b.other))
	})
	var out []Placed
	for _, b := range all {
		keep := func(p pair) bool {
			return d.options.placeOf(p.base) == b.base && d.options.placeOf(p.other) == b.other
		}
		out = append(out, Placed{b.base, b.other, d.subset(s, b.base+"\x00"+b.other, keep)})
	}
	return out
}
