package stats

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// How many points a timeline has at most, of a line and of requests.
const (
	mostMoments = 600
	mostDots    = 2000
	mostProbes  = 200
)

// leastGap is from how many seconds without telemetry on a course has a gap.
const leastGap = 0.25

// Timeline is what happened in the course of a run. Times are seconds since
// its start; trials of a simulated run, each of which has a clock of its own,
// are laid one after the other. A Y that is NaN is a gap.
type Timeline struct {
	Links    []LinkCourse
	CPUs     []CPUCourse
	Loads    []LoadCourse // of other resources
	Dots     []Dot
	Requests int // how many the dots stand for; more than len(Dots) if thinned
	Trials   []Span
}

// A LinkCourse is the rate of one direction of a link, in bits per second.
type LinkCourse struct {
	Node, Direction string
	Asked           []Point // the capacity that was asked for
	Delivered       []Point // what passed; below Asked whenever nothing is sent
	Probes          []Point // the capacity that probes found before each trial
}

// A CPUCourse is utilization of a node, as shares of its CPUs.
type CPUCourse struct {
	Node     string
	Asked    []Point // of the background load
	Achieved []Point // by it
	Busy     []Point // by anyone
}

// A LoadCourse is background load of another resource than the CPU: shares of
// what there is, or bytes of resident memory.
type LoadCourse struct {
	Node, Resource  string
	Asked, Achieved []Point
}

// A Dot is a request.
type Dot struct {
	At     float64 // sent
	Millis float64 // t
	Model  int     // in Series.Models
	Arm    int     // in Series.Arms
}

// A Span is the time of a trial.
type Span struct {
	From, To  float64
	Condition int // in Series.Cells
}

// trialKey names a trial.
type trialKey struct {
	condition  string
	repetition int
}

// timelineOf is the course of a run.
func timelineOf(d *data, models []string) Timeline {
	var t Timeline
	start := d.starts()
	t.Trials = d.trialSpans(start)
	t.dots(d, models, start)
	telemetry := slices.Clone(d.run.Telemetry)
	for i := range telemetry {
		e := &telemetry[i]
		late := start[trialKey{e.Condition, e.Repetition}]
		e.From, e.At = e.From+late, e.At+late
	}
	slices.SortStableFunc(telemetry, func(a, b record.Telemetry) int { return cmp.Compare(a.At, b.At) })
	t.cpus(telemetry)
	t.loads(telemetry)
	t.links(telemetry, d.run.Checks, func(k trialKey) (float64, bool) {
		s, ok := d.spans[k]
		return (s.from + start[k]).Seconds(), ok
	})
	return t
}

// A span is from when to when something was.
type span struct{ from, to time.Duration }

// span takes a request into the time of its trial.
func (d *data) span(k trialKey, r *record.Request) {
	s, ok := d.spans[k]
	if !ok {
		s = span{r.Sent, r.Done}
		d.order = append(d.order, k)
	}
	d.spans[k] = span{min(s.from, r.Sent), max(s.to, r.Done)}
}

// Simulated is the world in which the times of every trial count from its own
// beginning.
const Simulated = "sim"

// starts are when the trials of a simulated run begin, one after the other as
// they were recorded; none of others, whose trials are on one clock.
func (d *data) starts() map[trialKey]time.Duration {
	out := map[trialKey]time.Duration{}
	if d.run.Header.World != Simulated {
		return out
	}
	long := map[trialKey]time.Duration{}
	for k, s := range d.spans {
		long[k] = s.to
	}
	for i := range d.run.Telemetry {
		k := trialKey{d.run.Telemetry[i].Condition, d.run.Telemetry[i].Repetition}
		long[k] = max(long[k], d.run.Telemetry[i].At)
	}
	var at time.Duration
	for _, k := range d.order {
		out[k] = at
		at += long[k]
	}
	return out
}

// trialSpans are when each trial began and ended, warm-ups included.
func (d *data) trialSpans(start map[trialKey]time.Duration) []Span {
	var out []Span
	for i, c := range d.cells {
		for _, t := range c.trials {
			k := trialKey{c.condition.ID, t.repetition}
			s := d.spans[k]
			out = append(out, Span{(s.from + start[k]).Seconds(), (s.to + start[k]).Seconds(), i})
		}
	}
	slices.SortFunc(out, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Condition, b.Condition))
	})
	return out
}

// dots are the answered requests, every so many of them.
func (t *Timeline) dots(d *data, models []string, start map[trialKey]time.Duration) {
	place := index(models, func(m string) string { return m })
	type sent struct {
		at time.Duration
		n  int32 // as they came here
		r  *request
	}
	var all []sent
	for _, c := range d.cells {
		late := map[int32]time.Duration{}
		for _, t := range c.trials {
			late[int32(t.repetition)] = start[trialKey{c.condition.ID, t.repetition}]
		}
		for _, requests := range c.requests {
			for _, r := range requests {
				if !r.Failed && r.Measured > 0 && r.Model != "" {
					all = append(all, sent{r.Sent + late[r.Repetition], int32(len(all)), r})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b sent) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.n, b.n)) })
	t.Requests = len(all)
	n := min(len(all), mostDots)
	for i := range n {
		// Of so many neighbours now this one, now that: every second request is
		// the baseline's.
		from, to := i*len(all)/n, (i+1)*len(all)/n
		s := all[from+i*7919%(to-from)]
		t.Dots = append(t.Dots, Dot{s.at.Seconds(), millis(s.r.Measured), place[d.options.nameOf(s.r)], int(s.r.arm)})
	}
}

