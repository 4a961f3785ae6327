package stats

import (
	"math"
	"slices"
	"sync"
)

// A savings holds the spreads of an arm's savings over the valid conditions
// together.
type savings struct {
	confidence float64
	overall    []block   // sums over conditions, by draw
	equal      []float64 // sum over conditions of their mean of ratios, by draw
	total      block
	equalTotal float64
	units      [][]block // by condition, of those that have several
	// single are the units of conditions that have one block only, which say
	// nothing of how it would differ by itself. Together they are a stratum:
	// what differs between these conditions counts as chance (collapsed strata,
	// Wolter 2007, chapter 2), so that they do not narrow the interval.
	single []block
	trials int
}

// A redrawn is what resampling one condition gave.
type redrawn struct {
	total  block
	units  []block
	trials int
	thin   bool
	sums   []block // by draw; none without pairs
	saving Saving
	curve  *curve // of the mean of t_a/t_b
}

// redrawnSums are the sums of redrawn that are not needed any more: they are
// large, and one is needed for each condition.
var redrawnSums = sync.Pool{New: func() any { return new([Resamples]block) }}

// draw resamples a condition. What it gives does not depend on others, so that
// conditions can be drawn at the same time.
func draw(st stratum, seed uint64, name string, confidence float64) redrawn {
	out := redrawn{total: st.total(), units: st.units(), trials: len(st), thin: len(st) == 1 && len(st[0]) == 1}
	if len(st) > 0 {
		out.sums = redrawnSums.Get().(*[Resamples]block)[:]
		st.resample(newRand(source(seed, "saving", name)), out.sums)
	}
	out.saving, out.curve = savingOf(out.total[measured], [][]block{out.units}, out.sums, measured, confidence)
	return out
}

// take adds a condition, if it is valid, and ends its draws.
func (s *savings) take(d *redrawn, valid bool) {
	if len(d.sums) == 0 {
		return
	}
	if valid {
		s.trials += d.trials
		s.total.add(&d.total)
		s.equalTotal += d.total[measured].values()[0]
		if d.thin {
			s.single = append(s.single, d.units...)
		} else {
			s.units = append(s.units, d.units)
		}
		if s.overall == nil {
			s.overall, s.equal = make([]block, Resamples), make([]float64, Resamples)
		}
		for i := range d.sums {
			s.overall[i].add(&d.sums[i])
			s.equal[i] += d.sums[i][measured].values()[0]
		}
	}
	redrawnSums.Put((*[Resamples]block)(d.sums))
	d.sums = nil
}

// definition is the overall saving by one definition of t, with the curve of
// its mean of t_a/t_b.
func (s *savings) definition(d int) (Saving, *curve) {
	return savingOf(s.total[d], append(slices.Clone(s.units), s.single), s.overall, d, s.confidence)
}

// conditions is how many were taken.
func (s *savings) conditions() int { return len(s.units) + len(s.single) }

// equalWeight is the mean over conditions of their means of ratios; without an
// interval where a condition has a single block.
func (s *savings) equalWeight() Estimate {
	n := float64(s.conditions())
	value := 1 - s.equalTotal/n
	var c *curve
	if s.total[measured].n >= fewestPairs && len(s.single) == 0 {
		var by deviation
		for _, units := range s.units {
			total, of := sumOf(units, measured), make([]float64, len(units))
			weight := (1 - total.values()[0]) / n / value // of a relative change in this condition
			for i := range units {
				of[i] = weight * total.influences(&units[i][measured])[0]
			}
			by.add(of)
		}
		values := make([]float64, 0, Resamples)
		for _, v := range s.equal {
			values = append(values, 1-v/n)
		}
		c = curveOf(value, spreadOf(values), true, by)
	}
	return savedBy(1-value, c, s.confidence)
}

// savingOf is the saving by a definition of t, with intervals from draws and
// units by condition if the pairs bear them, and the curve of the mean of
// t_a/t_b.
//
// Intervals are made for the logarithm of t_a over t_b, averaged in each way,
// since it can be any number: a saving is at most 1.
func savingOf(total sums, units [][]block, draws []block, definition int, confidence float64) (Saving, *curve) {
	var of [3]*curve
	v := total.values()
	if total.n >= fewestPairs {
		by := total.deviations(units, definition)
		var values [3]spread
		for k := range values {
			values[k] = make(spread, 0, len(draws))
		}
		for i := range draws {
			if s := &draws[i][definition]; s.n > 0 {
				values[0], values[1], values[2] = append(values[0], 1-s.ratio/s.n), append(values[1], s.other/s.base), append(values[2], s.log/s.n)
			}
		}
		of[0], of[1] = curveOf(1-v[0], values[0], true, by[0]), curveOf(1-v[1], values[1], true, by[1])
		of[2] = curveOf(total.log/total.n, values[2], false, by[2])
	}
	return Saving{
		MeanOfRatios: savedBy(v[0], of[0], confidence),
		RatioOfMeans: savedBy(v[1], of[1], confidence),
		Geometric:    savedBy(v[2], of[2], confidence),
	}, of[0]
}

// savedBy is a saving with the two-sided interval that the curve of ln(t_a/t_b) has.
func savedBy(value float64, c *curve, confidence float64) Estimate {
	tail := (1 - confidence) / 2
	return Estimate{round(value), savedAt(c, tail), savedAt(c, 1-tail)}
}

// savedAt is the bound that the saving is below with probability p.
func savedAt(c *curve, p float64) Number { return round(1 - math.Exp(c.at(1-p))) }

// lessThan is the one-sided p value of a saving less than bound.
func lessThan(bound float64, c *curve) Number { return round(c.above(math.Log(1 - bound))) }

// deviations are of the three logarithms of t_a over t_b.
func (s *sums) deviations(units [][]block, definition int) (by [3]deviation) {
	for _, of := range units {
		var influences [3][]float64
		for i := range of {
			for k, u := range s.influences(&of[i][definition]) {
				influences[k] = append(influences[k], u)
			}
		}
		for k := range by {
			by[k].add(influences[k])
		}
	}
	return by
}

// influences are by how much a unit of these sums moves the three logarithms
// of t_a over t_b: of the mean of ratios, of the ratio of means, and the mean.
func (s *sums) influences(unit *sums) [3]float64 {
	return [3]float64{
		(unit.n-unit.ratio)/(s.n-s.ratio) - unit.n/s.n,
		unit.other/s.other - unit.base/s.base,
		(unit.log - unit.n*s.log/s.n) / s.n,
	}
}

// sumOf adds up units by one definition.
func sumOf(units []block, definition int) (total sums) {
	for i := range units {
		total.add(&units[i][definition])
	}
	return total
}
