//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// What plays links, as a status names it.
const (
	engineTC   = "tc"
	engineNone = "none" // of a perfect link
)

// settle is how long a node is left alone after its load has changed, so that
// the utilization it reports is that of the new load.
const settle = 600 * time.Millisecond

// Enter implements runner.World. The links are measured before the load
// starts, because a busy node would be late to notice what has long arrived.
// What varies is set anew at the end, so that it begins with the trial.
func (w *World) Enter(ctx context.Context, c scenarios.Condition, seed uint64) ([]record.Check, error) {
	ctx, done := w.alive(ctx)
	defer done()
	if err := w.Leave(ctx); err != nil {
		return nil, err
	}
	w.entered, w.seed = c, seed
	if err := w.setLinks(everyLink); err != nil {
		return nil, err
	}
	asked, err := w.net.Status() // which engines play them, and why
	if err != nil {
		return nil, w.broken(err)
	}
	w.fixed = w.unwindable(asked)
	var checks []record.Check
	for _, n := range w.inference {
		check, found, err := w.measured(ctx, n.Name, asked)
		if err != nil {
			return nil, w.broken(err)
		}
		if found {
			checks = append(checks, check)
		}
	}
	if err := w.setLinks(everyLink); err != nil {
		return nil, err
	}
	for _, n := range w.inference {
		if err := w.setLoad(n.Name, c.Background[n.Name], 0); err != nil {
			return nil, w.broken(err)
		}
	}
	if err := w.settled(ctx); err != nil {
		return nil, err
	}
	return checks, w.begin()
}

// begin has all that varies begin anew.
func (w *World) begin() error {
	if err := w.setLinks(w.varies); err != nil {
		return err
	}
	return w.broken(w.rewindLoads(0))
}

// measured measures the paths to a node. found says whether there is a link to
// the repository to tell of.
func (w *World) measured(ctx context.Context, name string, asked netns.Status) (check record.Check, found bool, err error) {
	models, images := w.path(repository, name, w.entered.Links), w.path(control, name, w.entered.Links)
	var p node.Probe
	if found = len(models.down) > 0; found {
		if check, p, err = w.checked(ctx, name, models, asked); err != nil {
			return check, found, err
		}
	}
	if !models.down.same(images.down) {
		if p, err = w.probe(ctx, name, images, asked); err != nil {
			return check, found, err
		}
	}
	now := clock.Now()
	// An image goes towards the node, as what a probe calls down does.
	w.ways[name].Probed(unit.BitRate(p.DownBps), unit.BitRate(p.UpBps), p.RTTMin, now)
	return check, found, nil
}

// probe has control measure the path to a node, where that is not the one that
// models take. A site without a link has no rate and no round trip to speak of.
func (w *World) probe(ctx context.Context, name string, p path, asked netns.Status) (node.Probe, error) {
	if len(p.down) == 0 {
		return node.Probe{}, nil
	}
	args := node.ProbeArgs{Address: w.address(name)}
	ping, rates := args, args
	ping.Pings, rates.DownBytes, rates.UpBytes = probePings, p.up.probeSize(), p.down.probeSize()
	if err := w.probeLinks(p, asked, calm); err != nil {
		return node.Probe{}, err
	}
	trip, err := w.nodes[control].Probe(ctx, ping)
	if err != nil {
		return node.Probe{}, fmt.Errorf("path from control to node %s: %w", name, err)
	}
	if err := w.probeLinks(p, asked, brisk); err != nil {
		return node.Probe{}, err
	}
	got, err := w.nodes[control].Probe(ctx, rates)
	if err != nil {
		return node.Probe{}, fmt.Errorf("path from control to node %s: %w", name, err)
	}
	// Control's down is the node's up.
	return node.Probe{DownBps: got.UpBps, UpBps: got.DownBps, RTT: trip.RTT, RTTMin: trip.RTTMin}, nil
}

// everyLink is for setLinks.
func everyLink(string) bool { return true }

// setLinks sets links of the condition anew, those for which which is true. Each
// has a seed of its own, whatever other links there are.
func (w *World) setLinks(which func(name string) bool) error {
	w.playing.Lock()
	defer w.playing.Unlock()
	for _, name := range slices.Sorted(maps.Keys(w.entered.Links)) {
		if !which(name) {
			continue
		}
		l := w.entered.Links[name]
		if err := w.net.SetLink(name, l.Down, l.Up, w.seedOf(name, w.seed)); err != nil {
			return w.broken(fmt.Errorf("%w%s", err, remedy(err)))
		}
		w.played[name] = []played{{at: w.Now()}}
	}
	return nil
}

// probeLinks sets the links of a path as they are probed, each by the engine
// that plays it as it was asked for.
func (w *World) probeLinks(p path, asked netns.Status, edit func(emulator.Link) emulator.Link) error {
	for i, leg := range p.down {
		back := p.up[i].link
		down, up := edit(leg.link), edit(back)
		if !leg.down {
			down, up = up, down
		}
		engine := asked.Down[leg.name].Engine
		if engine == engineNone { // of a perfect direction; the other one tells
			engine = asked.Up[leg.name].Engine
		}
		if engine == engineNone {
			continue // as it is
		}
		if err := w.net.SetLinkBy(engine, leg.name, down, up, w.seedOf(leg.name, w.seed)); err != nil {
			return w.broken(err)
		}
	}
	return nil
}

// seedOf is the seed of a link: that of the trial and the number of the node,
// or, for a pair, a hash of its name.
func (w *World) seedOf(name string, seed uint64) uint64 {
	for i, n := range w.inference {
		if n.Name == name {
			return seed + uint64(i)
		}
	}
	h := fnv.New64a()
	h.Write([]byte(name))
	return seed + h.Sum64()
}

// remedy says what to do about a link that its engine cannot play.
func remedy(err error) string {
	if errors.Is(err, emulator.ErrUnsupported) {
		return "; use engine: auto or relay"
	}
	return ""
}

// Leave implements runner.World.
func (w *World) Leave(context.Context) error {
	for _, n := range w.inference {
		if err := w.setLoad(n.Name, emulator.Load{}, 0); err != nil {
			return w.broken(err)
		}
	}
	return nil
}

// setLoad changes the background of a node, and notes when if it is another.
func (w *World) setLoad(name string, l emulator.Load, since time.Duration) error {
	other := w.load[name] != l
	if !other && !l.Varies() {
		return nil
	}
	if err := w.net.SetLoad(name, l, since); err != nil {
		return fmt.Errorf("node %s: background: %w", name, err)
	}
	if w.load[name] = l; other {
		w.loadSet = time.Now()
	}
	return nil
}

// settled waits until the last change of load is long enough ago.
func (w *World) settled(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(w.loadSet.Add(settle))):
		return nil
	}
}
