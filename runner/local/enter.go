package local

import (
	"context"
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// settle is how long a node is left alone after its load has changed, so that
// the utilization it reports is that of the new load.
const settle = 600 * time.Millisecond

// probePings is how many round trips the median of a check is taken over.
const probePings = 9

// Enter implements runner.World. The links are measured before the load
// starts, because a busy node would be late to notice what has long arrived;
// then they are set anew, so that a trace begins with the trial.
func (w *World) Enter(ctx context.Context, c scenarios.Condition, seed uint64) ([]record.Check, error) {
	if err := w.Leave(ctx); err != nil {
		return nil, err
	}
	var checks []record.Check
	for i, n := range w.inference {
		l := c.Links[n.Name]
		if err := w.net.SetLink(n.Name, l.Down, l.Up, seed+uint64(i)); err != nil {
			return nil, w.broken(fmt.Errorf("node %s: %w", n.Name, err))
		}
		check, err := w.check(ctx, n.Name, l)
		if err != nil {
			return nil, w.broken(err)
		}
		checks = append(checks, check)
		if err := w.net.SetLink(n.Name, l.Down, l.Up, seed+uint64(i)); err != nil {
			return nil, w.broken(err)
		}
	}
	for _, n := range w.inference {
		if err := w.setLoad(ctx, n.Name, c.Background[n.Name].CPU); err != nil {
			return nil, w.broken(err)
		}
	}
	return checks, w.settled(ctx)
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

// check measures the links of a node by probes over them.
func (w *World) check(ctx context.Context, name string, l scenarios.Links) (record.Check, error) {
	p, err := w.nodes[name].Probe(ctx, node.ProbeArgs{DownBytes: probeSize(l.Down), UpBytes: probeSize(l.Up), Pings: probePings})
	if err != nil {
		return record.Check{}, fmt.Errorf("node %s: probe of its links: %w", name, err)
	}
	status, err := w.net.Status()
	if err != nil {
		return record.Check{}, err
	}
	now := clock.Now()
	w.probes[name] = p
	down, up := status.Down[name], status.Up[name]
	c := record.Check{Node: name, Engine: down.Engine, Reason: down.Reason, RTT: p.RTT, AskedRTT: l.Down.Delay + l.Up.Delay}
	for _, d := range []struct {
		direction string
		link      emulator.Link
		clock     time.Duration
		half      time.Duration
		last      time.Duration
		bps       int64
	}{
		{"down", l.Down, down.Clock, p.DownHalf, p.DownLast, p.DownBps},
		{"up", l.Up, up.Clock, p.UpHalf, p.UpLast, p.UpBps},
	} {
		set := now - d.clock // when the link was set, on CLOCK_MONOTONIC
		c.Links = append(c.Links, record.LinkCheck{Direction: d.direction, Loss: d.link.Loss,
			AskedRate: asked(d.link, d.half-set, d.last-set), Rate: onWire(d.bps)})
	}
	return c, nil
}

// asked is what a link offers between two readings of its clock at its far
// end; 0 if it has no limit.
func asked(l emulator.Link, from, to time.Duration) unit.BitRate {
	if l.Trace == nil {
		return l.Rate
	}
	from, to = max(0, from-l.Delay), max(0, to-l.Delay)
	return unit.Over(l.Trace.Capacity(from, to), to-from)
}

// onWire turns a rate of TCP payload into one of Ethernet frames: 1448 bytes
// of payload travel in frames of 1514 (reference: F1).
func onWire(bps int64) unit.BitRate { return unit.BitRate(bps * 1514 / 1448) }

// probeSize is what a probe transfers in one direction: enough that its second
// half is at the full rate of the link, and not much more.
func probeSize(l emulator.Link) int64 {
	rate, last := l.Rate, 120*time.Millisecond
	if l.Trace != nil {
		// Long enough that the opportunities at its edges hardly count.
		rate, last = l.Trace.Mean(), 1500*time.Millisecond
	}
	if rate == 0 {
		return 256 << 10
	}
	n := int64(float64(rate) / 8 * (last + 4*l.Delay).Seconds())
	return min(max(n, 32<<10), 4<<20)
}
