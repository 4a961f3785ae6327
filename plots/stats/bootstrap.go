package stats

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// Resamples is how many times the bootstrap draws.
const Resamples = 10_000

// fewestPairs bear an interval. Six values are the fewest whose range covers
// their median with 95 %; a bootstrap of fewer is far too narrow.
const fewestPairs = 6

// A block is the sums of some pairs that follow each other in a trial, by
// definition of t.
type block [definitions]sums

// blocksATrial is into how many blocks a trial is cut at most: a trial of no
// more pairs is cut into pairs. Blocks of several pairs keep the correlation
// of neighbours, and make a run of a million requests as cheap as a small one.
func blocksATrial(trials int) int { return min(max(10_000/max(trials, 1), 10), 50) }

// blocksOf cuts the pairs of a trial into at most most blocks, as equal as can
// be. Pairs without a measured time are in none.
func blocksOf(pairs []pair, most int) []block {
	kept := make([]pair, 0, len(pairs))
	for _, p := range pairs {
		if sumsOf(measured, p).n > 0 {
			kept = append(kept, p)
		}
	}
	out := make([]block, min(len(kept), most))
	for i := range out {
		for _, p := range kept[i*len(kept)/len(out) : (i+1)*len(kept)/len(out)] {
			for d := range definitions {
				s := sumsOf(d, p)
				out[i][d].add(&s)
			}
		}
	}
	return out
}

// A stratum is a condition's blocks by trial; each trial has at least one.
type stratum [][]block

// total is the sums of all blocks.
func (s stratum) total() (sum block) {
	for _, t := range s {
		for i := range t {
			sum.add(&t[i])
		}
	}
	return sum
}

func (b *block) add(c *block) {
	for d := range b {
		b[d].add(&c[d])
	}
}

// units are the sums of what moves by itself: of each trial. If there is only
// one, they are of its batches, which hold the correlation of neighbours, or of
// its blocks, if Δt varies more by them: batches of pairs that take turns are
// alike.
func (s stratum) units() (units []block) {
	if len(s) != 1 {
		for i := range s {
			units = append(units, s[i:i+1].total())
		}
		return units
	}
	for i := range min(len(s[0]), mostBatches) {
		from, to := batch(i, len(s[0]))
		units = append(units, stratum{s[0][from:to]}.total())
	}
	total := sumOf(units, measured)
	if total.deviations([][]block{s[0]}, measured)[0].variance > total.deviations([][]block{units}, measured)[0].variance {
		return s[0]
	}
	return units
}

// resample draws the stratum anew for each of sums: as many trials as there are,
// with replacement, and in each of them as many blocks as it has, with
// replacement. A curve takes the shape of this, not the width.
func (s stratum) resample(rng *rand.Rand, sums []block) {
	for draw := range sums {
		var sum block
		for range s {
			t := s[rng.IntN(len(s))]
			for range t {
				sum.add(&t[rng.IntN(len(t))])
			}
		}
		sums[draw] = sum
	}
}

// source is a stream of random numbers of its own for each name, from the
// run's seed: what is drawn for one condition does not depend on the others.
func source(seed uint64, name ...string) *rand.PCG {
	h := fnv.New64a()
	for _, n := range name {
		h.Write([]byte(n))
		h.Write([]byte{0})
	}
	return rand.NewPCG(seed, h.Sum64())
}

// A spread is the values that a statistic took over the draws, in any order.
type spread []float64

// spreadOf takes over values; those that are NaN, of draws without a pair, are
// left out.
func spreadOf(values []float64) spread { return slices.DeleteFunc(values, math.IsNaN) }

// quantile is by nearest rank; NaN if there is no value. It changes the order of
// the values.
func (s spread) quantile(p float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	return s.nth(rank(p, len(s)) - 1)
}

// nth is the value that would be at k if all were in order. It finds it by
// Hoare's selection, which looks at all values a few times, where sorting looks
// at them log₂ n times; many quantiles of many spreads are wanted.
func (s spread) nth(k int) float64 {
	lo, hi := 0, len(s)-1
	for hi-lo > 16 {
		pivot := median(s[lo], s[lo+(hi-lo)/2], s[hi])
		i, j := lo, hi
		for i <= j {
			for s[i] < pivot {
				i++
			}
			for pivot < s[j] {
				j--
			}
			if i <= j {
				s[i], s[j] = s[j], s[i]
				i, j = i+1, j-1
			}
		}
		switch { // those from lo to j are at most the pivot, those from i to hi at least
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return pivot
		}
	}
	slices.Sort(s[lo : hi+1])
	return s[k]
}

func median(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }

// rank is ⌈pn⌉, from 1 to n: the nearest rank. The hair taken off keeps
// 0.95·100 = 95.00000000000001 from being the 96th.
func rank(p float64, n int) int {
	return min(max(int(math.Ceil(p*float64(n)-1e-9)), 1), n)
}

// interval are the percentiles of a confidence.
func (s spread) interval(confidence float64) (low, high float64) {
	tail := (1 - confidence) / 2
	return s.quantile(tail), s.quantile(1 - tail)
}

// estimate is a value with the percentile interval at a confidence.
func (s spread) estimate(value, confidence float64) Estimate {
	low, high := s.interval(confidence)
	return Estimate{round(value), round(low), round(high)}
}
