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

// total is the sums of all blocks.
func (s meanStratum) total() (all meanBlock) {
	for _, t := range s {
		for _, b := range t {
			all.n += b.n
			all.sum += b.sum
		}
	}
	return all
}

// meanOfStrata is the mean of all values with its interval, which draws trials
// and then blocks in each stratum by itself; without one if the values are too
// few.
func meanOfStrata(strata []meanStratum, rng *rand.Rand, confidence float64) Estimate {
	var all meanBlock
	for _, s := range strata {
		t := s.total()
		all.n, all.sum = all.n+t.n, all.sum+t.sum
	}
	if all.n == 0 {
		return Estimate{Missing(), Missing(), Missing()}
	}
	var draws spread
	if all.n >= fewestPairs {
		sums := make([]meanBlock, Resamples)
		for _, s := range strata {
			s.resample(rng, sums)
		}
		values := make([]float64, 0, Resamples)
		for _, b := range sums {
			values = append(values, b.sum/float64(b.n))
		}
		draws = spreadOf(values)
	}
	return draws.estimate(all.sum/float64(all.n), confidence)
}
