//go:build linux

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
//
// asked is the status of the links as they were asked for. The probe is the last
// one that was made.
func (w *World) checked(ctx context.Context, name string, p path, asked netns.Status) (record.Check, node.Probe, error) {
	var all []record.Check
	var probed node.Probe
	for range attempts {
		c, err := record.Check{}, error(nil)
		if c, probed, err = w.check(ctx, name, p, asked); err != nil {
			return record.Check{}, node.Probe{}, err
		}
		playedBy(&c, asked, p)
		all = append(all, c)
		if len(all) == 1 && within(c, w.tolerance) {
			return c, probed, nil
		}
	}
	return medians(all), probed, nil
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

// check measures the path between the repository and a node by probes over it:
// its round trip, then its rates.
func (w *World) check(ctx context.Context, name string, p path, asked netns.Status) (record.Check, node.Probe, error) {
	if err := w.probeLinks(p, asked, calm); err != nil {
		return record.Check{}, node.Probe{}, err
	}
	trip, err := w.nodes[name].Probe(ctx, node.ProbeArgs{Pings: probePings})
	if err != nil {
		return record.Check{}, node.Probe{}, fmt.Errorf("node %s: probe of its round trip: %w", name, err)
	}
	if err := w.probeLinks(p, asked, brisk); err != nil {
		return record.Check{}, node.Probe{}, err
	}
	probed, err := w.nodes[name].Probe(ctx, node.ProbeArgs{DownBytes: p.down.probeSize(), UpBytes: p.up.probeSize()})
	if err != nil {
		return record.Check{}, node.Probe{}, fmt.Errorf("node %s: probe of its rates: %w", name, err)
	}
	probed.RTT, probed.RTTMin = trip.RTT, trip.RTTMin
	status, err := w.net.Status()
	if err != nil {
		return record.Check{}, node.Probe{}, err
	}
	now := clock.Now()
	c := record.Check{Node: name, Probes: 1, RTT: probed.RTT, AskedRTT: p.down.delay() + p.up.delay()}
	for _, d := range []struct {
		direction  string
		way        way
		half, last time.Duration
		bps        int64
	}{
		{"down", p.down, probed.DownHalf, probed.DownLast, probed.DownBps},
		{"up", p.up, probed.UpHalf, probed.UpLast, probed.UpBps},
	} {
		asked, narrow := d.way.asked(status, now, d.half, d.last)
		c.Links = append(c.Links, record.LinkCheck{Direction: d.direction, Loss: d.way.loss(),
			AskedRate: asked, Rate: onWire(d.bps, narrow.Layer)})
	}
	return c, probed, nil
}

// playedBy says which engine plays the path. That of the node's own link speaks
// for all unless another differs from what was asked.
func playedBy(c *record.Check, asked netns.Status, p path) {
	for i, leg := range p.down {
		s := asked.Down[leg.name]
		if i == 0 {
			c.Engine, c.Reason = s.Engine, s.Reason
		}
		if how, ok := strings.CutPrefix(s.Reason, netns.Inexact); ok && c.Differs == "" {
			c.Engine, c.Reason, c.Differs = s.Engine, s.Reason, how
		}
	}
}

// onWire turns a rate of TCP payload into one of packets as a layer counts
// them: 1448 bytes of payload travel in frames of 1514 (reference: F1).
func onWire(bps int64, layer emulator.Layer) unit.BitRate {
	return unit.BitRate(bps * int64(layer.Size(emulator.FullFrame)) / 1448)
}
