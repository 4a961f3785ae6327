package scenarios

import (
	"slices"

	"github.com/testbed/testbed/selector"
)

// modes are the ways to use two nodes for one request.
var modes = []string{string(selector.Cascade), string(selector.Hedged), string(selector.Split)}

// placements reads what options are made of. Without the key that is the first
// node alone.
func (d *decoder) placements(o object) []string {
	all := d.listed(o, "placement", oneOf(append(slices.Clone(d.nodes), modes...)...))
	if !o.has("placement") && len(d.nodes) > 0 {
		return []string{d.nodes[0]}
	}
	for _, p := range all {
		if slices.Contains(modes, p) && len(d.nodes) < 2 {
			d.value(o.n.child("placement"), "placement", quote(p)+" needs two nodes")
		}
	}
	return all
}

// arms reads the selectors and their judge, who may choose what any of the axes
// places.
func (d *decoder) arms(o object, s *Scenario, dims []dimension) {
	before := len(d.all)
	s.Placements = d.placements(o)
	for _, dim := range dims {
		for _, c := range slices.Concat(dim.changes...) {
			if c.path == "placement" {
				there := object{d, o.n.with([]string{c.path}, c.value), o.path, o.pattern}
				s.Placements = union(s.Placements, d.placements(there))
			}
		}
	}
	if len(d.all) > before {
		return // it is not known what they may choose
	}
	s.Selectors = d.selectors(o, *s)
	s.Judge = d.judge(o.in("judge"), read(o, "explore", oneOf(explored...)), *s)
}

// placed is where requests may go in any of the conditions. Those that are all
// alike in that say nothing of it.
func placed(conditions []Condition) (all []string) {
	alike := true
	for _, c := range conditions {
		all = union(all, c.Placements)
		alike = alike && slices.Equal(c.Placements, conditions[0].Placements)
	}
	for i := range conditions {
		if alike {
			conditions[i].Placements = nil
		}
	}
	return all
}

// union appends to a what of b it does not have.
func union(a, b []string) []string {
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}
