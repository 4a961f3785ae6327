package stats

import (
	"cmp"
	"math"
	"slices"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// fewestInfers is of how many inferences a median is drawn.
const fewestInfers = 3

// leastApart is how far apart background loads must be for a slowdown to be
// drawn over them, as a share of a node's CPUs.
const leastApart = 0.05

// A Slowdown is how inference on a node slowed down under background load.
type Slowdown struct {
	Node string
	// Curve is the slowdown that selectors expect at a utilization: that of
	// the node's profile, or the prior where Prior says so.
	Curve  []Point
	Prior  bool
	Models []ModelSlowdown
}

// A ModelSlowdown is that of one model, in order of load.
type ModelSlowdown struct {
	Model  string
	Points []SlowPoint
}

// A SlowPoint is the inferences of one model at one level of load.
type SlowPoint struct {
	Achieved float64 // background load, as a share of the node's CPUs
	// Ratio is their median time over that at the least load, Low and High
	// their quartiles over the same.
	Ratio, Low, High float64
	N                int
	// Short says that the load got less than was asked, beyond the
	// tolerance: then it never pauses, which inference meets otherwise than
	// one that does.
	Short bool
}

// A level is the conditions in which the same CPU load was asked of a node.
type level struct {
	asked, achieved float64
	varies          bool
	cells           []int
}

// slowdowns are those of the nodes that had different loads.
func (d *data) slowdowns() (out []Slowdown) {
	for _, node := range d.loadedNodes() {
		levels := d.levels(node)
		if len(levels) < 2 || levels[len(levels)-1].achieved-levels[0].achieved < leastApart {
			continue
		}
		s := Slowdown{Node: node, Models: d.modelSlowdowns(node, levels)}
		if len(s.Models) == 0 {
			continue
		}
		curve := d.run.Header.Slowdown[node]
		s.Prior = len(curve) == 0
		for i := range 101 {
			u := float64(i) / 100
			s.Curve = append(s.Curve, Point{u, curve.At(u)})
		}
		out = append(out, s)
	}
	return out
}

// loadedNodes are the nodes that CPU load was asked of in any condition.
func (d *data) loadedNodes() (nodes []string) {
	for _, c := range d.cells {
		for _, b := range c.condition.Background {
			if b.Resource == record.CPU && b.Asked > 0 && !slices.Contains(nodes, b.Node) {
				nodes = append(nodes, b.Node)
			}
		}
	}
	return nodes
}

// levels are the loads of a node, the least first.
func (d *data) levels(node string) (out []level) {
	for i, c := range d.cells {
		var here level
		for _, b := range c.condition.Background {
			if b.Node == node && b.Resource == record.CPU {
				here.asked, here.varies = b.Asked, b.Varies
			}
		}
		at := slices.IndexFunc(out, func(l level) bool { return l.asked == here.asked && l.varies == here.varies })
		if at < 0 {
			out = append(out, here)
			at = len(out) - 1
		}
		out[at].cells = append(out[at].cells, i)
	}
	for i := range out {
		out[i].achieved = d.achieved(node, out[i])
	}
	out = slices.DeleteFunc(out, func(l level) bool { return math.IsNaN(l.achieved) })
	slices.SortStableFunc(out, func(a, b level) int { return cmp.Compare(a.achieved, b.achieved) })
	return out
}

// achieved is the mean over time of the background load of a level; NaN if no
// telemetry tells.
func (d *data) achieved(node string, l level) float64 {
	if l.asked == 0 && !l.varies {
		return 0
	}
	in := loaded{node: node, resource: record.CPU, asked: &record.Background{Varies: true}} // all lines count
	for _, i := range l.cells {
		for _, t := range d.cells[i].telemetry {
			if t.Node == node {
				in.add(t)
			}
		}
	}
	return in.over(func(x loadLine) float64 { return x.achieved })
}

// short says that a load got less than was asked, beyond the tolerance; a
// tolerance of zero is none.
func (d *data) short(l level) bool {
	most := d.run.Header.Tolerance.CPU
	return most > 0 && l.asked-l.achieved > most
}

// modelSlowdowns are those of the models that ran alone on a node at two levels
// or more.
func (d *data) modelSlowdowns(node string, levels []level) (out []ModelSlowdown) {
	times := make([]map[string][]float64, len(levels))
	for i, l := range levels {
		times[i] = d.infers(node, l)
	}
	for _, model := range d.modelsIn(times) {
		s := ModelSlowdown{Model: model}
		base := 0.0
		for i, l := range levels {
			t := spreadOf(times[i][model])
			if len(t) < fewestInfers {
				continue
			}
			if base == 0 {
				base = t.quantile(0.5)
			}
			s.Points = append(s.Points, SlowPoint{Achieved: l.achieved, Ratio: t.quantile(0.5) / base, Low: t.quantile(0.25) / base, High: t.quantile(0.75) / base,
				N: len(t), Short: d.short(l)})
		}
		if len(s.Points) > 1 {
			out = append(out, s)
		}
	}
	return out
}

// modelsIn are the models of times, in the order of the scenario.
func (d *data) modelsIn(times []map[string][]float64) (names []string) {
	for _, t := range times {
		for m := range t {
			if !slices.Contains(names, m) {
				names = append(names, m)
			}
		}
	}
	place := index(d.run.Header.Models, func(m record.Model) string { return m.Name })
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(place[a], place[b]), cmp.Compare(a, b))
	})
	return names
}

// infers are the times of inference on a node by model, in milliseconds: of the
// arms' requests, and of every option that was replayed.
func (d *data) infers(node string, l level) map[string][]float64 {
	out := map[string][]float64{}
	add := func(model string, p selector.Phases) {
		if p.Infer > 0 {
			out[model] = append(out[model], millis(p.Infer))
		}
	}
	for _, i := range l.cells {
		for _, requests := range d.cells[i].requests {
			for _, r := range requests {
				if !r.Failed && r.Node == node && r.alone {
					add(r.Model, r.Phases)
				}
			}
		}
		for _, replay := range d.cells[i].replays {
			for n, o := range replay.Options {
				if o.Error == "" && n < len(d.options.of) && d.options.of[n].Second == nil && d.options.of[n].Node == node {
					add(d.options.of[n].Model, o.Phases)
				}
			}
		}
	}
	return out
}
