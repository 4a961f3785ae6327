package virtual

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/profile"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

const (
	ms = time.Millisecond
	us = time.Microsecond
)

// slowly is a device on which nothing varies.
func slowly() profile.Profile {
	return profile.Profile{Schema: 1, Name: "slowly", Device: profile.Device{Name: "box", CPUs: 2, Memory: 1000 * unit.MB},
		Models: []profile.Model{
			{Name: "small", Size: unit.MB, Accuracy: 0.7, Load: profile.Load{Warm: 50 * ms}, Memory: profile.Memory{Before: 100 * unit.MB, Loaded: 400 * unit.MB},
				Threads: []profile.Timing{{Threads: 1, Sample: profile.Sample{Mean: 10 * ms}, Preprocess: 2 * ms}}},
			{Name: "big", Size: 4 * unit.MB, Accuracy: 0.8, Load: profile.Load{Warm: 200 * ms}, Memory: profile.Memory{Before: 100 * unit.MB, Loaded: 800 * unit.MB},
				Threads: []profile.Timing{{Threads: 1, Sample: profile.Sample{Mean: 40 * ms}, Preprocess: 2 * ms}}},
		},
		// Half as fast where others use half, a quarter where they use all.
		Slowdown: []profile.Curve{{Threads: 1, Points: []profile.Point{{Slowdown: 1}, {Utilization: 0.5, Slowdown: 2}, {Utilization: 1, Slowdown: 4}}}},
	}
}

func models() []model.Model { return []model.Model{{Name: "small"}, {Name: "big"}} }

// narrow is 1 byte a microsecond, and 10 ms away.
var narrow = emulator.Link{Rate: 8 * unit.Mbps, Delay: 10 * ms}

// one is a plan of one node with one condition.
func one(l scenarios.Links, edits ...func(*scenarios.Plan)) *scenarios.Plan {
	p := &scenarios.Plan{
		Scenario:   scenarios.Scenario{Seed: 1, World: "sim", Nodes: []scenarios.Node{{Name: "edge"}}},
		Conditions: []scenarios.Condition{{ID: "default", Links: map[string]scenarios.Links{"edge": l}}},
	}
	for _, edit := range edits {
		edit(p)
	}
	return p
}

// open opens a plan, of which every node is slowly, and enters its condition.
func open(t testing.TB, p *scenarios.Plan) *World {
	t.Helper()
	return openOn(t, p, slowly())
}

