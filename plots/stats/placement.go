package stats

import (
	"cmp"
	"slices"
)

// subset is the comparison of some of an arm's pairs over the valid conditions.
func (d *data) subset(s *Summary, arm int, name string, keep func(pair) bool) Subset {
	h := &d.run.Header
	c := &savings{confidence: h.Require.Confidence}
	var all []pair
	for i := range d.cells {
		if !s.Conditions[i].Valid {
			continue
		}
		st, pairs := d.stratum(i, arm, keep)
		all = append(all, pairs...)
		c.condition(st, h.Seed, d.cells[i].condition.ID+"\x00"+d.arms[arm]+"\x00"+name, true)
	}
	total, _ := c.definition(measured)
	return Subset{Pairs: len(all), Saving: total.MeanOfRatios, AccuracyDrop: d.dropOf(all)}
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
		if b := blocksOf(pairs, blocksATrial(d.trials())); len(b) > 0 {
			st = append(st, b)
		}
		all = append(all, pairs...)
	}
	return st, all
}

// trials is how many there are in all conditions.
func (d *data) trials() (n int) {
	for i := range d.cells {
		n += len(d.cells[i].trials)
	}
	return n
}

// dropOf is the accuracy given up over pairs, in percentage points.
func (d *data) dropOf(pairs []pair) Number {
	if !d.scored() {
		return round(100 * d.publishedDrop(pairs))
	}
	return round(100 * dropsOf(pairs).value())
}

// sameHere is samePlacement in one condition.
func (d *data) sameHere(i, arm int) *Subset {
	h := &d.run.Header
	st, pairs := d.stratum(i, arm, d.together)
	c := &savings{confidence: h.Require.Confidence}
	saving := c.condition(st, h.Seed, d.cells[i].condition.ID+"\x00"+d.arms[arm]+"\x00same placement", false)
	return &Subset{Pairs: len(pairs), Saving: saving.MeanOfRatios, AccuracyDrop: d.dropOf(pairs)}
}

// samePlacement is the subset of an arm's pairs in which it and the baseline
// used the same placement; nil where there is one placement only.
func (d *data) samePlacement(s *Summary, arm int) *Subset {
	if !d.options.placed {
		return nil
	}
	k := d.subset(s, arm, "same placement", d.together)
	return &k
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
		out = append(out, Placed{b.base, b.other, d.subset(s, 1, b.base+"\x00"+b.other, keep)})
	}
	return out
}
