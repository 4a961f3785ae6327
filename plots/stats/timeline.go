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
)

// leastGap is from how many seconds without telemetry on a course has a gap.
const leastGap = 0.25

// Timeline is what happened in the course of a run. Times are seconds since
// its start. A Y that is NaN is a gap.
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
	spans := d.spans()
	t.Trials = spansOf(d, spans)
	t.dots(d, models)
	telemetry := slices.Clone(d.run.Telemetry)
	slices.SortStableFunc(telemetry, func(a, b record.Telemetry) int { return cmp.Compare(a.At, b.At) })
	t.cpus(telemetry)
	t.loads(telemetry)
	t.links(telemetry, d.run.Checks, spans)
	return t
}

// spans are when each trial began and ended, warm-ups included.
func (d *data) spans() map[trialKey]Span {
	out := map[trialKey]Span{}
	for i := range d.run.Requests {
		r := &d.run.Requests[i]
		k := trialKey{r.Condition, r.Repetition}
		s, ok := out[k]
		if !ok {
			s = Span{From: r.Sent.Seconds(), To: r.Done.Seconds()}
		}
		out[k] = Span{From: min(s.From, r.Sent.Seconds()), To: max(s.To, r.Done.Seconds())}
	}
	return out
}

func spansOf(d *data, spans map[trialKey]Span) []Span {
	var out []Span
	for i, c := range d.cells {
		for _, t := range c.trials {
			s := spans[trialKey{c.condition.ID, t.repetition}]
			s.Condition = i
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Condition, b.Condition))
	})
	return out
}

// dots are the answered requests, every so many of them.
func (t *Timeline) dots(d *data, models []string) {
	place := index(models, func(m string) string { return m })
	var all []Dot
	for _, c := range d.cells {
		for arm, requests := range c.requests {
			for _, r := range requests {
				if r.Error == "" && r.Measured > 0 && r.Model != "" {
					all = append(all, Dot{r.Sent.Seconds(), millis(r.Measured), place[d.options.nameOf(r)], arm})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Dot) int { return cmp.Compare(a.At, b.At) })
	t.Requests = len(all)
	n := min(len(all), mostDots)
	for i := range n {
		t.Dots = append(t.Dots, all[i*len(all)/n])
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
func (t *Timeline) links(telemetry []record.Telemetry, checks []record.Check, spans map[trialKey]Span) {
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
		span, ok := spans[trialKey{k.Condition, k.Repetition}]
		for _, l := range k.Links {
			if ok && l.AskedRate > 0 && l.Rate > 0 {
				c := at(k.Node, l.Direction)
				c.Probes = append(c.Probes, Point{span.From, float64(l.Rate)})
			}
		}
	}
	for i := range t.Links {
		l := &t.Links[i]
		c := seen[[2]string{l.Node, l.Direction}]
		l.Asked, l.Delivered = changes(c.asked.whole()), thin(c.delivered.whole())
		slices.SortStableFunc(l.Probes, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
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
