package virtual

import (
	"context"
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/sim"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/estimate"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// A World is a runner.Virtual. It is not safe for concurrent use, also where
// runner.World says so; its forks are independent of it and of each other.
type World struct {
	plan    *plan
	engine  *sim.Engine
	nodes   []*node
	links   []*direction        // by leg
	entered scenarios.Condition // last

	told  time.Duration      // until when there is telemetry
	lines []record.Telemetry // that nobody has asked for yet
	every sim.Timer
}

var _ runner.Virtual = (*World)(nil)

func newWorld(p *plan) *World {
	w := &World{plan: p}
	w.begin(scenarios.Condition{}, 0)
	return w
}

// begin makes everything anew, for the links of a condition, at time 0.
func (w *World) begin(c scenarios.Condition, seed uint64) {
	w.engine, w.entered = sim.New(), c
	w.nodes, w.links = nil, nil
	for i, name := range w.plan.links {
		s := w.plan.seedOf(name, seed)
		for _, l := range []leg{down(i), up(i)} {
			w.links = append(w.links, newDirection(w.engine, w.plan.asked(l, c), s^uint64(l%2)<<32))
		}
	}
	for i, d := range w.plan.devices {
		n := &node{device: d, world: w, seed: seed, warm: true, way: &estimate.Path{},
			server: sim.NewServer(w.engine, 1), job: new(sim.Job)}
		n.images, n.models = w.plan.images[i], w.plan.models[i]
		n.conn, n.files = w.connection(n.images), w.connection(n.models)
		n.deadline.Event = (*late)(n)
		n.burden(emulator.Load{}, 0)
		w.nodes = append(w.nodes, n)
	}
	w.every, w.told, w.lines = sim.Timer{Event: (*second)(w)}, 0, nil
	w.engine.Set(&w.every, w.plan.every)
}

// connection makes one that goes down a path to a node, and back up.
func (w *World) connection(p path) *sim.Conn {
	return sim.NewConn(w.engine, w.over(p.down), w.over(p.up))
}

func (w *World) over(legs []leg) (links []*sim.Link) {
	for _, l := range legs {
		links = append(links, w.links[l].Link)
	}
	return links
}

// travel is about how long a packet of n bytes of payload takes over legs.
func (n *node) travel(legs []leg, bytes unit.Bytes) (sum time.Duration) {
	for _, l := range legs {
		sum += n.world.links[l].travel(n.now(), bytes)
	}
	return sum
}

func (w *World) node(name string) (*node, error) {
	for _, n := range w.nodes {
		if n.Name == name {
			return n, nil
		}
	}
	return nil, fmt.Errorf("no node %q", name)
}

// Profile implements runner.World: what the device profile says, at its speed.
func (w *World) Profile(_ context.Context, name string, models []scenarios.Model, progress func(done int)) ([]selector.Option, error) {
	n, err := w.node(name)
	if err != nil {
		return nil, err
	}
	if progress != nil {
		progress(len(models))
	}
	return n.options, nil
}

// Prepare implements runner.World. It takes no time.
func (w *World) Prepare(_ context.Context, name, arm string, models []string) error {
	n, err := w.node(name)
	if err != nil {
		return err
	}
	return n.prepare(arm, models)
}

// Leave implements runner.World.
func (w *World) Leave(context.Context) error {
	for _, n := range w.nodes {
		n.burden(emulator.Load{}, 0)
	}
	for _, d := range w.links {
		d.traffic = emulator.Traffic{}
		d.SetTraffic(d.traffic)
	}
	return nil
}

// Now implements runner.World: since Enter, or since the world was made.
func (w *World) Now() time.Duration { return w.engine.Now() }

// Wait implements runner.Virtual.
func (w *World) Wait(d time.Duration) { w.engine.Sleep(d) }

// Together implements runner.Virtual.
func (w *World) Together(parts ...func()) { w.engine.Together(parts...) }

// Fork implements runner.Virtual.
func (w *World) Fork() runner.Virtual { return newWorld(w.plan) }
