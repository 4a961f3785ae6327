// Package devices is the world of real machines: nodes at addresses, each a
// standing node of this project or any server of the Open Inference Protocol,
// over the links that there are. This process is control and repository.
//
// Nothing of the links is asked for and nothing is changed: they are measured
// at the beginning of each trial. What a device was told to hold or to burn
// ends with its connection to this process, however that ends.
package devices

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/nodes"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// A World is a runner.World of real machines.
type World struct {
	devices     map[string]device
	names       []string    // of devices, as the scenario lists them
	repository  *repository // nil if no node needs it
	models      []model.Model
	description Description
	began       time.Duration            // CLOCK_MONOTONIC at Open
	told        time.Duration            // Now at the last Telemetry
	load        map[string]emulator.Load // background, by node
	loadSet     time.Time                // when any of them last changed
}

var _ runner.World = (*World)(nil)

// Options say what Open needs beside the plan.
type Options struct {
	Models []model.Model     // those of the scenario, resolved
	Image  []byte            // an image file, to profile on
	Tokens map[string]string // by node, for those that want one
}

// A Description is what run.json says of the world.
type Description struct {
	World    Surroundings    `json:"world"`
	Nodes    map[string]Node `json:"nodes"`
	Warnings []string        `json:"warnings,omitempty"`
}

// Surroundings are what nodes have in common.
type Surroundings struct {
	Links      string `json:"links"`                // what plays them
	Repository string `json:"repository,omitempty"` // where it listens; empty: no node needs it
}

// plain is what a scenario calls the protocol of servers that are not ours.
const plain = "oip"

// A device is a node as the World drives it. An error of its methods leaves it
// to the World to name the node.
type device interface {
	describe() Node
	// profile measures a model: the times of an Option.
	profile(ctx context.Context, m model.Model) (selector.Option, error)
	// enter measures what a trial must know: the node's clock, and its path.
	enter(ctx context.Context) (record.Check, error)
	// setLoad changes the background load of the node; what varies begins.
	setLoad(ctx context.Context, l emulator.Load) error
	prepare(ctx context.Context, arm string, models []string) error
	// observe is what the node knows, and what is known here of the way to it.
	observe(ctx context.Context, arm string) (selector.Device, error)
	// do sends an image. The times of the Result are of this host's
	// CLOCK_MONOTONIC. It does not return an error because of the request, but
	// because the node is gone. What is cut short is a request that failed.
	do(ctx context.Context, r runner.Request) (runner.Result, error)
	// telemetry is nil of a node that tells nothing of itself. It may be
	// called at the same time as any other method.
	telemetry(ctx context.Context) (*record.Telemetry, error)
	close() error
}

// Open takes over the nodes of a plan and tells them their part. An error
// names the node that it is about.
func Open(ctx context.Context, plan *scenarios.Plan, o Options) (*World, error) {
	if err := possible(plan); err != nil {
		return nil, err
	}
	w := &World{devices: map[string]device{}, models: o.Models, began: clock.Now(), load: map[string]emulator.Load{},
		description: Description{World: Surroundings{Links: record.Real}, Nodes: map[string]Node{}}}
	if err := w.open(ctx, plan.Scenario, o); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	if err := w.rehearse(ctx, plan.Conditions); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *World) rehearse(ctx context.Context, conditions []scenarios.Condition) error {
	return nodes.Rehearse(conditions, w.names, func(name string, l emulator.Load) error {
		return w.at(name, w.devices[name].setLoad(ctx, l))
	})
}

func (w *World) open(ctx context.Context, sc scenarios.Scenario, o Options) error {
	if slices.ContainsFunc(sc.Nodes, func(n scenarios.Node) bool { return n.Protocol != plain }) {
		var err error
		if w.repository, err = newRepository(ctx, sc.Repository.Listen, sc.Repository.Address, o.Models); err != nil {
			return err
		}
		w.description.World.Repository = w.repository.address
	}
	for _, n := range sc.Nodes {
		d, warnings, err := w.openNode(ctx, n, o)
		if err != nil {
			return fmt.Errorf("node %s at %s: %w", n.Name, n.Address, err)
		}
		w.devices[n.Name], w.names = d, append(w.names, n.Name)
		w.description.Nodes[n.Name] = d.describe()
		for _, text := range warnings {
			w.description.Warnings = append(w.description.Warnings, "node "+n.Name+": "+text)
		}
	}
	return nil
}

func (w *World) openNode(ctx context.Context, n scenarios.Node, o Options) (device, []string, error) {
	t, err := targetOf(n, o.Tokens[n.Name])
	if err != nil {
		return nil, nil, err
	}
	if n.Protocol == plain {
		return openPlain(ctx, t, o)
	}
	return openOurs(ctx, n, t, w.repository, o)
}

// at names the node that an error is about.
func (w *World) at(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("node %s at %s: %w", name, w.description.Nodes[name].Address, err)
}

// Warnings say what of the world is not as one would wish.
func (w *World) Warnings() []string { return w.description.Warnings }

// Describe says what the world is made of, for run.json.
func (w *World) Describe() Description { return w.description }

// Now implements runner.World: CLOCK_MONOTONIC of this host, counted from Open.
func (w *World) Now() time.Duration { return clock.Now() - w.began }

// Close gives the nodes back: what they were told ends. The repository ends
// with it.
func (w *World) Close() error {
	var errs []error
	for _, name := range w.names {
		errs = append(errs, w.at(name, w.devices[name].close()))
	}
	w.names = nil
	if w.repository != nil {
		errs = append(errs, w.repository.close())
	}
	return errors.Join(errs...)
}