func openOn(t testing.TB, p *scenarios.Plan, device profile.Profile) *World {
	t.Helper()
	devices := map[string]profile.Profile{}
	for _, n := range p.Scenario.Nodes {
		devices[n.Name] = device
	}
	w, err := Open(p, Options{Models: models(), Devices: devices, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Enter(t.Context(), p.Conditions[0], 7); err != nil {
		t.Fatal(err)
	}
	return w
}

func request(model string) runner.Request {
	return runner.Request{Node: "edge", Arm: "a", Model: model, Image: make([]byte, 3000), Sample: "s", Label: 3, Timeout: 30 * time.Second}
}

func do(t testing.TB, w *World, r runner.Request) runner.Result {
	t.Helper()
	res, err := w.Do(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if res.Err == "" && res.Phases.Total() != res.Done-res.Sent {
		t.Errorf("phases add up to %v, want %v", res.Phases.Total(), res.Done-res.Sent)
	}
	return res
}

// A byte takes 1 µs, and a frame 66 bytes more than what it carries.
//
//	up      204 + 200 + 3000 bytes in 3 segments: 3404 + 198 µs, and 10 ms
//	down    155 + 505 + 4·10 bytes in one: 700 + 66 µs, and 10 ms
//	fetch   the handshake, 74 bytes each way: 20.148 ms;
//	        160 + 66 bytes to the repository: 10.226 ms;
//	        250 + 1000000 bytes in 691 segments: 1045.856 ms, and 10 ms;
//	        and slow start stands still once: the first window of 10 full frames
//	        is out after 15.14 ms, the first acknowledgement there after
//	        1.514 + 10 + 0.066 + 10 = 21.58 ms: 6.44 ms
func TestRequest(t *testing.T) {
	warm := selector.Phases{Upload: 13602 * us, Preprocess: 2 * ms, Infer: 10 * ms, Download: 10766 * us}
	fetched := warm
	fetched.Fetch, fetched.Load = 20148*us+10226*us+1055856*us+6440*us, 50*ms
	loaded := func(u float64, p selector.Phases, factor time.Duration) selector.Phases {
		p.Load, p.Preprocess, p.Infer = factor*p.Load, factor*p.Preprocess, factor*p.Infer
		return p
	}
	nothing := func(*scenarios.Plan) {}
	for _, tt := range []struct {
		name string
		link emulator.Link
		edit func(*scenarios.Plan)
		hold []string
		want selector.Phases
	}{
		{"warm", narrow, nothing, []string{"small"}, warm},
		{"cold", narrow, nothing, nil, fetched},
		{"a perfect link, cold", emulator.Link{}, nothing, nil, selector.Phases{Load: 50 * ms, Preprocess: 2 * ms, Infer: 10 * ms}},
		{"control is beside the node", narrow, func(p *scenarios.Plan) { p.Scenario.Control.Beside = "edge" }, nil,
			selector.Phases{Fetch: fetched.Fetch, Load: 50 * ms, Preprocess: 2 * ms, Infer: 10 * ms}},
		{"the repository is beside the node", narrow, func(p *scenarios.Plan) { p.Scenario.Repository.Beside = "edge" }, nil,
			selector.Phases{Upload: 13602 * us, Load: 50 * ms, Preprocess: 2 * ms, Infer: 10 * ms, Download: 10766 * us}},
		{"others use half of the CPUs", narrow, background(emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Share: 0.5}}}), nil, loaded(0.5, fetched, 2)},
		{"others use all of the CPUs", narrow, background(emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Share: 1}}}), nil, loaded(1, fetched, 4)},
		{"twice as fast as its device", narrow, func(p *scenarios.Plan) { p.Scenario.Nodes[0].Speed = 2 }, []string{"small"},
			selector.Phases{Upload: 13602 * us, Preprocess: ms, Infer: 5 * ms, Download: 10766 * us}},
		{"half a CPU for one thread", narrow, func(p *scenarios.Plan) { p.Scenario.Nodes[0].Quota = 0.5 }, []string{"small"}, loaded(0, warm, 2)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := open(t, one(scenarios.Links{Down: tt.link, Up: tt.link}, tt.edit))
			if err := w.Prepare(t.Context(), "edge", "a", tt.hold); err != nil {
				t.Fatal(err)
			}
			got := do(t, w, request("small"))
			if diff := cmp.Diff(tt.want, got.Phases); diff != "" || got.Err != "" {
				t.Errorf("%s\nphases (-want +got):\n%s", got.Err, diff)
			}
		})
	}
}

func background(l emulator.Load) func(*scenarios.Plan) {
	return func(p *scenarios.Plan) { p.Conditions[0].Background = map[string]emulator.Load{"edge": l} }
}

// TestVarying follows a request through a load that changes while it computes.
//
// Its upload ends 13.602 ms after the load's begin, on an idle node. From 20 ms
// on others use half of the CPUs, and from 30 ms on all:
//
//	preprocess  13.602 to 15.602 ms
//	infer       4.398 ms of its 10 until 20 ms; in the 10 ms after that another
//	            5; and the last 0.602 at a quarter of the speed, 2.408 ms:
//	            16.806 ms
//	download    10.766 ms
func TestVarying(t *testing.T) {
	ramp := &trace.Series{At: []time.Duration{0, 20 * ms, 30 * ms}, Value: []float64{0, 0.5, 1}, Period: time.Second, Wrap: trace.Hold}
	w := open(t, one(scenarios.Links{Down: narrow, Up: narrow}, background(emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Over: ramp}}})))
	prepare(t, w, "a", "small")
	want := selector.Phases{Upload: 13602 * us, Preprocess: 2 * ms, Infer: 16806 * us, Download: 10766 * us}
	for range 2 {
		if diff := cmp.Diff(want, do(t, w, request("small")).Phases); diff != "" {
			t.Errorf("at %v (-want +got):\n%s", w.Now(), diff)
		}
		if u := observe(t, w).Utilization; !(u > 0 && u < 0.5) {
			t.Errorf("at %v the node says that others used %v of it in the last second", w.Now(), u)
		}
		// Later, and then as at first: the same again.
		w.Wait(10 * time.Second)
		if u := observe(t, w).Utilization; u != 1 {
			t.Errorf("at %v the node says that others used %v of it, want 1", w.Now(), u)
		}
		rewind(t, w, 0)
	}
}

