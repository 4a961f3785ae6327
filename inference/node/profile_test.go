package node_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/selector"
)

func TestProfile(t *testing.T) {
	w := open(t, "")
	for _, m := range w.models {
		p, err := w.edge.Profile(t.Context(), node.ProfileArgs{Model: m.Name, Runs: 5, Loads: 2, Image: image(t, 0)})
		if err != nil {
			t.Fatal(err)
		}
		if p.Load <= 0 || p.Preprocess <= 0 || p.Infer <= 0 || p.Preprocess > time.Second || p.Infer > 5*time.Second {
			t.Errorf("%s: %+v", m.Name, p)
		}
	}
	if s := w.status(t, ""); len(s.Held) > 0 {
		t.Errorf("to profile left %v", s.Held)
	}
	if _, err := w.edge.Profile(t.Context(), node.ProfileArgs{Model: "no-such"}); err == nil {
		t.Error("unknown model: no error")
	}
	if _, err := w.edge.Profile(t.Context(), node.ProfileArgs{Model: w.models[0].Name, Image: []byte("x")}); err == nil {
		t.Error("no image: no error")
	}
}

func TestProbe(t *testing.T) {
	w := open(t, "")
	name := w.models[1].Name
	if r := w.do(t, "a", name, 0); r.Err != "" {
		t.Fatal(r.Err)
	}
	if s := w.status(t, "a"); s.DownBps <= 0 {
		t.Logf("a fetch over the loopback took less than its handshake")
	}
	if s := w.status(t, "b"); s.DownBps != 0 {
		t.Errorf("arm b knows %d bit/s of a's transfers", s.DownBps)
	}
	p, err := w.edge.Probe(t.Context(), node.ProbeArgs{DownBytes: 4 << 20, UpBytes: 3 << 20, Pings: 7})
	if err != nil {
		t.Fatal(err)
	}
	if p.RTTMin <= 0 || p.RTT < p.RTTMin || p.RTT > time.Second || p.DownBps < 1e6 || p.UpBps < 1e6 {
		t.Errorf("%+v", p)
	}
	if p.DownHalf <= 0 || p.DownLast < p.DownHalf || p.UpHalf < p.DownLast || p.UpLast < p.UpHalf || p.UpLast > clock.Now() {
		t.Errorf("times %+v are not in order", p)
	}
	for _, arm := range []string{"a", "b"} {
		if s := w.status(t, arm); s.DownBps != p.DownBps || s.FetchRTT != p.RTTMin || s.DownAge <= 0 || s.DownAge > time.Minute {
			t.Errorf("arm %s knows %d bit/s and %v, %v old; want the probe's %d and %v", arm, s.DownBps, s.FetchRTT, s.DownAge, p.DownBps, p.RTTMin)
		}
	}
	pings, err := w.edge.Probe(t.Context(), node.ProbeArgs{Pings: 1})
	if err != nil || pings.DownBps != 0 || pings.UpBps != 0 || pings.RTT <= 0 {
		t.Errorf("pings only: %+v, %v", pings, err)
	}
	if s := w.status(t, "a"); s.DownBps != p.DownBps || s.FetchRTT != pings.RTTMin {
		t.Errorf("after a probe of the round trip alone, %d bit/s and %v are known; want %d and %v", s.DownBps, s.FetchRTT, p.DownBps, pings.RTTMin)
	}
	for _, args := range []node.ProbeArgs{{DownBytes: -1}, {UpBytes: 1 << 40}, {Pings: -1}} {
		if _, err := w.edge.Probe(t.Context(), args); err == nil {
			t.Errorf("Probe(%+v): no error", args)
		}
	}
}

