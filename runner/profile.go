package runner

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/testbed/testbed/selector"
)

// profiles are the options of one model on one node, of every node that the
// run's placements use: from the node's device profile, else measured.
func (r *run) profiles(ctx context.Context) (map[string][]selector.Option, error) {
	models, names := r.plan.Scenario.Models, used(r.plan.Scenario)
	measured := 0
	for _, name := range names {
		if len(r.o.Known[name].Options) == 0 {
			measured++
		}
	}
	tell := func(done int) {
		r.tell(Progress{Stage: "profile", Done: done, Total: measured * len(models)})
	}
	all, nodes := map[string][]selector.Option{}, 0
	for _, name := range names {
		if known := r.o.Known[name]; len(known.Options) > 0 {
			all[name] = known.Options
			continue
		}
		before := nodes * len(models)
		tell(before)
		options, err := r.o.World.Profile(ctx, name, models, func(done int) { tell(before + done) })
		if err != nil {
			return nil, err
		}
		all[name] = options
		nodes++
	}
	return all, nil
}

// slowdowns are the curves of the nodes of which there is one.
func (r *run) slowdowns() map[string]selector.Curve {
	curves := map[string]selector.Curve{}
	for _, name := range used(r.plan.Scenario) {
		if c := r.o.Known[name].Slowdown; c != nil {
			curves[name] = c
		}
	}
	return curves
}

// from names the device profiles that were gone by, and for which nodes if
// there is another node.
func (r *run) from() string {
	names := used(r.plan.Scenario)
	var all []string
	for _, name := range names {
		if from := r.o.Known[name].From; from != "" {
			all = append(all, fmt.Sprintf("%s: %s", name, from))
		}
	}
	if len(names) == 1 && len(all) == 1 {
		return r.o.Known[names[0]].From
	}
	return strings.Join(slices.Compact(all), "; ")
}
