package stats

import "math/rand/v2"

// mostMeanBlocks is how many blocks of a run a mean is resampled with.
const mostMeanBlocks = 1000

// A meanBlock is values of one trial that follow each other.
type meanBlock struct {
	n   int
	sum float64
}

// meanBlocks cuts values into at most most blocks, as equal as can be.
func meanBlocks(values []float64, most int) []meanBlock {
	out := make([]meanBlock, min(len(values), max(most, 1)))
	for i := range out {
		for _, v := range values[i*len(values)/len(out) : (i+1)*len(values)/len(out)] {
			out[i].n++
			out[i].sum += v
		}
	}
	return out
}

// A meanStratum is a condition's blocks by trial; each trial has at least one.
type meanStratum [][]meanBlock

// resample is stratum.resample for a mean: it adds each draw to into.
func (s meanStratum) resample(rng *rand.Rand, into []meanBlock) {
	if len(s) == 0 {
		return
	}
	for draw := range into {
		for range s {
			t := s[rng.IntN(len(s))]
			for range t {
				b := t[rng.IntN(len(t))]
				into[draw].n += b.n
				into[draw].sum += b.sum
			}
		}
	}
}

// units are the sums of what moves by itself, as stratum.units are.
func (s meanStratum) units() (units []meanBlock) {
	if len(s) != 1 {
		for _, t := range s {
			units = append(units, sumOfBlocks(t))
		}
		return units
	}
	for i := range min(len(s[0]), mostBatches) {
		from, to := batch(i, len(s[0]))
		units = append(units, sumOfBlocks(s[0][from:to]))
	}
	if all := sumOfBlocks(s[0]); all.by(s[0]).variance > all.by(units).variance {
		return s[0]
	}
	return units
}

// by is how much units of one condition move the mean of all.
func (all meanBlock) by(units []meanBlock) (d deviation) {
	d.add(all.influences(units))
	return d
}

func (all meanBlock) influences(units []meanBlock) (of []float64) {
	n := float64(all.n)
	for _, u := range units {
		of = append(of, (u.sum-float64(u.n)*all.sum/n)/n)
	}
	return of
}

func sumOfBlocks(blocks []meanBlock) (all meanBlock) {
	for _, b := range blocks {
		all.n, all.sum = all.n+b.n, all.sum+b.sum
	}
	return all
}

// meanOfStrata is the mean of all values with its interval, which is by trials
// in each stratum by itself; without one if the values are too few.
func meanOfStrata(strata []meanStratum, rng *rand.Rand, confidence float64) Estimate {
	var all meanBlock
	for _, s := range strata {
		for _, t := range s {
			b := sumOfBlocks(t)
			all.n, all.sum = all.n+b.n, all.sum+b.sum
		}
	}
	if all.n == 0 {
		return Estimate{Missing(), Missing(), Missing()}
	}
	value := all.sum / float64(all.n)
	var c *curve
	if all.n >= fewestPairs {
		var by deviation
		sums := make([]meanBlock, Resamples)
		for _, s := range strata {
			s.resample(rng, sums)
			by.add(all.influences(s.units()))
		}
		values := make([]float64, 0, Resamples)
		for _, b := range sums {
			values = append(values, b.sum/float64(b.n))
		}
		c = curveOf(value, spreadOf(values), false, by)
	}
	tail := (1 - confidence) / 2
	return Estimate{round(value), round(c.at(tail)), round(c.at(1 - tail))}
}