func prepare(t testing.TB, w *World, arm string, models ...string) {
	t.Helper()
	if err := w.Prepare(t.Context(), "edge", arm, models); err != nil {
		t.Fatal(err)
	}
}

func rewind(t testing.TB, w *World, since time.Duration) {
	t.Helper()
	if ok, err := w.Rewind(t.Context(), since); !ok || err != nil {
		t.Fatalf("rewind: %v, %v", ok, err)
	}
}

func observe(t testing.TB, w *World) selector.Device {
	t.Helper()
	d, err := w.Observe(t.Context(), []string{"edge"}, "a")
	if err != nil {
		t.Fatal(err)
	}
	return d[0]
}

// TestRewind has a link whose rate doubles after a second. The frames of an
// upload, 3602 bytes, take 3.602 ms before it and 1.801 ms after; a half of it
// on each side of the step takes 2.7015 ms, whenever it was that the world was
// turned back to it.
func TestRewind(t *testing.T) {
	rates := &trace.Series{At: []time.Duration{0, time.Second}, Value: []float64{8e6, 16e6}, Period: time.Minute, Wrap: trace.Hold}
	fast := emulator.Link{Rates: rates, Delay: 10 * ms}
	w := open(t, one(scenarios.Links{Down: fast, Up: narrow}))
	prepare(t, w, "a", "small")
	w.Wait(3 * time.Second)
	for _, tt := range []struct{ since, upload time.Duration }{
		{0, 13602 * us}, {2 * time.Second, 11801 * us}, {0, 13602 * us}, {time.Second - 1801*us, 12701500}, {time.Hour, 11801 * us},
	} {
		rewind(t, w, tt.since)
		if got := do(t, w, request("small")).Phases.Upload; got != tt.upload {
			t.Errorf("rewound to %v: upload takes %v, want %v", tt.since, got, tt.upload)
		}
	}
}

// TestTraffic: where others use half of the link towards the node, the 3602
// bytes of an upload take twice as long; the 766 of an answer, where they use a
// fifth, 5/4.
func TestTraffic(t *testing.T) {
	half := emulator.Traffic{Level: emulator.Level{Share: 0.5}, Of: 8 * unit.Mbps}
	fifth := emulator.Traffic{Level: emulator.Level{Share: 0.2}, Of: 8 * unit.Mbps}
	w := open(t, one(scenarios.Links{Down: narrow, Up: narrow}, background(emulator.Load{Down: half, Up: fifth})))
	prepare(t, w, "a", "small")
	p := do(t, w, request("small")).Phases
	if got, want := p.Upload, 10*ms+2*3602*us; got != want {
		t.Errorf("upload takes %v beside others, want %v", got, want)
	}
	if got, want := p.Download, 10*ms+766*us*5/4; got != want {
		t.Errorf("download takes %v beside others, want %v", got, want)
	}
	if err := w.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := do(t, w, request("small")).Phases.Upload, 13602*us; got != want {
		t.Errorf("upload takes %v after others have left, want %v", got, want)
	}
}

// TestTrafficVaries turns the world back to when others began, and to when they
// have ended.
func TestTrafficVaries(t *testing.T) {
	once := &trace.Series{At: []time.Duration{0}, Value: []float64{0.5}, Period: time.Second, Wrap: trace.Stop}
	w := open(t, one(scenarios.Links{Down: narrow, Up: narrow}, background(emulator.Load{Down: emulator.Traffic{Level: emulator.Level{Over: once}, Of: 8 * unit.Mbps}})))
	prepare(t, w, "a", "small")
	w.Wait(5 * time.Second)
	for _, tt := range []struct{ since, upload time.Duration }{{0, 10*ms + 2*3602*us}, {2 * time.Second, 13602 * us}, {0, 10*ms + 2*3602*us}} {
		rewind(t, w, tt.since)
		if got := do(t, w, request("small")).Phases.Upload; got != tt.upload {
			t.Errorf("rewound to %v: upload takes %v, want %v", tt.since, got, tt.upload)
		}
	}
}

