package stats

import (
	"strings"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// An options says how the options of a run are told apart: by model where all
// are on one node, else by their label.
type options struct {
	of      []selector.Option
	at      map[string]int    // place in of, by label
	places  map[string]string // placement, by label
	several bool              // nodes
	placed  bool              // requests went to more than one placement
}

// optionsOf reads those that the run was given and those that it used.
func optionsOf(run *record.Run) options {
	o := options{of: run.Header.Profile, at: map[string]int{}, places: map[string]string{}}
	nodes := map[string]bool{}
	for i, p := range o.of {
		label := p.Label()
		o.at[label], o.places[label] = i, placement(p)
		nodes[p.Node] = true
		if p.Second != nil {
			nodes[p.Second.Node] = true
		}
	}
	first := ""
	for i := range run.Requests {
		r := &run.Requests[i]
		if r.Node != "" {
			nodes[r.Node] = true
		}
		if place := o.placeOf(r); first == "" {
			first = place
		} else if place != "" && place != first {
			o.placed = true
		}
	}
	o.several = len(nodes) > 1
	return o
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
func (o *options) nameOf(r *record.Request) string {
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
func (o *options) indexOf(r *record.Request) int {
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
func (o *options) placeOf(r *record.Request) string {
	if place, ok := o.places[r.Option]; ok {
		return place
	}
	return r.Node
}

// names are those of all options, in order.
func (o *options) names() []string {
	out := make([]string, len(o.of))
	for i, p := range o.of {
		out[i] = o.name(p)
	}
	return out
}
