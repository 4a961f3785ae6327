//go:build linux

package local

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

const ms = time.Millisecond

func TestSplit(t *testing.T) {
	for _, tt := range []struct {
		name     string
		cpus     []int
		nodes    []scenarios.Node
		want     map[string][]int
		warnings string // in each, in order, separated by |
	}{
		{"one node leaves the first CPU to the rest", []int{0, 1}, []scenarios.Node{{Name: "edge"}}, map[string][]int{"edge": {1}, "": {0}}, ""},
		{"all but one by default", []int{2, 3, 5, 7}, []scenarios.Node{{Name: "edge"}}, map[string][]int{"edge": {3, 5, 7}, "": {2}}, ""},
		{"nodes are apart", []int{0, 1, 2, 3}, []scenarios.Node{{Name: "a", CPUs: 1}, {Name: "b", CPUs: 2}}, map[string][]int{"a": {3}, "b": {1, 2}, "": {0}}, ""},
		{"too many nodes share", []int{0, 1}, []scenarios.Node{{Name: "a", CPUs: 1}, {Name: "b", CPUs: 2}}, map[string][]int{"a": {1}, "b": {0, 1}, "": {0, 1}}, "node b: shares|no CPU is left"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, warnings, err := split(tt.cpus, tt.nodes)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("split (-want +got):\n%s", diff)
			}
			want := strings.Split(tt.warnings, "|")
			if tt.warnings == "" {
				want = nil
			}
			if len(warnings) != len(want) {
				t.Fatalf("warnings %q, want %q", warnings, want)
			}
			for i := range want {
				if !strings.Contains(warnings[i], want[i]) {
					t.Errorf("warning %q, want %q in it", warnings[i], want[i])
				}
			}
		})
	}
}

func TestSplitRefuses(t *testing.T) {
	_, _, err := split([]int{4}, []scenarios.Node{{Name: "a", CPUs: 2}})
	if err == nil || !strings.Contains(err.Error(), "node a: cpus: 2: this machine gives 1") {
		t.Errorf("error %v", err)
	}
}

// TestOffered: what a delay of 5 ms lets arrive in [15, 35) ms left the link in
// [10, 30), in which it has three opportunities of 1514 bytes, at 10, 11 and
// 12 ms: 36 336 bits in 20 ms are 1.8168 Mbps.
func TestOffered(t *testing.T) {
	tr := &trace.Trace{At: []time.Duration{10 * ms, 11 * ms, 12 * ms, 30 * ms}, Period: 100 * ms, Quantum: 1514}
	if got, want := offered(emulator.Link{Trace: tr, Delay: 5 * ms}, 15*ms, 35*ms), unit.BitRate(1_816_800); got != want {
		t.Errorf("offered = %v, want %v", got, want)
	}
	if got := offered(emulator.Link{Rate: 5 * unit.Mbps}, 0, ms); got != 5*unit.Mbps {
		t.Errorf("offered at a constant rate = %v", got)
	}
	if got := offered(emulator.Link{Delay: ms}, 0, ms); got != 0 {
		t.Errorf("offered without limit = %v, want 0", got)
	}
}