// TestPath has control at the site of one node: to the other it is over both
// links, and to that one over none.
func TestPath(t *testing.T) {
	p := &plan{links: []string{"cloud", "cloud/repository", "edge"}, beside: map[string]string{control: "edge", "near": "edge"}}
	for _, tt := range []struct {
		from, to string
		want     path
	}{
		{control, "cloud", path{[]leg{up(2), down(0)}, []leg{up(0), down(2)}}},
		{control, "edge", path{}},
		{control, "near", path{}},
		{repository, "near", path{[]leg{down(2)}, []leg{up(2)}}},
		{repository, "cloud", path{[]leg{down(1)}, []leg{up(1)}}},
	} {
		if got := p.path(tt.from, tt.to); !slices.Equal(got.down, tt.want.down) || !slices.Equal(got.up, tt.want.up) {
			t.Errorf("from %s to %s: %v, want %v", tt.from, tt.to, got, tt.want)
		}
	}
}

// TestMemory: of 1000 MB the node's process takes 100, and sessions 300 and 700.
func TestMemory(t *testing.T) {
	w := open(t, one(scenarios.Links{}))
	if free := observe(t, w).MemoryFree; free != 900*unit.MB {
		t.Errorf("%v free at first, want 900 MB", free)
	}
	do(t, w, request("small"))
	if free := observe(t, w).MemoryFree; free != 600*unit.MB {
		t.Errorf("%v free beside small, want 600 MB", free)
	}
	res := do(t, w, request("big"))
	if want := "node edge: load big: out of memory: it takes 700 MB, and 600 MB of the 1000 MB of box are free"; !strings.Contains(strings.ReplaceAll(res.Err, "1 GB", "1000 MB"), "out of memory") || res.Prediction != -1 || res.Phases != (selector.Phases{}) {
		t.Errorf("%+v, want %q", res, want)
	}
	if err := w.Prepare(t.Context(), "edge", "b", []string{"small", "big"}); err == nil || !strings.Contains(err.Error(), "load big: out of memory") {
		t.Errorf("prepare of both: %v", err)
	}
	prepare(t, w, "a")
	prepare(t, w, "b", "big")
	prepare(t, w, "c", "big") // shares it
	if free := observe(t, w).MemoryFree; free != 200*unit.MB {
		t.Errorf("%v free beside big, want 200 MB", free)
	}
	prepare(t, w, "b")
	if res := do(t, w, request("small")); !strings.Contains(res.Err, "out of memory") {
		t.Errorf("c holds big: %+v", res)
	}
	prepare(t, w, "c")
	if res := do(t, w, request("small")); res.Err != "" {
		t.Error(res.Err)
	}
	if err := w.Prepare(t.Context(), "edge", "b", []string{"huge"}); err == nil || !strings.Contains(err.Error(), `node edge: no model "huge"`) {
		t.Error(err)
	}

	resident := open(t, one(scenarios.Links{}, background(emulator.Load{Resident: 700 * unit.MB})))
	if res := do(t, resident, request("small")); !strings.Contains(res.Err, "out of memory") {
		t.Errorf("beside 700 MB of others: %+v", res)
	}
}

// TestResidency: what one arm holds, another does not.
func TestResidency(t *testing.T) {
	w := open(t, one(scenarios.Links{Down: narrow, Up: narrow}))
	holds := func(when string, want ...string) {
		t.Helper()
		d := observe(t, w)
		if diff := cmp.Diff(want, d.Held); diff != "" {
			t.Errorf("%s, held:\n%s", when, diff)
		}
		if diff := cmp.Diff(want, d.Loaded); diff != "" {
			t.Errorf("%s, loaded:\n%s", when, diff)
		}
	}
	holds("at first")
	prepare(t, w, "b", "small")
	holds("when another has it")
	r := request("small")
	r.Arm = "b"
	if res := do(t, w, r); res.Fetched != 0 || res.Phases.Fetch+res.Phases.Load != 0 {
		t.Errorf("an arm that holds it: %+v", res)
	}
	if res := do(t, w, request("small")); res.Fetched != unit.MB || res.Phases.Load != 50*ms {
		t.Errorf("an arm that does not: %+v", res)
	}
	holds("after a request", "small")
	if res := do(t, w, request("small")); res.Fetched != 0 {
		t.Errorf("once more: %+v", res)
	}
	prepare(t, w, "a")
	holds("after it was dropped")
}

