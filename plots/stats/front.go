package stats

import (
	"cmp"
	"slices"
)

// A Front is how accurate the options of a condition are and how long they take,
// and where that puts the arms.
//
// Accuracies are those that were known before the run, of an arm the mean over
// its requests: which images a condition happened to ask for moves no mark.
// Times of arms are medians of their requests, over those pairs alone that were
// replayed, if any were.
type Front struct {
	Options []OptionPoint // the fastest first
	Arms    []ArmPoint
	Floor   float64 // the least accuracy that the budget allows
	From    string  // what the times of options are of
}

// What the times of options may be of.
const (
	Replayed  = "replayed"  // each answered the same images at the same instants
	Predicted = "predicted" // nothing was replayed: what the judged arm's selector foretold
	Answered  = "answered"  // nor did it foretell: the requests that each answered
)

// An OptionPoint is one option.
type OptionPoint struct {
	Name     string
	Option   int // in Series.Models; −1: no arm chose it
	N        int // times that Millis is the median of
	Millis   float64
	Accuracy float64
	Best     bool // no other is faster and as accurate: it is on the front
}

// An ArmPoint is one arm.
type ArmPoint struct {
	Arm      int // in Series.Arms
	N        int
	Millis   float64
	Accuracy float64
}

// front is that of a condition; without options where no accuracy is known.
func (d *data) front(c *cell, models map[string]int) (f Front) {
	times, from := d.optionTimes(c)
	f.From = from
	var best float64
	for i, o := range d.options.of {
		if !among(o, c.condition.Placements) || !(o.Accuracy > 0) {
			continue
		}
		best = max(best, o.Accuracy)
		if len(times[i]) == 0 {
			continue
		}
		p := OptionPoint{Name: d.options.name(o), Option: -1, N: len(times[i]), Millis: medianOf(times[i]), Accuracy: o.Accuracy}
		if place, ok := models[p.Name]; ok {
			p.Option = place
		}
		f.Options = append(f.Options, p)
	}
	f.Floor = d.run.Header.Budget.Floor(best)
	slices.SortStableFunc(f.Options, func(a, b OptionPoint) int {
		return cmp.Or(cmp.Compare(a.Millis, b.Millis), cmp.Compare(b.Accuracy, a.Accuracy))
	})
	reached := 0.0
	for i := range f.Options {
		if o := &f.Options[i]; o.Accuracy > reached {
			o.Best, reached = true, o.Accuracy
		}
	}
	f.Arms = d.armPoints(c)
	return f
}

// optionTimes are t of each option in milliseconds, and what they are of.
func (d *data) optionTimes(c *cell) (out [][]float64, from string) {
	out = make([][]float64, len(d.options.of))
	switch {
	case len(d.run.Replays) > 0:
		for _, r := range c.replays {
			for i := range out {
				if t := replayed(r, i); r.Pair >= 0 && t > 0 {
					out[i] = append(out[i], 1000*t)
				}
			}
		}
		return out, Replayed
	case len(c.seen.foreseen.kept) > 0:
		for i := range out {
			out[i] = c.seen.times(i)
		}
		return out, Predicted
	}
	at := map[*used]int{}
	for _, requests := range c.requests {
		for _, r := range requests {
			i, ok := at[r.used]
			if !ok {
				i = d.options.indexOf(r)
				at[r.used] = i
			}
			if i >= 0 && !r.Failed && r.Measured > 0 {
				out[i] = append(out[i], millis(r.Measured))
			}
		}
	}
	return out, Answered
}

// armPoints are where the arms are: over the pairs that were replayed, if any
// were in the run.
func (d *data) armPoints(c *cell) (out []ArmPoint) {
	type place struct{ repetition, pair int }
	again := map[place]bool{}
	for _, r := range c.replays {
		again[place{r.Repetition, r.Pair}] = true
	}
	accuracy := map[*used]float64{}
	for arm, requests := range c.requests {
		var times, accuracies []float64
		for _, r := range requests {
			if r.Failed || r.Measured <= 0 || len(d.run.Replays) > 0 && !again[place{int(r.Repetition), int(r.Pair)}] {
				continue
			}
			if _, ok := accuracy[r.used]; !ok {
				accuracy[r.used] = d.known(r)
			}
			times, accuracies = append(times, millis(r.Measured)), append(accuracies, accuracy[r.used])
		}
		if a := mean(accuracies); a > 0 {
			out = append(out, ArmPoint{arm, len(times), medianOf(times), a})
		}
	}
	return out
}

// medianOf is the nearest-rank one of values, which it sorts.
func medianOf(values []float64) float64 {
	slices.Sort(values)
	return values[rank(0.5, len(values))-1]
}
