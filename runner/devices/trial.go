package devices

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/nodes"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// settle is how long a node is left alone after its load has changed: it
// reports utilization over the last second, read four times in it, and that
// should be of the new load throughout.
const settle = 1300 * time.Millisecond

// Profile implements runner.World.
func (w *World) Profile(ctx context.Context, name string, models []scenarios.Model, progress func(int)) ([]selector.Option, error) {
	var options []selector.Option
	for i, m := range models {
		known, err := nodes.Model(w.models, m.Name)
		if err != nil {
			return nil, err
		}
		o, err := w.devices[name].profile(ctx, known)
		if err != nil {
			return nil, w.at(name, fmt.Errorf("model %s: %w", m.Name, err))
		}
		o.Model, o.Node, o.Accuracy, o.Images, o.Size = m.Name, name, known.Accuracy, known.Images, unit.Bytes(known.Bytes)
		options = append(options, o)
		if progress != nil {
			progress(i + 1)
		}
	}
	return options, nil
}

// Enter implements runner.World. Paths are measured before the load starts,
// because a busy node would be late to notice what has long arrived.
func (w *World) Enter(ctx context.Context, c scenarios.Condition, _ uint64) ([]record.Check, error) {
	if err := w.Leave(ctx); err != nil {
		return nil, err
	}
	var checks []record.Check
	for _, name := range w.names {
		check, err := w.devices[name].enter(ctx)
		if err != nil {
			return nil, w.at(name, err)
		}
		check.Node, check.Engine = name, record.Real
		checks = append(checks, check)
	}
	for _, name := range w.names {
		if err := w.setLoad(ctx, name, c.Background[name]); err != nil {
			return nil, err
		}
	}
	if err := w.settled(ctx); err != nil {
		return nil, err
	}
	// What varies begins with the trial; the rest goes on.
	for _, name := range w.names {
		if l := c.Background[name]; l.Varies() {
			if err := w.devices[name].setLoad(ctx, l); err != nil {
				return nil, w.at(name, err)
			}
		}
	}
	return checks, nil
}

// Rewind implements runner.World: the time of real links goes on.
func (w *World) Rewind(context.Context, time.Duration) (bool, error) { return false, nil }

// Leave implements runner.World.
func (w *World) Leave(ctx context.Context) error {
	for _, name := range w.names {
		if err := w.setLoad(ctx, name, emulator.Load{}); err != nil {
			return err
		}
	}
	return nil
}

// setLoad changes the background of a node and notes when.
func (w *World) setLoad(ctx context.Context, name string, l emulator.Load) error {
	if w.load[name] == l {
		return nil
	}
	err := w.devices[name].setLoad(ctx, l)
	if l.IsZero() && isGone(err) {
		err = nil // and so is its load
	}
	if err != nil {
		return w.at(name, fmt.Errorf("background: %w", err))
	}
	w.load[name], w.loadSet = l, time.Now()
	return nil
}

// settled waits until the last change of load is long enough ago.
func (w *World) settled(ctx context.Context) error {
	if w.loadSet.IsZero() {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(w.loadSet.Add(settle))):
		return nil
	}
}

// Prepare implements runner.World.
func (w *World) Prepare(ctx context.Context, name, arm string, models []string) error {
	return w.at(name, w.devices[name].prepare(ctx, arm, models))
}

// Observe implements runner.World. All nodes are asked at the same time.
func (w *World) Observe(ctx context.Context, names []string, arm string) ([]selector.Device, error) {
	devices, errs := make([]selector.Device, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			d, err := w.devices[name].observe(ctx, arm)
			d.Name = name
			devices[i], errs[i] = d, w.at(name, err)
		})
	}
	wg.Wait()
	return devices, errors.Join(errs...)
}

// Do implements runner.World.
func (w *World) Do(ctx context.Context, r runner.Request) (runner.Result, error) {
	res, err := w.devices[r.Node].do(ctx, r)
	res.Sent, res.Done = res.Sent-w.began, res.Done-w.began
	return res, w.at(r.Node, err)
}

// Telemetry implements runner.World. Links that nobody plays have none. That a
// node is gone is told by who needs it next.
func (w *World) Telemetry(ctx context.Context) ([]record.Telemetry, error) {
	var all []record.Telemetry
	from := w.told
	for _, name := range w.names {
		t, err := w.devices[name].telemetry(ctx)
		if isGone(err) {
			continue
		}
		if err != nil {
			return nil, w.at(name, err)
		}
		if t != nil {
			t.Node, t.From, t.At = name, from, w.Now()
			all = append(all, *t)
		}
	}
	w.told = w.Now()
	return all, nil
}
