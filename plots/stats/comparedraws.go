package stats

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// contrastDraws is how many times the bootstrap of a Contrast draws.
const contrastDraws = 1000

// A resampled is a strand cut into blocks by trial, of which each draw gives
// how often every block counts.
type resampled struct {
	n      int
	trials [][]int // numbers of blocks
	counts []int   // of places in each block
	sums   [][]float64
	sorted [][]ranked // by column, in order of value; none of one that is 0 throughout
	weight []int      // of each block in this draw
	total  int        // places in this draw
}

// A ranked is a value and the block that it is in.
type ranked struct {
	value float64
	block int32
}

// resampledOf cuts each trial into as many blocks as other intervals do.
func resampledOf(s strand, columns int) *resampled {
	r := &resampled{n: len(s.places), sums: make([][]float64, columns), sorted: make([][]ranked, columns)}
	for c, values := range s.columns {
		if slices.ContainsFunc(values, func(v float64) bool { return v != 0 }) {
			r.sorted[c] = make([]ranked, 0, len(values))
		}
	}
	var ends []int // of trials
	for i := range s.places {
		if i+1 == len(s.places) || s.places[i+1].repetition != s.places[i].repetition {
			ends = append(ends, i+1)
		}
	}
	from := 0
	for _, end := range ends {
		n := min(end-from, blocksATrial(len(ends)))
		var trial []int
		for i := range n {
			trial = append(trial, len(r.counts))
			r.cut(s, from+i*(end-from)/n, from+(i+1)*(end-from)/n)
		}
		r.trials = append(r.trials, trial)
		from = end
	}
	for c := range r.sorted {
		slices.SortFunc(r.sorted[c], func(a, b ranked) int { return cmp.Compare(a.value, b.value) })
	}
	r.weight = make([]int, len(r.counts))
	r.whole()
	return r
}

// cut makes a block of the places from from to before to.
func (r *resampled) cut(s strand, from, to int) {
	block := int32(len(r.counts))
	r.counts = append(r.counts, to-from)
	for c := range r.sums {
		var sum float64
		for _, v := range s.columns[c][from:to] {
			sum += v
			if r.sorted[c] != nil {
				r.sorted[c] = append(r.sorted[c], ranked{v, block})
			}
		}
		r.sums[c] = append(r.sums[c], sum)
	}
}

// whole counts every block once: the strand as it is.
func (r *resampled) whole() {
	for i := range r.weight {
		r.weight[i] = 1
	}
	r.total = r.n
}

// draw draws as many trials as there are, and in each as many blocks as it has.
func (r *resampled) draw(rng *rand.Rand) {
	clear(r.weight)
	r.total = 0
	for range r.trials {
		t := r.trials[rng.IntN(len(r.trials))]
		for range t {
			b := t[rng.IntN(len(t))]
			r.weight[b]++
			r.total += r.counts[b]
		}
	}
}

// as takes over the draw of a strand of the same places.
func (r *resampled) as(other *resampled) {
	copy(r.weight, other.weight)
	r.total = other.total
}

// mean of a column in this draw; NaN of nothing.
func (r *resampled) mean(column int) float64 {
	var sum float64
	for b, s := range r.sums[column] {
		sum += float64(float64(r.weight[b]) * s)
	}
	return sum / float64(r.total)
}

// median of a column in this draw, by nearest rank; NaN of nothing.
func (r *resampled) median(column int) float64 {
	if r.total > 0 && r.idle(column) {
		return 0
	}
	left := (r.total + 1) / 2
	for _, v := range r.sorted[column] {
		if left -= r.weight[v.block]; left <= 0 {
			return v.value
		}
	}
	return math.NaN()
}

// idle says that a column is 0 throughout, as a phase is that never happened.
func (r *resampled) idle(column int) bool { return len(r.sorted[column]) == 0 }

// draws are what two statistics of a quantity are in both runs.
type draws struct{ median, mean statistic }

// A statistic is its value in both runs, and what it was in each draw.
type statistic struct {
	value [2]float64
	draws [2][]float64
	n     int // values, in the run that has fewer
}

// compareDraws draws both strands many times, alike if they are paired. There
// is an element for each column.
func compareDraws(a, b strand, paired bool, from *rand.PCG) []draws {
	columns := max(len(a.columns), len(b.columns), 1)
	of := [2]*resampled{resampledOf(a, columns), resampledOf(b, columns)}
	out := make([]draws, columns)
	n := min(of[0].n, of[1].n)
	for c := range out {
		for side, r := range of {
			out[c].median.value[side], out[c].mean.value[side] = r.median(c), r.mean(c)
		}
		out[c].median.n, out[c].mean.n = n, n
	}
	if n == 0 {
		return out
	}
	rng := rand.New(from)
	for range contrastDraws {
		of[0].draw(rng)
		if paired {
			of[1].as(of[0])
		} else {
			of[1].draw(rng)
		}
		for c := range out {
			if c > 0 && of[0].idle(c) && of[1].idle(c) {
				continue // as most are
			}
			for side, r := range of {
				out[c].median.draws[side] = append(out[c].median.draws[side], r.median(c))
				out[c].mean.draws[side] = append(out[c].mean.draws[side], r.mean(c))
			}
		}
	}
	return out
}

// difference is the statistic in both runs and how it differs.
func (d statistic) difference(confidence float64) Difference {
	of := func(f func(a, b float64) float64) Estimate {
		var values spread
		if d.n >= fewestPairs {
			for i, a := range d.draws[0] {
				values = append(values, f(a, d.draws[1][i]))
			}
		}
		return spreadOf(values).estimate(f(d.value[0], d.value[1]), confidence)
	}
	return Difference{
		A:        of(func(a, _ float64) float64 { return a }),
		B:        of(func(_, b float64) float64 { return b }),
		Change:   of(func(a, b float64) float64 { return b - a }),
		Relative: of(relative),
	}
}

// relative is b − a as a share of a; NaN where a is 0.
func relative(a, b float64) float64 {
	if a == 0 {
		return math.NaN()
	}
	return (b - a) / a
}
