package stats

import "math"

// A savings holds the spreads of an arm's savings: of each condition, and of
// the valid ones together.
type savings struct {
	confidence float64
	overall    [Resamples]block   // sums over the valid conditions
	equal      [Resamples]float64 // sum over conditions of their mean of ratios
	total      block
	equalTotal float64
	strata     int
	trials     int
	thin       int // conditions that add no variance: a single block
}

// condition is the saving of an arm in one condition, which is added to the
// overall one if valid says so.
func (s *savings) condition(st stratum, seed uint64, name string, valid bool) Saving {
	total := st.total()
	if len(st) == 0 {
		return savingOf(total[measured], [3]spread{}, s.confidence)
	}
	if valid {
		s.strata++
		s.trials += len(st)
		s.total.add(&total)
		s.equalTotal += total[measured].values()[0]
		if len(st) == 1 && len(st[0]) == 1 {
			s.thin++
		}
	}
	var draws [3][]float64
	st.resample(newRand(source(seed, "saving", name)), func(draw int, sum *block) {
		values := sum[measured].values()
		for i, v := range values {
			draws[i] = append(draws[i], v)
		}
		if valid {
			s.overall[draw].add(sum)
			s.equal[draw] += values[0]
		}
	})
	if total[measured].n < fewestPairs {
		return savingOf(total[measured], [3]spread{}, s.confidence)
	}
	return savingOf(total[measured], spreadsOf(draws), s.confidence)
}

// definition is the overall saving by one definition of t, with the spread of
// its mean of ratios.
func (s *savings) definition(d int) (Saving, spread) {
	if s.total[d].n < fewestPairs {
		return savingOf(s.total[d], [3]spread{}, s.confidence), nil
	}
	var draws [3][]float64
	for i := range s.overall {
		for k, v := range s.overall[i][d].values() {
			draws[k] = append(draws[k], v)
		}
	}
	spreads := spreadsOf(draws)
	return savingOf(s.total[d], spreads, s.confidence), spreads[0]
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

func spreadsOf(draws [3][]float64) (out [3]spread) {
	for i := range draws {
		out[i] = spreadOf(draws[i])
	}
	return out
}

func savingOf(total sums, spreads [3]spread, confidence float64) Saving {
	v := total.values()
	return Saving{
		MeanOfRatios: spreads[0].estimate(v[0], confidence),
		RatioOfMeans: spreads[1].estimate(v[1], confidence),
		Geometric:    spreads[2].estimate(v[2], confidence),
	}
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
