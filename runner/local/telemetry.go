//go:build linux

package local

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// counters are what a direction of a link had counted when it was last read.
type counters struct {
	at    time.Duration
	clock time.Duration
	netns.LinkStatus
}

// Telemetry implements runner.World.
func (w *World) Telemetry(ctx context.Context) ([]record.Telemetry, error) {
	ctx, done := w.alive(ctx)
	defer done()
	status, err := w.net.Status()
	if err != nil {
		return nil, w.broken(err)
	}
	now := w.Now()
	var all []record.Telemetry
	for _, n := range w.inference {
		s, err := w.nodes[n.Name].Status(ctx, "")
		if err != nil {
			return nil, w.broken(err)
		}
		load := status.Loads[n.Name]
		t := record.Telemetry{From: w.told, At: now, Node: n.Name, CPUAsked: load.Asked, CPUAchieved: load.Achieved, CPUBusy: s.Busy,
			RSS: unit.Bytes(s.RSSBytes), FrequencyMHz: frequency(w.cpus[n.Name]), TemperatureC: temperature()}
		if _, own := w.links[n.Name]; own {
			t.Links = append(t.Links, w.bothSince("", n.Name, now, status)...)
		}
		all = append(all, t)
	}
	// Links that are of no inference node are told beside the first's.
	for _, name := range slices.Sorted(maps.Keys(w.links)) {
		if !w.judged(name) {
			all[0].Links = append(all[0].Links, w.bothSince(name, name, now, status)...)
		}
	}
	w.told = now
	return all, nil
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
	if s.Clock < last.clock {
		last = counters{at: now - s.Clock}
	}
	w.last[key] = counters{at: now, clock: s.Clock, LinkStatus: s}
	bytes := unit.Bytes(s.Bytes - last.Bytes)
	// Each frame counts as its link's layer has it.
	bytes += unit.Bytes(s.Packets-last.Packets) * (s.Asked.Layer.Size(emulator.FullFrame) - emulator.FullFrame)
	out := record.LinkSample{Link: as, Direction: direction, Delay: s.Asked.Delay,
		Asked:   offered(s.Asked, s.Clock-(now-last.at), s.Clock),
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

// frequency is the clock of the first of cpus in MHz; 0 where it is not told.
func frequency(cpus []int) float64 {
	if len(cpus) == 0 {
		return 0
	}
	return number("/sys/devices/system/cpu/cpu"+strconv.Itoa(cpus[0])+"/cpufreq/scaling_cur_freq") / 1e3
}

// temperature is that of the hottest thermal zone in degrees Celsius; 0 where
// there is none.
func temperature() (hottest float64) {
	zones, _ := filepath.Glob("/sys/class/thermal/thermal_zone*/temp")
	for _, z := range zones {
		hottest = max(hottest, number(z)/1e3)
	}
	return hottest
}

// number reads a file of one number; 0 where it cannot.
func number(path string) float64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(string(b)), 64)
	if err != nil {
		return 0
	}
	return f
}
