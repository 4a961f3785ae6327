package local

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
)

// counters are what a direction of a link had counted when it was last read.
type counters struct {
	at                     time.Duration
	clock                  time.Duration
	packets, lost, dropped int64
	bytes                  int64
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
		t.Links = append(t.Links,
			w.since(n.Name+"/down", "down", now, status.Down[n.Name]),
			w.since(n.Name+"/up", "up", now, status.Up[n.Name]))
		all = append(all, t)
	}
	w.told = now
	return all, nil
}

// since is what a direction did since it was last asked about. A link that was
// set anew meanwhile has begun to count anew.
func (w *World) since(key, direction string, now time.Duration, s netns.LinkStatus) record.LinkSample {
	last := w.last[key]
	if s.Clock < last.clock {
		last = counters{at: now - s.Clock}
	}
	w.last[key] = counters{at: now, clock: s.Clock, packets: s.Packets, lost: s.Lost, dropped: s.Dropped, bytes: s.Bytes}
	return record.LinkSample{Direction: direction, Delay: s.Asked.Delay,
		Asked:   mean(s.Asked, s.Clock-(now-last.at), s.Clock),
		Rate:    unit.Over(unit.Bytes(s.Bytes-last.bytes), now-last.at),
		Packets: s.Packets - last.packets, Lost: s.Lost - last.lost, Dropped: s.Dropped - last.dropped,
		LagP99: s.LagP99, LagMax: s.LagMax}
}

// mean is the rate that a link offered between two readings of its clock.
func mean(l emulator.Link, from, to time.Duration) unit.BitRate {
	if l.Trace == nil {
		return l.Rate
	}
	return unit.Over(l.Trace.Capacity(max(0, from), to), to-max(0, from))
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