// cpus are the courses of nodes that had background load, or of all if none.
func (t *Timeline) cpus(telemetry []record.Telemetry) {
	for _, node := range nodesOf(telemetry) {
		c := CPUCourse{Node: node}
		var asked, achieved, busy course
		for _, e := range telemetry {
			if e.Node == node {
				asked.add(e, e.CPUAsked)
				achieved.add(e, e.CPUAchieved)
				busy.add(e, e.CPUBusy)
			}
		}
		c.Asked, c.Achieved, c.Busy = changes(asked.whole()), thin(achieved.whole()), thin(busy.whole())
		t.CPUs = append(t.CPUs, c)
	}
}

// loads are the courses of what was asked of other resources.
func (t *Timeline) loads(telemetry []record.Telemetry) {
	type courses struct{ asked, achieved course }
	seen := map[[2]string]*courses{}
	for _, e := range telemetry {
		for _, s := range e.Loads {
			if s.Resource == record.CPU { // which has a course of its own
				continue
			}
			k := [2]string{e.Node, s.Resource}
			if seen[k] == nil {
				seen[k] = &courses{}
				t.Loads = append(t.Loads, LoadCourse{Node: e.Node, Resource: s.Resource})
			}
			seen[k].asked.add(e, s.Asked)
			seen[k].achieved.add(e, s.Achieved)
		}
	}
	for i := range t.Loads {
		l := &t.Loads[i]
		c := seen[[2]string{l.Node, l.Resource}]
		l.Asked, l.Achieved = changes(c.asked.whole()), thin(c.achieved.whole())
	}
	slices.SortStableFunc(t.Loads, func(a, b LoadCourse) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Resource, b.Resource))
	})
}

// links are the courses of every direction in telemetry or in checks.
func (t *Timeline) links(telemetry []record.Telemetry, checks []record.Check, began func(trialKey) (float64, bool)) {
	type courses struct{ asked, delivered course }
	seen := map[[2]string]*courses{}
	at := func(node, direction string) *LinkCourse {
		for i := range t.Links {
			if t.Links[i].Node == node && t.Links[i].Direction == direction {
				return &t.Links[i]
			}
		}
		t.Links = append(t.Links, LinkCourse{Node: node, Direction: direction})
		seen[[2]string{node, direction}] = &courses{}
		return &t.Links[len(t.Links)-1]
	}
	for _, e := range telemetry {
		for _, l := range e.Links {
			at(l.Of(e.Node), l.Direction)
			c := seen[[2]string{l.Of(e.Node), l.Direction}]
			asked := math.NaN() // no limit
			if l.Asked > 0 {
				asked = float64(l.Asked)
			}
			c.asked.add(e, asked)
			c.delivered.add(e, float64(l.Rate))
		}
	}
	for _, k := range checks {
		from, ok := began(trialKey{k.Condition, k.Repetition})
		for _, l := range k.Links {
			if ok && l.AskedRate > 0 && l.Rate > 0 {
				c := at(k.Node, l.Direction)
				c.Probes = append(c.Probes, Point{from, float64(l.Rate)})
			}
		}
	}
	for i := range t.Links {
		l := &t.Links[i]
		c := seen[[2]string{l.Node, l.Direction}]
		l.Asked, l.Delivered = changes(c.asked.whole()), thin(c.delivered.whole())
		slices.SortStableFunc(l.Probes, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
		l.Probes = Evenly(l.Probes, mostProbes)
	}
	slices.SortStableFunc(t.Links, func(a, b LinkCourse) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Direction, b.Direction))
	})
}

// nodesOf are the nodes of which telemetry says something, by name: those with
// background load or, if there are none, all.
func nodesOf(telemetry []record.Telemetry) []string {
	all, loaded := map[string]bool{}, map[string]bool{}
	for _, e := range telemetry {
		all[e.Node] = true
		if e.CPUAsked > 0 {
			loaded[e.Node] = true
		}
	}
	if len(loaded) > 0 {
		all = loaded
	}
	names := make([]string, 0, len(all))
	for n := range all {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Length is from the start of the run to the end of the last trial or point.
func (t Timeline) Length() time.Duration {
	end := 0.0
	for _, s := range t.Trials {
		end = max(end, s.To)
	}
	for _, c := range t.CPUs {
		for _, p := range c.Asked {
			end = max(end, p.X)
		}
	}
	return time.Duration(end * float64(time.Second))
}
