//go:build linux

package local

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/nodes"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// counters are what a direction of a link had counted when it was last read.
type counters struct {
	at time.Duration
	netns.LinkStatus
}

// Telemetry implements runner.World.
func (w *World) Telemetry(ctx context.Context) ([]record.Telemetry, error) {
	ctx, done := w.alive(ctx)
	defer done()
	status, links, now, err := w.linksSince()
	if err != nil {
		return nil, w.broken(err)
	}
	var all []record.Telemetry
	for _, n := range w.inference {
		s, err := w.nodes[n.Name].Status(ctx, "")
		if err != nil {
			return nil, w.broken(err)
		}
		t := nodes.Telemetry(s)
		t.From, t.At, t.Node, t.Links = w.told, now, n.Name, links[n.Name]
		for _, l := range status.Loads[n.Name] {
			nodes.AddLoad(&t, l.Resource, l.Asked, l.Achieved, l.Bps)
		}
		all = append(all, t)
	}
	// Links that are of no inference node are told beside the first's.
	all[0].Links = append(all[0].Links, links[""]...)
	w.told = now
	return all, nil
}

// linksSince is what all links did since they were last asked about: by
// inference node, and under "" those of others.
func (w *World) linksSince() (status netns.Status, by map[string][]record.LinkSample, now time.Duration, err error) {
	w.playing.Lock()
	defer w.playing.Unlock()
	if status, err = w.net.Status(); err != nil {
		return status, nil, 0, err
	}
	now, by = w.Now(), map[string][]record.LinkSample{}
	for _, name := range slices.Sorted(maps.Keys(w.links)) {
		of, as := "", name
		if w.judged(name) {
			of, as = name, ""
		}
		by[of] = append(by[of], w.bothSince(as, name, now, status)...)
	}
	return status, by, now, nil
}

// judged reports whether a link is that of an inference node.
func (w *World) judged(name string) bool {
	return slices.ContainsFunc(w.inference, func(n scenarios.Node) bool { return n.Name == name })
}

// bothSince is what both directions of a link did, under a name in records.
func (w *World) bothSince(as, name string, now time.Duration, status netns.Status) []record.LinkSample {
	return []record.LinkSample{
		w.since(as, name, "down", now, status.Down[name]),
		w.since(as, name, "up", now, status.Up[name]),
	}
}

// since is what a direction did since it was last asked about. A link that was
// set anew meanwhile has begun to count anew.
func (w *World) since(as, name, direction string, now time.Duration, s netns.LinkStatus) record.LinkSample {
	key := name + " " + direction
	last := w.last[key]
	if s.Counted < now-last.at {
		last = counters{at: now - s.Counted}
	}
	w.last[key] = counters{at: now, LinkStatus: s}
	bytes := unit.Bytes(s.Bytes - last.Bytes)
	// Each frame counts as its link's layer has it.
	bytes += unit.Bytes(s.Packets-last.Packets) * (s.Asked.Layer.Size(emulator.FullFrame) - emulator.FullFrame)
	out := record.LinkSample{Link: as, Direction: direction, Delay: s.Asked.Delay,
		Asked:   w.asked(name, s.Asked, s.Clock, last.at, now),
		Rate:    unit.Over(max(bytes, 0), now-last.at),
		Packets: s.Packets - last.Packets, Lost: s.Lost - last.Lost, Dropped: s.Dropped - last.Dropped,
		Duplicated: s.Duplicated - last.Duplicated, Corrupted: s.Corrupted - last.Corrupted,
		LagP99: s.LagP99, LagMax: s.LagMax, Steps: s.Steps.Done, StepsLateP99: s.Steps.LateP99}
	if s.Asked.Delays != nil {
		seconds, _ := s.Asked.Delays.Step(s.Clock)
		out.Delay = time.Duration(seconds * float64(time.Second))
	}
	out.Lag = newBins(last.Lag, s.Lag)
	return out
}

// newBins is what a histogram has gained since it was before, in bins that
// double: 1 µs, 2 µs, 4 µs and so on. The finer ones of the relay are for its
// percentiles.
func newBins(before, now []netns.LagBin) (gained []record.LagBin) {
	counts := map[time.Duration]int64{}
	for _, b := range now {
		counts[coarse(b.AtMost)] += b.Count
	}
	for _, b := range before {
		counts[coarse(b.AtMost)] -= b.Count
	}
	for _, most := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[most]; n > 0 {
			gained = append(gained, record.LagBin{AtMost: most, Count: n})
		}
	}
	return gained
}

// coarse is the upper bound of the bin that holds d.
func coarse(d time.Duration) time.Duration {
	most := time.Microsecond
	for most < d {
		most *= 2
	}
	return most
}
