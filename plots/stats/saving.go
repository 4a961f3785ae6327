package stats

import (
	"math"
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
	strata     int
	trials     int
	thin       int // conditions that add no variance: a single block
}

// A redrawn is what resampling one condition gave.
type redrawn struct {
	total  block
	trials int
	thin   bool
	sums   []block // by draw; none without pairs
	saving Saving
}

// redrawnSums are the sums of redrawn that are not needed any more: they are
// large, and one is needed for each condition.
var redrawnSums = sync.Pool{New: func() any { return new([Resamples]block) }}

// draw resamples a condition. What it gives does not depend on others, so that
// conditions can be drawn at the same time.
func draw(st stratum, seed uint64, name string, confidence float64) redrawn {
	out := redrawn{total: st.total(), trials: len(st), thin: len(st) == 1 && len(st[0]) == 1}
	if len(st) > 0 {
		out.sums = redrawnSums.Get().(*[Resamples]block)[:]
		st.resample(newRand(source(seed, "saving", name)), func(draw int, sum *block) { out.sums[draw] = *sum })
	}
	out.saving, _ = savingOf(out.total[measured], out.sums, measured, confidence)
	return out
}

// take adds a condition, if it is valid, and ends its draws.
func (s *savings) take(d *redrawn, valid bool) {
	if len(d.sums) == 0 {
		return
	}
	if valid {
		s.strata++
		s.trials += d.trials
		s.total.add(&d.total)
		s.equalTotal += d.total[measured].values()[0]
		if d.thin {
			s.thin++
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

// definition is the overall saving by one definition of t, with the spread of
// its mean of ratios.
func (s *savings) definition(d int) (Saving, spread) {
	return savingOf(s.total[d], s.overall, d, s.confidence)
}

// equalWeight is the mean over conditions of their means of ratios.
func (s *savings) equalWeight() Estimate {
	if s.strata == 0 {
		return Estimate{Missing(), Missing(), Missing()}
	}
	var draws spread
	if s.total[measured].n >= fewestPairs {
		values := make([]float64, 0, Resamples)
		for _, v := range s.equal {
			values = append(values, v/float64(s.strata))
		}
		draws = spreadOf(values)
	}
	return draws.estimate(s.equalTotal/float64(s.strata), s.confidence)
}

// savingOf is the saving by a definition of t, with intervals from draws if the
// pairs bear them, and the spread of the mean of ratios.
//
// The geometric mean 1 − exp(x) falls with x, so it is −x that is put in order,
// and not every draw needs an exp.
func savingOf(total sums, draws []block, definition int, confidence float64) (Saving, spread) {
	var of [3]spread
	if total.n >= fewestPairs {
		for k := range of {
			of[k] = make(spread, 0, len(draws))
		}
		for i := range draws {
			if s := &draws[i][definition]; s.n > 0 {
				of[0], of[1], of[2] = append(of[0], s.ratio/s.n), append(of[1], 1-s.other/s.base), append(of[2], -s.log/s.n)
			}
		}
	}
	v := total.values()
	low, high := of[2].interval(confidence)
	return Saving{
		MeanOfRatios: of[0].estimate(v[0], confidence),
		RatioOfMeans: of[1].estimate(v[1], confidence),
		Geometric:    Estimate{round(v[2]), round(1 - math.Exp(-low)), round(1 - math.Exp(-high))},
	}, of[0]
}

// orderOf compares pairs by which arm went first.
func orderOf(pairs []pair) Order {
	var sum [2]float64
	var n [2]int
	for _, p := range pairs {
		s := sumsOf(measured, p)
		if s.n == 0 {
			continue
		}
		k := 1
		if p.base.First {
			k = 0
		}
		sum[k] += s.ratio
		n[k]++
	}
	mean := func(k int) Number {
		if n[k] == 0 {
			return Number(math.NaN())
		}
		return round(sum[k] / float64(n[k]))
	}
	return Order{BaselineFirst: mean(0), OtherFirst: mean(1), Pairs: n}
}
