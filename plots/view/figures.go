package view

import "github.com/testbed/testbed/plots/stats"

// How much is drawn: of so many conditions a curve and a course each, so many
// pairs, and the bounds of so many trials.
const (
	mostEach   = 6
	mostPairs  = 4000
	mostTrials = 200
)

// A figures is what the figures of some conditions show, or of all of them.
type figures struct {
	Revision int      `json:"revision"`
	Together []curve  `json:"together"` // an arm each, over these conditions
	Each     []curve  `json:"each"`     // a condition and arm each; of more than six conditions, of the first
	Pairs    []pairs  `json:"pairs"`    // an arm each, from the second on
	Courses  []course `json:"courses"`  // of the first trial of conditions that were picked, or of the whole run
}

// A points is a series of them; a null is a gap.
type points struct {
	X []stats.Number `json:"x"`
	Y []stats.Number `json:"y"`
}

// A curve is an empirical distribution of t in milliseconds.
type curve struct {
	Condition int            `json:"condition"` // −1: all of these
	Arm       int            `json:"arm"`
	N         int            `json:"n"`
	Box       []stats.Number `json:"box"` // 5th, 25th, 50th, 75th and 95th percentile
	points
}

// A pairs is times of pairs in milliseconds, the baseline's as X.
type pairs struct {
	Arm       int   `json:"arm"`
	N         int   `json:"n"` // that they stand for
	Condition []int `json:"condition"`
	Option    []int `json:"option"` // −1: it has no name
	points
}

// A course is what happened over some time, in seconds from its beginning.
type course struct {
	Condition int     `json:"condition"` // −1: the whole run
	N         int     `json:"n"`         // requests that the dots stand for
	Requests  dots    `json:"requests"`
	Trials    []trial `json:"trials"`
	Links     []link  `json:"links"`
	Loads     []load  `json:"loads"`
}

// A dots is requests: when they were sent, and t in milliseconds.
type dots struct {
	Arm    []int `json:"arm"`
	Option []int `json:"option"`
	points
}

// A trial is the time of one.
type trial struct {
	From      stats.Number `json:"from"`
	To        stats.Number `json:"to"`
	Condition int          `json:"condition"`
}

// A link is one direction of one, in bits per second.
type link struct {
	Name      string `json:"name"`
	Asked     points `json:"asked"`
	Delivered points `json:"delivered"`
	Probes    points `json:"probes"`
}

// A load is the utilization of a resource of a node, as shares of what there is.
type load struct {
	Name     string `json:"name"`
	Asked    points `json:"asked"`
	Achieved points `json:"achieved"`
	Busy     points `json:"busy"`
}

// figuresOf are those of some conditions; of all where there are none.
func figuresOf(a *analysis, some []int) figures {
	s := &a.series
	out := figures{Revision: a.revision, Together: []curve{}, Each: []curve{}, Pairs: []pairs{}, Courses: []course{}}
	if len(some) == 0 {
		for i := range s.Cells {
			some = append(some, i)
		}
		out.Courses = append(out.Courses, courseOf(-1, &s.Timeline))
	} else {
		for _, i := range some[:min(len(some), mostEach)] {
			out.Courses = append(out.Courses, courseOf(i, &s.Cells[i].Trial.Timeline))
		}
	}
	for arm := range s.Arms {
		var parts []stats.Distribution
		for _, i := range some {
			parts = append(parts, s.Cells[i].Arms[arm])
		}
		out.Together = append(out.Together, curveOf(-1, arm, stats.Together(parts)))
	}
	for _, i := range some[:min(len(some), mostEach)] {
		for arm, d := range s.Cells[i].Arms {
			out.Each = append(out.Each, curveOf(i, arm, d))
		}
	}
	for arm := 1; arm < len(s.Arms); arm++ {
		out.Pairs = append(out.Pairs, pairsOf(s, some, arm))
	}
	return out
}

func curveOf(condition, arm int, d stats.Distribution) curve {
	c := curve{Condition: condition, Arm: arm, N: d.N, Box: []stats.Number{}, points: pointsOf(d.Steps)}
	if d.N > 0 {
		for _, t := range d.Box {
			c.Box = append(c.Box, stats.Number(t))
		}
	}
	return c
}

func pointsOf(all []stats.Point) points {
	p := points{X: make([]stats.Number, len(all)), Y: make([]stats.Number, len(all))}
	for i, at := range all {
		p.X[i], p.Y[i] = stats.Number(at.X), stats.Number(at.Y)
	}
	return p
}

// pairsOf are pairs of some conditions, as many of each as its share of all
// those that are kept.
func pairsOf(s *stats.Series, some []int, arm int) pairs {
	out := pairs{Arm: arm, Condition: []int{}, Option: []int{}, points: pointsOf(nil)}
	kept := 0
	for _, i := range some {
		kept += len(s.Cells[i].Scatters[arm-1].Dots)
	}
	n := 0
	for _, i := range some {
		c := s.Cells[i].Scatters[arm-1]
		out.N += c.Pairs
		for _, dot := range c.Dots {
			if n++; n*mostPairs/max(kept, mostPairs) == (n-1)*mostPairs/max(kept, mostPairs) {
				continue // of more than there is room for, those evenly among all
			}
			out.Condition, out.Option = append(out.Condition, i), append(out.Option, dot.Option)
			out.X, out.Y = append(out.X, stats.Number(dot.Base)), append(out.Y, stats.Number(dot.Other))
		}
	}
	return out
}

// courseOf is that of a timeline.
func courseOf(condition int, t *stats.Timeline) course {
	c := course{Condition: condition, N: t.Requests, Requests: dots{Arm: []int{}, Option: []int{}, points: pointsOf(nil)},
		Trials: []trial{}, Links: []link{}, Loads: []load{}}
	for _, d := range t.Dots {
		c.Requests.Arm, c.Requests.Option = append(c.Requests.Arm, d.Arm), append(c.Requests.Option, d.Model)
		c.Requests.X, c.Requests.Y = append(c.Requests.X, stats.Number(d.At)), append(c.Requests.Y, stats.Number(d.Millis))
	}
	if len(t.Trials) <= mostTrials {
		for _, s := range t.Trials {
			at := condition
			if at < 0 {
				at = s.Condition
			}
			c.Trials = append(c.Trials, trial{stats.Number(s.From), stats.Number(s.To), at})
		}
	}
	for _, l := range t.Links {
		c.Links = append(c.Links, link{l.Node + " " + l.Direction, pointsOf(l.Asked), pointsOf(l.Delivered), pointsOf(l.Probes)})
	}
	for _, l := range t.CPUs {
		c.Loads = append(c.Loads, load{l.Node + " CPU", pointsOf(l.Asked), pointsOf(l.Achieved), pointsOf(l.Busy)})
	}
	for _, l := range t.Loads {
		if l.Resource != "resident" { // which is bytes
			c.Loads = append(c.Loads, load{l.Node + " " + l.Resource, pointsOf(l.Asked), pointsOf(l.Achieved), pointsOf(nil)})
		}
	}
	return c
}
