package runner

import (
	"slices"

	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// used are the nodes that answer requests: those of the placements, and the
// first two where a placement shares a request between them.
func used(s scenarios.Scenario) (names []string) {
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, p := range placements(s) {
		if !shared(p) {
			add(p)
			continue
		}
		for _, n := range s.Nodes[:min(2, len(s.Nodes))] {
			add(n.Name)
		}
	}
	return names
}

// placements are those of the scenario: of one that has none, its first node.
func placements(s scenarios.Scenario) []string {
	if len(s.Placements) == 0 {
		return []string{s.Nodes[0].Name}
	}
	return s.Placements
}

// shared says whether a placement uses two nodes; else it is the name of one.
func shared(placement string) bool {
	switch selector.Placement(placement) {
	case selector.Cascade, selector.Hedged, selector.Split:
		return true
	}
	return false
}

// placed makes the options of a scenario from those of one model on one node:
//
//	a node   each model on it
//	cascade  each model but the most accurate on the first node → the most accurate on the second
//	hedged   each model on the first node | the most accurate on the second
//	split    each model on the first node + the same on the second
//
// in the order of the scenario's placements. What is not known of cascades and
// hedged options, calibrate measures.
func placed(s scenarios.Scenario, alone map[string][]selector.Option) (all []selector.Option) {
	for _, p := range placements(s) {
		if !shared(p) {
			all = append(all, alone[p]...)
			continue
		}
		all = append(all, pairs(selector.Placement(p), s.Cascade.Threshold, alone[s.Nodes[0].Name], alone[s.Nodes[1].Name])...)
	}
	return all
}

// pairs are the options of a placement on two nodes, of which the same models
// are known in the same order.
func pairs(p selector.Placement, threshold float64, first, second []selector.Option) (all []selector.Option) {
	best := mostAccurate(second)
	for i, o := range first {
		o.Placement = p
		switch p {
		case selector.Split:
			o.Second, o.Share = new(second[i]), share(o, second[i])
			o.Accuracy = min(o.Accuracy, second[i].Accuracy)
		default:
			if p == selector.Cascade && i == best {
				continue // whoever is unsure of it has no better one to ask
			}
			o.Second, o.Threshold = new(second[best]), threshold
		}
		all = append(all, o)
	}
	return all
}

// mostAccurate is the index of the most accurate option; of equals that of the
// fastest, then the first.
func mostAccurate(options []selector.Option) (best int) {
	for i, o := range options {
		b := options[best]
		if o.Accuracy > b.Accuracy || o.Accuracy == b.Accuracy && o.Infer < b.Infer {
			best = i
		}
	}
	return best
}

// share is that of the images which the first part of a split request gets, so
// that both would compute equally long: v₁/(v₁+v₂), v the images per second of
// a part alone. It is a half where nothing is known of either.
func share(first, second selector.Option) float64 {
	a, b := first.Preprocess+first.Infer, second.Preprocess+second.Infer
	if a+b <= 0 {
		return 0.5
	}
	return float64(b) / float64(a+b) // (1/a)/(1/a+1/b)
}

// allowed are the options that a selector may choose in a condition, and where
// each is among all.
func allowed(s scenarios.Selector, c scenarios.Condition, all []selector.Option) (index []int, options []selector.Option) {
	for i, o := range all {
		if among(o, s.Placements) && among(o, c.Placements) {
			index, options = append(index, i), append(options, o)
		}
	}
	return index, options
}

// among says whether an option is of one of placements; if there are none, it
// is.
func among(o selector.Option, placements []string) bool {
	of := string(o.Placement)
	if o.Placement == selector.Alone {
		of = o.Node
	}
	return len(placements) == 0 || slices.Contains(placements, of)
}

// parts are the options of one model that o is made of.
func parts(o selector.Option) []selector.Option {
	first := o
	first.Placement, first.Second, first.Threshold, first.Unsure, first.Share = selector.Alone, nil, 0, 0, 0
	if o.Second == nil {
		return []selector.Option{first}
	}
	return []selector.Option{first, *o.Second}
}

// nodesOf are the nodes that options use, in their order.
func nodesOf(options []selector.Option) (names []string) {
	for _, o := range options {
		for _, p := range parts(o) {
			if !slices.Contains(names, p.Node) {
				names = append(names, p.Node)
			}
		}
	}
	return names
}

// modelsOn are the models that options use on a node, in their order.
func modelsOn(node string, options []selector.Option) (models []string) {
	for _, o := range options {
		for _, p := range parts(o) {
			if p.Node == node && !slices.Contains(models, p.Model) {
				models = append(models, p.Model)
			}
		}
	}
	return models
}
