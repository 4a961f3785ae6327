package virtual

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/testbed/testbed/scenarios"
)

// A plan is what a world and its forks share: it does not change.
type plan struct {
	devices []*device
	beside  map[string]string // of nodes that have no link of their own
	links   []string          // names of all links, sorted
	images  []path            // from control to each device
	models  []path            // from the repository
	answers answers
	every   time.Duration // of telemetry
	warned  []string
}

// Open makes the world of a plan. It is an error if a node has no device, or one
// whose profile does not have every model of the plan with that many threads.
func Open(of *scenarios.Plan, o Options) (*World, error) {
	sc := of.Scenario
	if o.Classes < 2 {
		return nil, fmt.Errorf("%d classes: want 2 or more", o.Classes)
	}
	p := &plan{beside: map[string]string{control: sc.Control.Beside, repository: sc.Repository.Beside},
		every:   cmp.Or(sc.Record.Telemetry, time.Second),
		links:   slices.Sorted(maps.Keys(of.Conditions[0].Links)), // the same in all
		answers: answers{seed: sc.Seed, classes: o.Classes}}
	for _, n := range sc.Nodes {
		profile, ok := o.Devices[n.Name]
		if !ok {
			return nil, fmt.Errorf("node %s: no device profile: want device: a file, or the name of a published one", n.Name)
		}
		d, err := newDevice(n, profile, o.Models, sc.Noise != "none")
		if err != nil {
			return nil, err
		}
		p.devices, p.beside[n.Name] = append(p.devices, d), n.Beside
	}
	for _, n := range sc.Nodes {
		p.images, p.models = append(p.images, p.path(control, n.Name)), append(p.models, p.path(repository, n.Name))
	}
	p.warned = p.warnings(of)
	return newWorld(p), nil
}
