//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/estimate"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/nodes"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// Profile implements runner.World.
func (w *World) Profile(ctx context.Context, name string, models []scenarios.Model, progress func(done int)) ([]selector.Option, error) {
	ctx, done := w.alive(ctx)
	defer done()
	var options []selector.Option
	for i, m := range models {
		p, err := w.nodes[name].Profile(ctx, node.ProfileArgs{Model: m.Name, Runs: nodes.ProfileRuns, Loads: nodes.ProfileLoads, Image: w.image})
		if err != nil {
			return nil, w.broken(fmt.Errorf("model %s on node %s: %w", m.Name, name, err))
		}
		known, err := nodes.Model(w.models, m.Name)
		if err != nil {
			return nil, err
		}
		options = append(options, selector.Option{Model: m.Name, Node: name, Accuracy: known.Accuracy, Images: known.Images, Size: unit.Bytes(known.Bytes),
			Load: p.Load, Preprocess: p.Preprocess, Infer: p.Infer})
		if progress != nil {
			progress(i + 1)
		}
	}
	return options, nil
}

// Prepare implements runner.World.
func (w *World) Prepare(ctx context.Context, name, arm string, models []string) error {
	ctx, done := w.alive(ctx)
	defer done()
	return w.broken(w.nodes[name].Prepare(ctx, node.PrepareArgs{Arm: arm, Models: models}))
}

// Observe implements runner.World. All nodes are asked at the same time.
func (w *World) Observe(ctx context.Context, names []string, arm string) ([]selector.Device, error) {
	ctx, done := w.alive(ctx)
	defer done()
	devices, errs := make([]selector.Device, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { devices[i], errs[i] = w.observe(ctx, name, arm) })
	}
	wg.Wait()
	return devices, w.broken(errors.Join(errs...))
}

// observe is what a node says of itself, and what control knows of the way to it.
func (w *World) observe(ctx context.Context, name, arm string) (selector.Device, error) {
	s, err := w.nodes[name].Status(ctx, arm)
	if err != nil {
		return selector.Device{}, err
	}
	return nodes.Device(name, s, 0, w.ways[name].Of(arm), clock.Now()), nil
}

// Do implements runner.World.
func (w *World) Do(ctx context.Context, r runner.Request) (runner.Result, error) {
	ctx, done := w.alive(ctx)
	defer done()
	reply, err := w.nodes[control].Do(ctx, node.DoArgs{
		Address: w.address(r.Node),
		Arm:     r.Arm, Model: r.Model, Image: r.Image, Timeout: r.Timeout,
	})
	if err == nil && reply.Err != "" && w.life.Err() != nil {
		err = errors.New(reply.Err) // it was cut short because the world has ended
	}
	if err != nil {
		return runner.Result{}, w.broken(err)
	}
	if reply.Err == "" {
		w.ways[r.Node].Add(estimate.Request{Arm: r.Arm, At: reply.Done, Sent: unit.Bytes(len(r.Image)), Received: unit.Bytes(reply.Down),
			Upload: reply.Phases.Upload, Download: reply.Phases.Download, Trip: reply.Trip, Tail: reply.Tail})
	}
	return runner.Result{
		Sent: reply.Sent - w.began, Done: reply.Done - w.began, Phases: reply.Phases,
		Up: unit.Bytes(reply.Up), Down: unit.Bytes(reply.Down), Fetched: unit.Bytes(reply.Fetched),
		Prediction: reply.Prediction, Confidence: reply.Confidence, Err: reply.Err,
	}, nil
}

// address is where an inference node answers.
func (w *World) address(name string) string {
	return fmt.Sprintf("%s:%d", w.net.Addr(name), inferencePort)
}
