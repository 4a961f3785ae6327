package node_test

import (
	"slices"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/node"
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
		if s := w.status(t, arm); s.DownBps != p.DownBps {
			t.Errorf("arm %s knows %d bit/s, want the probe's %d", arm, s.DownBps, p.DownBps)
		}
	}
	if p, err = w.edge.Probe(t.Context(), node.ProbeArgs{Pings: 1}); err != nil || p.DownBps != 0 || p.UpBps != 0 || p.RTT <= 0 {
		t.Errorf("pings only: %+v, %v", p, err)
	}
	if s := w.status(t, "a"); s.DownBps != 0 {
		t.Errorf("after a probe without a transfer, %d bit/s are known", s.DownBps)
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
