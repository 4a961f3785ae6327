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
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// settle is how long a node is left alone after its load has changed, so that
// the utilization it reports is that of the new load.
const settle = 600 * time.Millisecond

// Enter implements runner.World. The links are measured before the load
// starts, because a busy node would be late to notice what has long arrived;
// then they are set anew, so that a trace begins with the trial.
func (w *World) Enter(ctx context.Context, c scenarios.Condition, seed uint64) ([]record.Check, error) {
	ctx, done := w.alive(ctx)
	defer done()
	if err := w.Leave(ctx); err != nil {
		return nil, err
	}
	if err := w.setLinks(c.Links, seed); err != nil {
		return nil, err
	}
	asked, err := w.net.Status() // which engines play them, and why
	if err != nil {
		return nil, w.broken(err)
	}
	var checks []record.Check
	for _, n := range w.inference {
		p := w.path(n.Name, c.Links)
		if len(p.down) == 0 {
			continue // at the repository's site: no link to probe
		}
		check, err := w.checked(ctx, n.Name, p, asked, seed)
		if err != nil {
			return nil, w.broken(err)
		}
		checks = append(checks, check)
	}
	if err := w.setLinks(c.Links, seed); err != nil {
		return nil, err
	}
	for _, n := range w.inference {
		if err := w.setLoad(ctx, n.Name, c.Background[n.Name].CPU); err != nil {
			return nil, w.broken(err)
		}
	}
	return checks, w.settled(ctx)
}

// setLinks sets all links anew. Each has a seed of its own, whatever other
// links there are.
func (w *World) setLinks(links map[string]scenarios.Links, seed uint64) error {
	for _, name := range slices.Sorted(maps.Keys(links)) {
		if err := w.net.SetLink(name, links[name].Down, links[name].Up, w.seedOf(name, seed)); err != nil {
			return w.broken(fmt.Errorf("%w%s", err, remedy(err)))
		}
	}
	return nil
}

// probeLinks sets the links of a path as they are probed, each by the engine
// that plays it as it was asked for.
func (w *World) probeLinks(p path, asked netns.Status, seed uint64, edit func(emulator.Link) emulator.Link) error {
	for i, leg := range p.down {
		back := p.up[i].link
		down, up := edit(leg.link), edit(back)
		if !leg.down {
			down, up = up, down
		}
		engine := asked.Down[leg.name].Engine
		if engine == "none" { // of a perfect direction; the other one tells
			engine = asked.Up[leg.name].Engine
		}
		if engine == "none" {
			continue // as it is
		}
		if err := w.net.SetLinkBy(engine, leg.name, down, up, w.seedOf(leg.name, seed)); err != nil {
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
func (w *World) Leave(ctx context.Context) error {
	for _, n := range w.inference {
		if err := w.setLoad(ctx, n.Name, 0); err != nil {
			return w.broken(err)
		}
	}
	return nil
}

// setLoad changes the background of a node and notes when.
func (w *World) setLoad(ctx context.Context, name string, cpu float64) error {
	if w.load[name] == cpu {
		return nil
	}
	if err := w.net.SetLoad(name, cpu); err != nil {
		return fmt.Errorf("node %s: background cpu %.0f %%: %w", name, 100*cpu, err)
	}
	w.load[name], w.loadSet = cpu, time.Now()
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
