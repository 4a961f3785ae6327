//go:build linux

package calibrate

import (
	"math"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
)

func TestFormulas(t *testing.T) {
	// 10 Mbit/s · 1448/1514.
	if got := Goodput(10 * unit.Mbps); math.Abs(got-9_564_068.69) > 0.01 {
		t.Errorf("goodput %v", got)
	}
	for _, tt := range []struct {
		n         unit.Bytes
		rate      unit.BitRate
		delay     time.Duration
		want, off time.Duration
	}{
		// One packet: 8 · 1066 bits; 2 % of that are less than 1 ms.
		{1000, unit.Mbps, 0, 8528 * time.Microsecond, time.Millisecond},
		// 14 packets: 8 · (20 000 + 14·66) = 167 392 bits.
		{20_000, unit.Mbps, 0, 167_392 * time.Microsecond, 3_347_840},
		{20_000, unit.Mbps, 5 * time.Millisecond, 172_392 * time.Microsecond, 3_447_840},
		// Exactly one full segment, and a byte more.
		{1448, 8 * unit.Mbps, 0, 1514 * time.Microsecond, time.Millisecond},
		{1449, 8 * unit.Mbps, 0, 1581 * time.Microsecond, time.Millisecond},
	} {
		got := OneShot(tt.n, tt.rate, tt.delay)
		if got != tt.want || OneShotTolerance(got) != tt.off {
			t.Errorf("%v at %v: %v ± %v, want %v ± %v", tt.n, tt.rate, got, OneShotTolerance(got), tt.want, tt.off)
		}
	}
}

func TestIntervals(t *testing.T) {
	// 2.5758 · √(0.05 · 0.95 / 12 000) = 0.005125.
	if got := lossTolerance(0.05, 0, 12_000); math.Abs(got-0.005125) > 1e-6 {
		t.Errorf("independent losses: ± %v", got)
	}
	// ρ = 1 − 0.05/(4·0.95) − 1/4 = 0.736842; (1+ρ)/(1−ρ) = 6.6; · √6.6.
	if got := lossTolerance(0.05, 4, 12_000); math.Abs(got-0.013166) > 1e-5 {
		t.Errorf("bursts: ± %v", got)
	}
	// 2.5758 · 4 · √(3/4) / √100.
	if got := burstTolerance(4, 100); math.Abs(got-0.89228) > 1e-4 {
		t.Errorf("length of bursts: ± %v", got)
	}
}

func TestJudge(t *testing.T) {
	ms := time.Millisecond
	for _, tt := range []struct {
		status netns.LinkStatus
		busy   bool
		want   string
	}{
		{netns.LinkStatus{}, false, ""},
		{netns.LinkStatus{LagP99: ms, Steps: netns.Steps{LateP99: ms}}, false, ""},
		{netns.LinkStatus{LagP99: ms + 10_000}, false, "packets left late: by 1.01ms at the 99th percentile; want at most 1ms"},
		{netns.LinkStatus{LagP99: 2 * ms}, true, ""},
		{netns.LinkStatus{LagP99: 3 * ms}, true, "packets left late: by 3ms at the 99th percentile; want at most 2ms"},
		{netns.LinkStatus{Steps: netns.Steps{LateP99: 1500 * time.Microsecond}}, false, "steps were applied late: by 1.5ms at the 99th percentile; want at most 1ms"},
	} {
		if got := Judge(tt.status, tt.busy); got != tt.want {
			t.Errorf("%+v, busy %v: %q, want %q", tt.status, tt.busy, got, tt.want)
		}
	}
}

func TestJudged(t *testing.T) {
	for _, tt := range []struct {
		load      string
		row       Row
		pass      bool
		tolerance float64
		deviation float64
		why       string
	}{
		{Idle, Row{Asked: 10, Achieved: 11, Tolerance: 1, Unit: "ms"}, true, 1, 1, ""},
		{Idle, Row{Asked: 10, Achieved: 8, Tolerance: 1, Unit: "ms"}, false, 1, -2, "off by -2 ms, 2.0 of the tolerance"},
		{Busy, Row{Asked: 10, Achieved: 8, Tolerance: 1, Unit: "ms"}, true, 2, -1, ""},
		{Idle, Row{Asked: 0, Achieved: 3, Unit: "packets"}, false, 0, math.Inf(1), "off by +3 packets"},
		{Idle, Row{Asked: 0, Achieved: 0, Unit: "packets"}, true, 0, 0, ""},
		{Idle, Row{Asked: 1000, Achieved: 2000, Bound: Least, Unit: "Mbit/s"}, true, 0, 0.5, ""},
		{Idle, Row{Asked: 1000, Achieved: 800, Bound: Least, Unit: "Mbit/s"}, false, 0, 1.25, "off by -200 Mbit/s"},
		{Busy, Row{Asked: 1000, Achieved: 800, Bound: Least, Unit: "Mbit/s"}, true, 500, 0.625, ""},
		{Idle, Row{Asked: 100, Achieved: 50, Bound: Most, Unit: "ms"}, true, 0, 0.5, ""},
		{Idle, Row{Asked: 100, Achieved: 150, Bound: Most, Unit: "ms"}, false, 0, 1.5, "off by +50 ms"},
		{Busy, Row{Asked: 100, Achieved: 150, Bound: Most, Unit: "ms"}, true, 100, 0.75, ""},
	} {
		b := &bench{engine: "relay", load: tt.load}
		got := b.judged(tt.row, "")
		if got.Pass != tt.pass || got.Tolerance != tt.tolerance || got.Deviation() != tt.deviation || got.Why != tt.why || got.Engine != "relay" || got.Load != tt.load {
			t.Errorf("%s %+v:\n%+v, deviation %v", tt.load, tt.row, got, got.Deviation())
		}
	}
	b := &bench{engine: "tc", load: Idle}
	if got := b.judged(Row{Achieved: 1, Unit: "ms", Engine: "none"}, "a bucket"); got.Why != "off by +1 ms: a bucket" || got.Engine != "none" {
		t.Errorf("%+v", got)
	}
}
