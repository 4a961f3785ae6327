package local

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// probePings is how many round trips the median of a check is taken over.
const probePings = 9

// attempts is how many probes a doubtful link gets: three, for their median.
const attempts = 3

// checked measures the links of a node. A probe that finds them off may have
// been spoiled by something else on this machine, for instance a receiver that
// was not given its CPU; then it is the median of three that counts.
func (w *World) checked(ctx context.Context, name string, l scenarios.Links) (record.Check, error) {
	var all []record.Check
	for range attempts {
		c, err := w.check(ctx, name, l)
		if err != nil {
			return record.Check{}, err
		}
		all = append(all, c)
		if len(all) == 1 && within(c, w.tolerance) {
			return c, nil
		}
	}
	return medians(all), nil
}

// within says whether a check has found what was asked for.
func within(c record.Check, tol scenarios.Tolerance) bool {
	for _, l := range c.Links {
		off := math.Abs(float64(l.Rate - l.AskedRate))
		if l.AskedRate > 0 && off > tol.Rate*float64(l.AskedRate) {
			return false
		}
	}
	return (c.RTT - c.AskedRTT).Abs() <= tol.Delay
}

// medians takes each measured quantity of several checks by its median,
// relative to what was asked of the link at that time.
func medians(all []record.Check) record.Check {
	c := all[0]
	c.Probes = len(all)
	c.Links = slices.Clone(c.Links)
	slices.SortFunc(all, func(a, b record.Check) int { return cmp.Compare(a.RTT, b.RTT) })
	c.RTT = all[len(all)/2].RTT
	for i := range c.Links {
		share := func(r record.Check) float64 { return float64(r.Links[i].Rate) / float64(max(1, r.Links[i].AskedRate)) }
		slices.SortFunc(all, func(a, b record.Check) int { return cmp.Compare(share(a), share(b)) })
		c.Links[i] = all[len(all)/2].Links[i]
	}
	return c
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
	c := record.Check{Node: name, Probes: 1, Engine: down.Engine, Reason: down.Reason, RTT: p.RTT, AskedRTT: l.Down.Delay + l.Up.Delay}
	if how, ok := strings.CutPrefix(down.Reason, netns.Inexact); ok {
		c.Differs = how
	}
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
