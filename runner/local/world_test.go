//go:build linux

package local_test

import (
	"context"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/load"
	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/local"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

func TestMain(m *testing.M) {
	load.Main()
	netns.Main(func(conn net.Conn, _ []string) error { return local.NodeMain(conn) })
	os.Exit(m.Run())
}

// models are the smallest two.
func models() []model.Model { return model.Builtin()[:2] }

func image(t *testing.T, i int) dataset.Sample {
	t.Helper()
	s, err := dataset.NewSigns(dataset.Test, 400).Sample(i)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plan is of an edge and a cloud on one CPU each, under one condition.
func plan(c scenarios.Condition) *scenarios.Plan {
	c.ID = "c"
	return &scenarios.Plan{
		Scenario: scenarios.Scenario{World: "netns", Engine: "relay", Nodes: []scenarios.Node{{Name: "edge", CPUs: 1, Threads: 1}, {Name: "cloud", CPUs: 1, Threads: 1}},
			Tolerance: scenarios.Tolerance{Rate: 1, Delay: time.Second}},
		Conditions: []scenarios.Condition{c},
	}
}

func open(t *testing.T, p *scenarios.Plan) *local.World {
	t.Helper()
	w, err := tryOpen(t, p)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func tryOpen(t *testing.T, p *scenarios.Plan) (*local.World, error) {
	t.Helper()
	needs.Probed(t, netns.Probe, "netns", "relay")
	w, err := local.Open(t.Context(), p, local.Options{Models: models(), Library: needs.ONNX(t, onnx.Find), Image: image(t, 0).Image})
	if err == nil {
		t.Cleanup(func() {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return w, err
}

// both are links of a rate and a delay in either direction.
func both(rate unit.BitRate, delay time.Duration) scenarios.Links {
	l := emulator.Link{Rate: rate, Delay: delay}
	return scenarios.Links{Down: l, Up: l}
}

func cpu(share float64) emulator.Load {
	return emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Share: share}}}
}

func enter(t *testing.T, w *local.World, p *scenarios.Plan) {
	t.Helper()
	if _, err := w.Enter(t.Context(), p.Conditions[0], 1); err != nil {
		t.Fatal(err)
	}
}

func observe(t *testing.T, w *local.World, arm string) (edge, cloud selector.Device) {
	t.Helper()
	all, err := w.Observe(t.Context(), []string{"cloud", "edge"}, arm)
	if err != nil || len(all) != 2 || all[0].Name != "cloud" || all[1].Name != "edge" {
		t.Fatalf("%+v, %v; want cloud and edge", all, err)
	}
	return all[1], all[0]
}

func request(node string, s dataset.Sample) runner.Request {
	return runner.Request{Node: node, Arm: "a", Model: models()[0].Name, Image: s.Image, Timeout: 30 * time.Second}
}

// TestObserve: selectors see both nodes, each over its own links, first by
// probes and then by what an arm's own requests showed.
func TestObserve(t *testing.T) {
	p := plan(scenarios.Condition{Links: map[string]scenarios.Links{"edge": both(20*unit.Mbps, 5*ms), "cloud": both(4*unit.Mbps, 25*ms)}})
	w := open(t, p)
	enter(t, w, p)
	edge, cloud := observe(t, w, "a")
	for _, tt := range []struct {
		d    selector.Device
		rate unit.BitRate
		rtt  time.Duration
	}{{edge, 20 * unit.Mbps, 10 * ms}, {cloud, 4 * unit.Mbps, 50 * ms}} {
		for what, rate := range map[string]unit.BitRate{"down": tt.d.Down, "up": tt.d.Up, "back": tt.d.Back} {
			if rate < tt.rate/8 || rate > tt.rate*5/4 { // with room for a busy machine
				t.Errorf("%s: %s is %v of %v", tt.d.Name, what, rate, tt.rate)
			}
		}
		if tt.d.RTT < tt.rtt || tt.d.RTT > tt.rtt+20*ms || tt.d.FetchRTT != tt.d.RTT {
			t.Errorf("%s: a round trip of %v, and of %v to the repository; want %v", tt.d.Name, tt.d.RTT, tt.d.FetchRTT, tt.rtt)
		}
		if a := tt.d.Ages; a.Up <= 0 || a.RTT <= 0 || a.Down <= 0 || a.Utilization <= 0 || a.Machine <= 0 || tt.d.Cores != 1 || tt.d.MemoryFree == 0 {
			t.Errorf("%s: %+v", tt.d.Name, tt.d)
		}
	}
	s := image(t, 1)
	res, err := w.Do(t.Context(), request("cloud", s))
	if err != nil || res.Err != "" || res.Prediction < 0 || res.Confidence <= 0 || res.Confidence > 1 || res.Phases.Total() != res.Done-res.Sent {
		t.Fatalf("%+v, %v", res, err)
	}
	_, after := observe(t, w, "a")
	_, other := observe(t, w, "b")
	if after.Ages.Up > other.Ages.Up || after.Up == cloud.Up || !slices.Equal(after.Held, []string{models()[0].Name}) {
		t.Errorf("after a request: %+v", after)
	}
	if other.Up != cloud.Up || other.RTT != cloud.RTT || other.Down != cloud.Down || len(other.Held) != 0 {
		t.Errorf("another arm learnt of it: %+v", other)
	}
}

// TestTwoAtOnce: requests to two nodes overlap, and one is cut short without the
// other, or the next to that node.
func TestTwoAtOnce(t *testing.T) {
	p := plan(scenarios.Condition{Links: map[string]scenarios.Links{"edge": both(0, 5*ms), "cloud": both(0, 400*ms)}})
	w := open(t, p)
	enter(t, w, p)
	s := image(t, 1)
	type answer struct {
		res runner.Result
		err error
	}
	ctx, cut := context.WithCancel(t.Context())
	slow := make(chan answer, 1)
	go func() {
		res, err := w.Do(ctx, request("cloud", s))
		slow <- answer{res, err}
	}()
	time.Sleep(50 * ms)
	fast, err := w.Do(t.Context(), request("edge", s))
	if err != nil || fast.Err != "" {
		t.Fatalf("%+v, %v", fast, err)
	}
	cut()
	select {
	case a := <-slow:
		if a.err != nil || !strings.Contains(a.res.Err, "cut short") || a.res.Prediction != -1 || a.res.Sent > fast.Done {
			t.Errorf("cut short: %+v, %v", a.res, a.err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it was not cut short")
	}
	if res, err := w.Do(t.Context(), request("cloud", s)); err != nil || res.Err != "" {
		t.Errorf("the next one: %+v, %v", res, err)
	}
}

// TestControlBeside: images from control at the edge's site reach the edge at
// once, and the cloud over both links; models still come from the repository.
func TestControlBeside(t *testing.T) {
	far := both(8*unit.Mbps, 20*ms)
	far.Up.Rate = unit.Mbps
	p := plan(scenarios.Condition{Links: map[string]scenarios.Links{"edge": both(20*unit.Mbps, 10*ms), "cloud": far}})
	p.Scenario.Control.Beside = "edge"
	w := open(t, p)
	enter(t, w, p)
	edge, cloud := observe(t, w, "a")
	if edge.Up != 0 || edge.RTT != 0 || edge.Ages.Up != 0 || edge.FetchRTT < 20*ms {
		t.Errorf("edge: %+v; want no link from control, and 20 ms from the repository", edge)
	}
	// Towards the cloud an image passes the edge's up and the cloud's down, and
	// the answer the cloud's up.
	if cloud.RTT < 60*ms || cloud.RTT > 90*ms || cloud.FetchRTT < 40*ms || cloud.FetchRTT > 59*ms || cloud.Up < 2*unit.Mbps || cloud.Up > 8*unit.Mbps || cloud.Back > unit.Mbps*5/4 {
		t.Errorf("cloud: %+v; want 60 ms from control, 40 ms from the repository", cloud)
	}
	res, err := w.Do(t.Context(), request("edge", image(t, 1)))
	if err != nil || res.Err != "" || res.Phases.Upload > 10*ms {
		t.Errorf("to the edge: %+v, %v", res, err)
	}
	if edge, _ := observe(t, w, "a"); edge.RTT <= 0 || edge.RTT > 20*ms || edge.Ages.RTT <= 0 {
		t.Errorf("after a request: %+v", edge)
	}
}

// TestRewind: a link and a load that vary stand as they did, as often as is
// asked, and telemetry says what was asked for then.
func TestRewind(t *testing.T) {
	slow, fast := 2*unit.Mbps, 40*unit.Mbps
	rates := &trace.Series{Name: "rates", At: []time.Duration{0, time.Hour}, Value: []float64{float64(slow), float64(fast)}, Period: time.Hour + time.Minute}
	share := &trace.Series{Name: "share", At: []time.Duration{0, time.Hour}, Value: []float64{0, 0.5}, Period: 2 * time.Hour}
	p := plan(scenarios.Condition{
		Links:      map[string]scenarios.Links{"edge": {Down: emulator.Link{Rates: rates, Delay: ms}, Up: emulator.Link{Delay: ms}}, "cloud": both(0, ms)},
		Background: map[string]emulator.Load{"edge": {CPU: emulator.CPULoad{Level: emulator.Level{Over: share}}}},
	})
	w := open(t, p)
	enter(t, w, p)
	s := image(t, 1)
	if err := w.Prepare(t.Context(), "edge", "a", []string{models()[0].Name}); err != nil {
		t.Fatal(err)
	}
	upload := func() time.Duration {
		t.Helper()
		least := time.Hour
		for range 3 {
			res, err := w.Do(t.Context(), request("edge", s))
			if err != nil || res.Err != "" {
				t.Fatalf("%+v, %v", res, err)
			}
			least = min(least, res.Phases.Upload)
		}
		return least
	}
	atSlow := ms + slow.TimeToSend(unit.Bytes(len(s.Image)))
	if got := upload(); got < atSlow {
		t.Errorf("at first, %v up; want at least %v", got, atSlow)
	}
	if _, err := w.Telemetry(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if could, err := w.Rewind(t.Context(), time.Hour); !could || err != nil {
			t.Fatalf("Rewind: %v, %v", could, err)
		}
		if got := upload(); got >= atSlow {
			t.Errorf("in the second hour, %v up; want less than %v", got, atSlow)
		}
	}
	all, err := w.Telemetry(t.Context())
	if err != nil || len(all) != 2 || all[0].Node != "edge" || all[0].Links[0].Direction != "down" {
		t.Fatalf("%+v, %v", all, err)
	}
	if l := all[0].Links[0]; l.Asked < fast/2 || l.Asked > fast || l.Packets == 0 {
		t.Errorf("in the second hour: %+v", l)
	}
	for deadline := time.Now().Add(10 * time.Second); all[0].CPUAsked == 0; time.Sleep(50 * ms) {
		if all, err = w.Telemetry(t.Context()); err != nil || time.Now().After(deadline) {
			t.Fatalf("no load is asked for in the second hour: %+v, %v", all, err)
		}
	}
	if could, err := w.Rewind(t.Context(), 0); !could || err != nil {
		t.Fatalf("Rewind: %v, %v", could, err)
	}
	if got := upload(); got < atSlow {
		t.Errorf("at first again, %v up; want at least %v", got, atSlow)
	}
}

// TestRewindOfTheKernel: what the kernel plays goes on.
func TestRewindOfTheKernel(t *testing.T) {
	needs.Probed(t, netns.Probe, "htb", "ingress")
	rates := &trace.Series{Name: "rates", At: []time.Duration{0, time.Hour}, Value: []float64{2e6, 4e7}, Period: time.Hour + time.Minute}
	p := plan(scenarios.Condition{Links: map[string]scenarios.Links{"edge": {Down: emulator.Link{Rates: rates}}, "cloud": {}}})
	p.Scenario.Engine = "tc"
	w := open(t, p)
	enter(t, w, p)
	if could, err := w.Rewind(t.Context(), time.Hour); could || err != nil {
		t.Errorf("Rewind: %v, %v; want that it cannot", could, err)
	}
}

// TestTelemetry: the load that is asked for shows, and is gone after Leave.
func TestTelemetry(t *testing.T) {
	p := plan(scenarios.Condition{Links: map[string]scenarios.Links{"edge": {}, "cloud": {}},
		Background: map[string]emulator.Load{"edge": {CPU: cpu(0.3).CPU, Resident: 8 * unit.MiB}}})
	w := open(t, p)
	enter(t, w, p)
	told := func() (edge record.Telemetry) {
		t.Helper()
		all, err := w.Telemetry(t.Context())
		if err != nil || len(all) != 2 {
			t.Fatalf("%+v, %v", all, err)
		}
		return all[0]
	}
	edge := told()
	if edge.CPUAsked < 0.29 || edge.CPUAsked > 0.31 || edge.CPUAchieved <= 0 || edge.CPUOthers <= 0 || edge.CPUBusy < edge.CPUOthers || edge.MemoryFree == 0 || edge.RSS == 0 {
		t.Errorf("%+v", edge)
	}
	if len(edge.Loads) != 1 || edge.Loads[0].Resource != record.Resident || edge.Loads[0].Asked != float64(8*unit.MiB) {
		t.Errorf("loads %+v", edge.Loads)
	}
	if err := w.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if edge := told(); edge.CPUAsked != 0 || edge.Loads != nil {
		t.Errorf("after Leave: %+v", edge)
	}
}

// TestNoGPU: a load that nobody can make is refused before there is a request,
// with what was looked for.
func TestNoGPU(t *testing.T) {
	p := plan(scenarios.Condition{Background: map[string]emulator.Load{"edge": {GPU: emulator.Level{Share: 0.5}}}})
	w, err := tryOpen(t, p)
	if err == nil {
		if d := w.Describe().Nodes["edge"]; len(d.Machine.GPUs) == 0 {
			t.Fatal("no error on a machine without a GPU")
		}
		t.Skip("this machine has a GPU")
	}
	for _, want := range []string{"condition c: background: load of edge: ", "GPU", "libcuda.so.1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

// BenchmarkRewind is what it costs to set a link and a load that vary back to an
// instant.
func BenchmarkRewind(b *testing.B) {
	needs.Probed(b, netns.Probe, "netns", "relay")
	steps := &trace.Series{At: []time.Duration{0, time.Second}, Value: []float64{4e7, 5e7}, Period: 2 * time.Second}
	shares := &trace.Series{At: []time.Duration{0, time.Second}, Value: []float64{0.1, 0.2}, Period: 2 * time.Second}
	p := plan(scenarios.Condition{Links: map[string]scenarios.Links{"edge": {Down: emulator.Link{Rates: steps}}, "cloud": {}},
		Background: map[string]emulator.Load{"edge": {CPU: emulator.CPULoad{Level: emulator.Level{Over: shares}}}}})
	w, err := local.Open(b.Context(), p, local.Options{Models: models(), Library: needs.ONNX(b, onnx.Find)})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Enter(b.Context(), p.Conditions[0], 1); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if could, err := w.Rewind(b.Context(), time.Second); !could || err != nil {
			b.Fatal(could, err)
		}
	}
}

// BenchmarkObserve is what it costs to ask two nodes how they are.
func BenchmarkObserve(b *testing.B) {
	needs.Probed(b, netns.Probe, "netns")
	w, err := local.Open(b.Context(), plan(scenarios.Condition{}), local.Options{Models: models(), Library: needs.ONNX(b, onnx.Find)})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	for b.Loop() {
		if _, err := w.Observe(b.Context(), []string{"edge", "cloud"}, "a"); err != nil {
			b.Fatal(err)
		}
	}
}

// TestQuota: a node that may have half of a CPU's time says so, where it can be
// held to that.
func TestQuota(t *testing.T) {
	p := plan(scenarios.Condition{})
	p.Scenario.Nodes[0].Quota = 0.5
	w := open(t, p)
	var how string
	for _, n := range w.Describe().World.(netns.Description).Nodes {
		if n.Name == "edge" && n.Quota != nil {
			how = n.Quota.How
		}
	}
	if how == "" {
		t.Fatal("the quota was not asked for")
	}
	edge, cloud := observe(t, w, "a")
	want := 1.0
	if strings.HasPrefix(how, "cgroup") {
		want = 0.5
	}
	if edge.Cores != want || cloud.Cores != 1 {
		t.Errorf("edge has %v CPUs, cloud %v; want %v (%s) and 1", edge.Cores, cloud.Cores, want, how)
	}
}
