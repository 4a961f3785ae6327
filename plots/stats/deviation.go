package stats

import "math"

// mostBatches is into how many batches of neighbouring blocks a trial is cut
// that is the only one of its condition. Batches of many pairs are almost
// independent of each other even where pairs are not (Schmeiser 1982 has it
// that more than 10 to 30 gain nothing).
const mostBatches = 10

// batch says where the i-th of at most mostBatches batches of n begins and ends.
func batch(i, n int) (from, to int) {
	m := min(n, mostBatches)
	return i * n / m, (i + 1) * n / m
}

// A deviation adds up how much the units (trials or, in a condition of one
// trial, its batches) move a number: by how much each unit moves it, on average
// nothing in each condition. It is the linear, or infinitesimal, jackknife of
// stratified clusters (Efron 1982, chapter 6).
//
// The unit is the trial since pairs of one trial may share what differs between
// trials, follow each other, or stand at different places of the same course:
// none of which matters to the differences of trials.
type deviation struct {
	variance, squares, cubes float64
	weight                   float64 // Σ variance²/(degrees of freedom + 1) over conditions
	least, most              float64 // degrees of freedom: of the condition that has the fewest, of all
}

// add takes in the influences of a condition's units. A single unit says
// nothing.
func (d *deviation) add(influences []float64) {
	k := float64(len(influences))
	if k < 2 {
		return
	}
	middle := mean(influences)
	var squares float64
	for _, u := range influences {
		u -= middle
		squares += u * u
		d.cubes += u * u * u
	}
	v := squares * k / (k - 1)
	d.squares, d.variance, d.weight = d.squares+squares, d.variance+v, d.weight+v*v/k
	if d.most == 0 || k-1 < d.least {
		d.least = k - 1
	}
	d.most += k - 1
}

// freedom are the degrees of freedom of the variance, where conditions vary
// each in its own way: V²/Σ(v²/(d+1)) − 1. Satterthwaite's V²/Σ(v²/d), of
// variances that are estimates, is too few (many conditions of two trials:
// intervals of 95 % hold 98 %), and Welch's V²/Σ(v²/(d+2)) − 2 too many where
// one of few conditions varies ten times as much as others (92 %); between them
// it is 93.4 to 97.1 %.
func (d *deviation) freedom() float64 {
	if d.weight == 0 {
		return d.most
	}
	return min(max(d.variance*d.variance/d.weight-1, d.least), d.most)
}

// acceleration is BCa's: Σu³/(6·(Σu²)^1.5).
func (d *deviation) acceleration() float64 {
	if d.squares == 0 {
		return 0
	}
	return d.cubes / (6 * math.Pow(d.squares, 1.5))
}