// TestTimeout: a request is given up when its time is over. What was being
// computed is computed to its end, and then the rest; the connection is made
// anew, which is not part of the next request.
//
// The upload is over at 13.602 ms. At 14.602 ms the node has computed 1 of 2 ms,
// and 10 are to come: it is free at 25.602 ms. By then control has not even made
// its connection again: a handshake takes 20.148 ms, 87 + 66 bytes there and
// 122 + 66 back 20.341 ms.
func TestTimeout(t *testing.T) {
	roomy := slowly()
	roomy.Device.Memory = 0
	w := openOn(t, one(scenarios.Links{Down: narrow, Up: narrow}), roomy)
	prepare(t, w, "a", "small", "big")
	r := request("small")
	r.Timeout = 14602 * us
	res := do(t, w, r)
	if want := "node edge: no answer within 14.602ms"; res.Err != want || res.Done != r.Timeout || res.Prediction != -1 || res.Phases != (selector.Phases{}) {
		t.Errorf("%+v, want %q", res, want)
	}
	res = do(t, w, request("big"))
	if want := 14602*us + 20148*us + 20341*us; res.Sent != want || res.Err != "" {
		t.Errorf("the next is sent at %v (%s), want %v", res.Sent, res.Err, want)
	}
	if res.Phases.Queue != 0 {
		t.Errorf("it waits %v for what was over before", res.Phases.Queue)
	}

	// Of the 42 ms of big, which take four times as long under load, 20 are
	// computed after 80 ms. The other 88 ms of it have passed in part when the
	// connection is there (40.489 ms) and the next upload (13.602 ms): it waits
	// for the rest.
	w = openOn(t, one(scenarios.Links{Down: narrow, Up: narrow}, background(emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Share: 1}}})), roomy)
	prepare(t, w, "a", "small", "big")
	// After 4 ms, while it is still preprocessed, it is 164.
	for _, passed := range []time.Duration{80 * ms, 4 * ms} {
		r = request("big")
		r.Timeout = 13602*us + passed
		do(t, w, r)
		res = do(t, w, request("small"))
		want := selector.Phases{Upload: 13602 * us, Queue: 168*ms - passed - 40489*us - 13602*us, Preprocess: 8 * ms, Infer: 40 * ms, Download: 10766 * us}
		if diff := cmp.Diff(want, res.Phases); diff != "" {
			t.Errorf("after one that timed out (-want +got):\n%s", diff)
		}
	}
	if q := do(t, w, request("small")).Phases.Queue; q != 0 {
		t.Errorf("and the one after that waits %v", q)
	}
}

// TestStandstill: over a link that nothing passes a request ends with its time.
func TestStandstill(t *testing.T) {
	dead := emulator.Link{Rates: &trace.Series{At: []time.Duration{0}, Value: []float64{0}, Period: time.Second}}
	w := open(t, one(scenarios.Links{Down: dead, Up: dead}))
	for range 2 {
		before := w.Now()
		if res := do(t, w, request("small")); res.Err != "node edge: no answer within 30s" || res.Done-before != 30*time.Second {
			t.Errorf("%+v", res)
		}
	}
}

func TestMistakes(t *testing.T) {
	p := one(scenarios.Links{})
	devices := map[string]profile.Profile{"edge": slowly()}
	for _, tt := range []struct {
		name string
		o    Options
		edit func(*scenarios.Plan)
		want string
	}{
		{"no device", Options{Models: models(), Classes: 10}, nil, "node edge: no device profile"},
		{"no such model", Options{Models: []model.Model{{Name: "huge"}}, Devices: devices, Classes: 10}, nil, `node edge: device: profile slowly: no model "huge": want one of small, big`},
		{"more threads", Options{Models: models(), Devices: devices, Classes: 10}, func(p *scenarios.Plan) { p.Scenario.Nodes[0].Threads = 2 }, "node edge: device: profile slowly: model small: 2 threads: it was measured with 1 to 1"},
		{"one class", Options{Models: models(), Devices: devices, Classes: 1}, nil, "1 classes: want 2 or more"},
	} {
		p := one(scenarios.Links{})
		if tt.edit != nil {
			tt.edit(p)
		}
		if _, err := Open(p, tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	w := open(t, p)
	r := request("huge")
	if res := do(t, w, r); res.Err != `node edge: no model "huge"` || res.Prediction != -1 {
		t.Errorf("a model that is not there: %+v", res)
	}
	if r.Node = "cloud"; true {
		if _, err := w.Do(t.Context(), r); err == nil {
			t.Error("a node that is not there: no error")
		}
	}
	if r.Node, r.Timeout = "edge", 0; true {
		if _, err := w.Do(t.Context(), r); err == nil {
			t.Error("no timeout: no error")
		}
	}
}
