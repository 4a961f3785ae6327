package stats

import (
	"slices"

	"github.com/testbed/testbed/runner/record"
)

// mostSteps is how many steps a distribution is drawn with at most.
const mostSteps = 200

// Series is what figures show beside a Summary: distributions and the course
// of the run, thinned so that a figure of a million requests is as small as
// one of a thousand.
type Series struct {
	Arms     []string // the baseline first
	Models   []string // options that were chosen, in the order of the scenario
	Cells    []Cell   // one a condition, in the order of Summary.Conditions
	Timeline Timeline

	Slowdowns []Slowdown // of nodes that had different background loads
	Foretold  []Foretold // of arms that predict
}

// A Cell is the distributions of t in one condition.
type Cell struct {
	Label string
	Arms  []Distribution // in the order of Series.Arms

	Scatters []Scatter // of the arms after the baseline, in their order
	Front    Front
	Strips   []Strip // in the order of Series.Arms
	Seen     Seen
	Trial    Trial
}

// A Distribution is times in milliseconds.
type Distribution struct {
	N    int
	Mean float64
	// Box is the 5th, 25th, 50th, 75th and 95th percentile by nearest rank.
	// The outer ones are those of the sample, whatever they are worth.
	Box [5]float64
	// Steps are the empirical distribution function: the share Y of times
	// is at most X. At most 200 of them.
	Steps []Point
}

// A Point is a place in a figure.
type Point struct{ X, Y float64 }

// Collect is the series of a run, of any run, as Summarize is.
func Collect(run record.Run) Series { return group(&run).collect() }

func (d *data) collect() Series {
	s := Series{Arms: d.arms, Models: d.models()}
	models := index(s.Models, func(m string) string { return m })
	for i := range d.cells {
		c := &d.cells[i]
		cell := Cell{Label: label(c.condition), Scatters: d.scatters(c, models), Front: d.front(c, models),
			Strips: d.strips(c, models), Seen: c.seen.summary(), Trial: d.firstTrial(c, models)}
		for arm := range d.arms {
			cell.Arms = append(cell.Arms, distributionOf(c.requests[arm]))
		}
		s.Cells = append(s.Cells, cell)
	}
	s.Timeline = timelineOf(d, s.Models)
	s.Slowdowns, s.Foretold = d.slowdowns(), d.foretold()
	return s
}

// models are the chosen options: those that the header knows in its order, then
// others by name.
func (d *data) models() []string {
	if d.chosen != nil {
		return d.chosen
	}
	chosen := map[string]bool{}
	for _, c := range d.cells {
		for _, requests := range c.requests {
			for _, r := range requests {
				if name := d.options.nameOf(r); name != "" {
					chosen[name] = true
				}
			}
		}
	}
	var out, others []string
	known := d.options.names()
	for _, m := range d.run.Header.Models {
		known = append(known, m.Name)
	}
	for _, name := range known {
		if chosen[name] {
			out = append(out, name)
			delete(chosen, name)
		}
	}
	for m := range chosen {
		others = append(others, m)
	}
	slices.Sort(others)
	return append(out, others...)
}

// distributionOf is that of the measured times of requests that were answered.
func distributionOf(requests []*request) Distribution {
	var times []float64
	for _, r := range requests {
		if !r.Failed && r.Measured > 0 {
			times = append(times, millis(r.Measured))
		}
	}
	n := len(times)
	d := Distribution{N: n}
	if n == 0 {
		return d
	}
	slices.Sort(times)
	d.Mean = mean(times)
	for i, p := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
		d.Box[i] = times[rank(p, n)-1]
	}
	steps := min(n, mostSteps)
	for i := 1; i <= steps; i++ {
		k := i * n / steps
		d.Steps = append(d.Steps, Point{times[k-1], float64(k) / float64(n)})
	}
	return d
}