func TestStatusOfTheMachine(t *testing.T) {
	w := open(t, "")
	time.Sleep(300 * time.Millisecond)
	s := w.status(t, "a")
	if s.Busy < 0 || s.Busy > 1 || s.Others < 0 || s.Others > s.Busy || s.RSSBytes < 1<<20 {
		t.Errorf("%+v", s)
	}
	if runtime.GOOS != "linux" {
		return
	}
	if s.Pressure < 0 || s.Pressure > 1 || s.Cores <= 0 || s.Cores > float64(runtime.NumCPU()) || s.MemoryFree < 1<<20 {
		t.Errorf("%+v", s)
	}
	for what, age := range map[string]time.Duration{"usage": s.UsageAge, "machine": s.MachineAge} {
		if age <= 0 || age > time.Minute { // 250 ms, and what a busy machine adds
			t.Errorf("%s is %v old", what, age)
		}
	}
}

// TestDevice: what a node knows of itself is what a selector sees, and it is as
// old as it was, and as long ago as the node was asked.
func TestDevice(t *testing.T) {
	got := node.Status{
		Held: []string{"a", "b"}, Loaded: []string{"b"}, DownBps: 5e6, FetchRTT: 40 * time.Millisecond, DownAge: time.Second,
		Others: 0.5, Busy: 0.75, Pressure: 0.25, UsageAge: 2 * time.Second,
		Cores: 1.5, MemoryFree: 1 << 30, FrequencyMHz: 1800, TemperatureC: 55, GPU: &node.GPU{Utilization: 0.1, MemoryFree: 1 << 20}, MachineAge: 3 * time.Second,
	}.Device("edge", time.Millisecond)
	want := selector.Device{
		Name: "edge", Held: []string{"a", "b"}, Loaded: []string{"b"}, Down: 5 * unit.Mbps, FetchRTT: 40 * time.Millisecond,
		Utilization: 0.5, Busy: 0.75, Pressure: 0.25,
		Cores: 1.5, MemoryFree: unit.GiB, FrequencyMHz: 1800, TemperatureC: 55, GPU: &selector.GPU{Utilization: 0.1, MemoryFree: unit.MiB},
		Ages: selector.Ages{Down: 1001 * time.Millisecond, Utilization: 2001 * time.Millisecond, Machine: 3001 * time.Millisecond, Residency: time.Millisecond},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("device (-want +got):\n%s", diff)
	}
	if d := (node.Status{DownAge: time.Hour}).Device("edge", 0); d.Ages.Down != 0 || d.GPU != nil {
		t.Errorf("what is not known has an age: %+v", d)
	}
}

// BenchmarkStatus is what it costs to ask a node how it is.
func BenchmarkStatus(b *testing.B) {
	w := open(b, "")
	w.prepare(b, "a", w.models[0].Name)
	for b.Loop() {
		if _, err := w.edge.Status(b.Context(), "a"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRequest is the cost of the harness: all of a request but its
// inference, over the loopback, with the smallest model resident.
func BenchmarkRequest(b *testing.B) {
	w := open(b, "")
	name := w.models[0].Name
	w.prepare(b, "a", name)
	file := image(b, 0)
	args := node.DoArgs{Address: w.address, Arm: "a", Model: name, Image: file, Timeout: time.Minute}
	var cost, infer, preprocess []time.Duration
	for b.Loop() {
		r, err := w.control.Do(b.Context(), args)
		if err != nil || r.Err != "" {
			b.Fatal(err, r.Err)
		}
		cost = append(cost, r.Phases.Total()-r.Phases.Infer)
		infer = append(infer, r.Phases.Infer)
		preprocess = append(preprocess, r.Phases.Preprocess)
	}
	for _, d := range [][]time.Duration{cost, infer, preprocess} {
		slices.Sort(d)
	}
	n := len(cost)
	b.ReportMetric(float64(cost[n/2].Microseconds()), "µs-harness-p50")
	b.ReportMetric(float64(cost[n*99/100].Microseconds()), "µs-harness-p99")
	b.ReportMetric(float64(infer[n/2].Microseconds()), "µs-infer-p50")
	b.ReportMetric(float64(preprocess[n/2].Microseconds()), "µs-preprocess-p50")
}