// TestAsked: a link of 8 Mbps in its first hour and 80 in the second was rewound
// to the second at 10 s, and to the first at 12 s. From 8 to 13 s it offered 8
// Mbps for 2 s, 80 for 2 s and 8 for 1 s, which are 184 Mbit in 5 s.
func TestAsked(t *testing.T) {
	const s = time.Second
	l := emulator.Link{Rates: &trace.Series{At: []time.Duration{0, time.Hour}, Value: []float64{8e6, 8e7}, Period: 2 * time.Hour}}
	w := &World{played: map[string][]played{"edge": {{0, 0}, {10 * s, time.Hour}, {12 * s, 0}}}}
	for _, tt := range []struct {
		name       string
		link       emulator.Link
		clock      time.Duration
		since, now time.Duration
		want       unit.BitRate
	}{
		{"over all of it", l, s, 8 * s, 13 * s, 36_800 * unit.Kbps},
		{"since it was rewound", l, s, 12500 * ms, 13 * s, 8 * unit.Mbps},
		{"and a while before", l, s, 11 * s, 13 * s, 44 * unit.Mbps},
		{"in no time", l, s, 13 * s, 13 * s, 0},
		{"without a limit", emulator.Link{Delay: ms}, s, 8 * s, 13 * s, 0},
		{"at a constant rate", emulator.Link{Rate: 5 * unit.Mbps}, s, 8 * s, 13 * s, 5 * unit.Mbps},
	} {
		if got := w.asked("edge", tt.link, tt.clock, tt.since, tt.now); got < tt.want-2 || got > tt.want+2 {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := w.asked("other", l, 5*s, 8*s, 13*s); got < 8*unit.Mbps-2 || got > 8*unit.Mbps+2 {
		t.Errorf("a link that nobody set: %v", got)
	}
}

// TestOnWire: a goodput of 9.564 Mbps is 10 Mbps of frames, R·1448/1514, 9.907
// of IP packets, R·1448/1500, and 10.16 on the wire, R·1448/1538.
func TestOnWire(t *testing.T) {
	for layer, want := range map[emulator.Layer]unit.BitRate{emulator.Ethernet: 10_000_000, emulator.IP: 9_907_529, emulator.Wire: 10_158_519} {
		if got := onWire(9_564_068, layer); got < want-1 || got > want+1 {
			t.Errorf("onWire by %v = %d, want %d", layer, got, want)
		}
	}
}

func TestProbeSize(t *testing.T) {
	for _, tt := range []struct {
		link emulator.Link
		want int64
	}{
		{emulator.Link{}, 256 << 10},
		{emulator.Link{Rate: 100 * unit.Kbps}, 32 << 10},                                                      // the least
		{emulator.Link{Rate: 10 * unit.Mbps, Delay: 900 * ms}, 175_000},                                       // 140 ms of 1.25 MB/s
		{emulator.Link{Rate: unit.Gbps}, 4 << 20},                                                             // the most
		{emulator.Link{Trace: &trace.Trace{At: []time.Duration{0}, Period: 10 * ms, Quantum: 1514}}, 230_128}, // 1.52 s of 151.4 kB/s
	} {
		if got := (way{{"edge", true, tt.link}}).probeSize(); got != tt.want {
			t.Errorf("probeSize(%+v) = %d, want %d", tt.link, got, tt.want)
		}
	}
}

// TestPath: models come over the pair of node and repository if there is one,
// else over both their links, and over none within a site.
func TestPath(t *testing.T) {
	w := &World{beside: map[string]string{"helper": "cloud", repository: "cloud"}}
	l := func(down, up time.Duration) scenarios.Links {
		return scenarios.Links{Down: emulator.Link{Delay: down}, Up: emulator.Link{Delay: up}}
	}
	links := map[string]scenarios.Links{"edge": l(1*ms, 2*ms), "cloud": l(10*ms, 20*ms), "far": l(3*ms, 4*ms), "far/repository": l(100*ms, 200*ms)}
	for name, want := range map[string][2]time.Duration{
		"edge":   {21 * ms, 12 * ms}, // down: the cloud's up and the edge's down
		"cloud":  {0, 0},
		"helper": {0, 0},
		"far":    {100 * ms, 200 * ms},
	} {
		p := w.path(repository, name, links)
		if got := [2]time.Duration{p.down.delay(), p.up.delay()}; got != want {
			t.Errorf("path of %s: delays %v down and up, want %v", name, got, want)
		}
	}
	w.beside = nil
	reverse := map[string]scenarios.Links{"edge": {}, "repository/edge": l(100*ms, 200*ms)}
	if p := w.path(repository, "edge", reverse); p.down.delay() != 200*ms || p.up.delay() != 100*ms {
		t.Errorf("path over repository/edge: %v down, %v up: down is towards the repository there", p.down.delay(), p.up.delay())
	}
}

// TestProbedLinks: round trips and rates are probed without what would move
// them, and with what they are about.
func TestProbedLinks(t *testing.T) {
	l := emulator.Link{
		Rates: &trace.Series{At: []time.Duration{0, ms}, Value: []float64{1e5, 0}, Period: 2 * ms}, Layer: emulator.IP,
		Delays: &trace.Series{At: []time.Duration{0, ms}, Value: []float64{.040, 9}, Period: 2 * ms}, Jitter: 5 * ms, JitterShape: emulator.Normal,
		Losses:  &trace.Series{At: []time.Duration{0, ms}, Value: []float64{.25, 1}, Period: 2 * ms},
		Outages: []emulator.Outage{{From: 0, To: ms}}, IdlePenalty: ms, IdleAfter: ms, CoDel: &emulator.CoDel{}, QueuePackets: 5,
		LossBurst: 2, Duplicate: .1, Corrupt: .1, Reorder: .1, Unordered: true,
	}
	if diff := cmp.Diff(emulator.Link{Rate: 10 * unit.Mbps, Layer: emulator.IP, Delay: 40 * ms, QueuePackets: 5}, calm(l)); diff != "" {
		t.Errorf("calm (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(emulator.Link{Rates: l.Rates, Layer: emulator.IP, Delay: 5 * ms, QueuePackets: 5}, brisk(l)); diff != "" {
		t.Errorf("brisk (-want +got):\n%s", diff)
	}
	fast := emulator.Link{Rate: 50 * unit.Mbps, Delay: ms}
	if diff := cmp.Diff([]emulator.Link{fast, fast}, []emulator.Link{calm(fast), brisk(fast)}); diff != "" {
		t.Errorf("a link with nothing of that is changed:\n%s", diff)
	}
}

// TestNewBins: what a histogram gains is told once, in bins that double.
func TestNewBins(t *testing.T) {
	const us = time.Microsecond
	before := []netns.LagBin{{AtMost: 10, Count: 7}, {AtMost: 900 * us, Count: 3}, {AtMost: 2 * ms, Count: 1}}
	now := []netns.LagBin{{AtMost: 10, Count: 7}, {AtMost: 900 * us, Count: 5}, {AtMost: 1000 * us, Count: 1}, {AtMost: 2 * ms, Count: 1}, {AtMost: 3 * ms, Count: 4}}
	want := []record.LagBin{{AtMost: 1024 * us, Count: 3}, {AtMost: 4096 * us, Count: 4}}
	if diff := cmp.Diff(want, newBins(before, now)); diff != "" {
		t.Errorf("newBins (-want +got):\n%s", diff)
	}
}

func check(rate unit.BitRate, rtt time.Duration) record.Check {
	return record.Check{RTT: rtt, AskedRTT: 20 * ms, Links: []record.LinkCheck{{Direction: "down", AskedRate: 10 * unit.Mbps, Rate: rate}, {Direction: "up"}}}
}

func TestWithin(t *testing.T) {
	tol := scenarios.Tolerance{Rate: .05, Delay: 2 * ms}
	for _, tt := range []struct {
		c    record.Check
		want bool
	}{
		{check(10*unit.Mbps, 20*ms), true},
		{check(10_500_000, 22*ms), true},
		{check(10_500_001, 20*ms), false},
		{check(9_499_999, 20*ms), false},
		{check(10*unit.Mbps, 22*ms+1), false},
		{check(10*unit.Mbps, 18*ms-1), false},
	} {
		if got := within(tt.c, tol); got != tt.want {
			t.Errorf("within(%v, %v) = %v", tt.c.Links[0].Rate, tt.c.RTT, got)
		}
	}
}

// TestMedians: each quantity by itself.
func TestMedians(t *testing.T) {
	got := medians([]record.Check{check(18*unit.Mbps, 50*ms), check(9*unit.Mbps, 21*ms), check(10*unit.Mbps, 20*ms)})
	want := check(10*unit.Mbps, 21*ms)
	want.Probes = 3
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("medians (-want +got):\n%s", diff)
	}
}
