package stats

import (
	"slices"
	"strings"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// An options says how the options of a run are told apart: by model where all
// of a condition are on one node, else by their label.
type options struct {
	of      []selector.Option
	at      map[string]int    // place in of, by label
	places  map[string]string // placement, by label
	seen    []map[string]bool // nodes, by condition
	first   []string          // placement that was seen first, by condition
	several bool              // nodes in a condition
	placed  bool              // requests of a condition went to more than one placement
}

// optionsOf reads those that the run was given.
func optionsOf(run *record.Run) options {
	o := options{of: run.Header.Profile, at: map[string]int{}, places: map[string]string{}}
	for i, p := range o.of {
		label := p.Label()
		o.at[label], o.places[label] = i, placement(p)
	}
	for i, c := range run.Header.Conditions {
		for _, p := range o.of {
			if !among(p, c.Placements) {
				continue
			}
			o.sawNode(i, p.Node)
			if p.Second != nil {
				o.sawNode(i, p.Second.Node)
			}
		}
	}
	return o
}

// among says that an option is of one of some placements; none are all.
func among(o selector.Option, placements []string) bool {
	of := string(o.Placement)
	if o.Placement == selector.Alone {
		of = o.Node
	}
	return len(placements) == 0 || slices.Contains(placements, of)
}

func (o *options) sawNode(condition int, node string) {
	for len(o.seen) <= condition {
		o.seen, o.first = append(o.seen, map[string]bool{}), append(o.first, "")
	}
	if seen := o.seen[condition]; node != "" && !seen[node] {
		seen[node] = true
		o.several = o.several || len(seen) > 1
	}
}

// saw takes in what a request of a condition used.
func (o *options) saw(condition int, r *record.Request) {
	o.sawNode(condition, r.Node)
	first := &o.first[condition]
	if place := o.place(r.Option, r.Node); *first == "" {
		*first = place
	} else if place != "" && place != *first {
		o.placed = true
	}
}

// placement names the nodes of an option and how it uses them, as its label
// does: "edge", or "edge→cloud".
func placement(o selector.Option) string {
	o.Model = ""
	if o.Second != nil {
		second := *o.Second
		second.Model = ""
		o.Second = &second
	}
	return strings.ReplaceAll(o.Label(), "@", "")
}

// name is that of an option in counts and figures.
func (o *options) name(p selector.Option) string {
	if !o.several {
		return p.Model
	}
	return p.Label()
}

// nameOf is that of the option of a request; empty if it has none.
func (o *options) nameOf(r *request) string {
	switch {
	case !o.several || r.Model == "":
		return r.Model
	case r.Option != "":
		return r.Option
	}
	return r.Model + "@" + r.Node
}

// indexOf is the place of the option of a request; −1 if the run does not name
// it.
func (o *options) indexOf(r *request) int {
	label := r.Option
	if label == "" {
		label = r.Model + "@" + r.Node
	}
	if i, ok := o.at[label]; ok {
		return i
	}
	return -1
}

// placeOf is the placement of a request.
func (o *options) placeOf(r *request) string { return o.place(r.Option, r.Node) }

func (o *options) place(option, node string) string {
	if place, ok := o.places[option]; ok {
		return place
	}
	return node
}

// names are those of all options, in order.
func (o *options) names() []string {
	out := make([]string, len(o.of))
	for i, p := range o.of {
		out[i] = o.name(p)
	}
	return out
}
