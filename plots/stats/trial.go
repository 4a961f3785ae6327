package stats

import (
	"slices"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// How many points the courses, and how many dots the requests, of a trial have
// in all conditions, and at least and at most in one.
const (
	trialMoments      = 3000
	leastTrialMoments = 40
	mostTrialMoments  = 250
)

// A Trial is what happened in the first trial of a condition that has an answer,
// from its first request on: Timeline.Trials has that one alone, which begins
// at 0. Nodes that answered nothing in the condition, but could in another, are
// left out. A condition without answers has an empty one.
type Trial struct {
	Repetition int
	Timeline
}

// firstTrial is that of a condition.
func (d *data) firstTrial(c *cell, models map[string]int) (t Trial) {
	most := share(trialMoments, len(d.cells), leastTrialMoments, mostTrialMoments)
	for _, tr := range c.trials {
		k := trialKey{c.condition.ID, tr.repetition}
		start := d.spans[k].from
		t = Trial{Repetition: tr.repetition, Timeline: Timeline{Trials: []Span{{0, (d.spans[k].to - start).Seconds(), 0}}}}
		if d.trialDots(&t.Timeline, c, tr.repetition, start, models, most); t.Requests > 0 {
			break
		}
	}
	if t.Requests == 0 {
		return Trial{}
	}
	telemetry, checks := c.of(t.Repetition, d.spans[trialKey{c.condition.ID, t.Repetition}].from, d.idle(c))
	t.cpus(telemetry)
	t.loads(telemetry)
	t.links(telemetry, checks, func(trialKey) (float64, bool) { return 0, true })
	t.thin(most)
	return t
}

// trialDots are the answered requests of a trial that began at start.
func (d *data) trialDots(t *Timeline, c *cell, repetition int, start time.Duration, models map[string]int, most int) {
	var all []*request
	for _, requests := range c.requests {
		for _, r := range requests {
			if int(r.Repetition) == repetition && !r.Failed && r.Measured > 0 {
				all = append(all, r)
			}
		}
	}
	t.Requests = len(all)
	for _, r := range Evenly(all, most) {
		if model := d.placeAmong(models, r); model >= 0 {
			t.Dots = append(t.Dots, Dot{(r.Sent - start).Seconds(), millis(r.Measured), model, int(r.arm)})
		}
	}
}

// idle are the nodes that answer requests of the run, but none of a condition.
func (d *data) idle(c *cell) map[string]bool {
	idle := map[string]bool{}
	for _, o := range d.options.of {
		idle[o.Node] = true
	}
	for _, requests := range c.requests {
		for i, r := range requests {
			if i > 0 && r.used == requests[i-1].used {
				continue
			}
			delete(idle, r.Node)
			if k, ok := d.options.at[r.Option]; ok && d.options.of[k].Second != nil {
				delete(idle, d.options.of[k].Second.Node)
			}
		}
	}
	return idle
}

// of are the telemetry and the probes of one trial, since start, without those
// of idle nodes and their links.
func (c *cell) of(repetition int, start time.Duration, idle map[string]bool) (telemetry []record.Telemetry, checks []record.Check) {
	for _, e := range c.telemetry {
		if e.Repetition != repetition || e.At <= start || idle[e.Node] {
			continue
		}
		line := *e
		line.From, line.At = e.From-start, e.At-start // a course begins at 0
		line.Links = slices.DeleteFunc(slices.Clone(e.Links), func(l record.LinkSample) bool { return idle[l.Of(e.Node)] })
		telemetry = append(telemetry, line)
	}
	for _, k := range c.checks {
		if k.Repetition == repetition && !idle[k.Node] {
			checks = append(checks, *k)
		}
	}
	return telemetry, checks
}

// thin makes the courses as short as a panel needs them.
func (t *Timeline) thin(most int) {
	for i := range t.Links {
		l := &t.Links[i]
		l.Asked, l.Delivered = thinned(l.Asked, most), thinned(l.Delivered, most)
	}
	for i := range t.CPUs {
		c := &t.CPUs[i]
		c.Asked, c.Achieved, c.Busy = thinned(c.Asked, most), thinned(c.Achieved, most), thinned(c.Busy, most)
	}
	for i := range t.Loads {
		l := &t.Loads[i]
		l.Asked, l.Achieved = thinned(l.Asked, most), thinned(l.Achieved, most)
	}
}
