package scenarios_test

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

// good is a scenario that uses every part; the cases of TestMistakes each
// break one thing of it.
const good = `title: All parts
seed: 42
engine: relay
nodes: [{name: edge, cpus: 2, threads: 1}, {name: cloud}]
links:
  edge:
    down:
      rate: 5Mbps
      delay: 10ms
      jitter: 1ms
      loss: 0.1%
      queue: 64KiB
    up: {trace: {mahimahi: traces/x.up}}
background:
  edge: {cpu: 50%}
dataset: {name: signs, images: 1000}
models:
  - signs-resnet8
  - {name: big, file: big.onnx, accuracy: 91%, recipe: {size: 32, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25]}}
selectors: [greedy, {name: advanced}]
budget: 10pp
load: {requests: 6, repetitions: 4, warmup: 1, think: 5ms, timeout: 10s}
residency: first
measure: [upload, infer]
vary:
  - name: bandwidth
    paths: [links.edge.down.rate]
    values: [5Mbps, 20Mbps]
  - name: device
    values:
      - {name: cold, set: {residency: cold, load.requests: 2}}
      - {name: warm, set: {residency: warm}}
require: {saving: 25%, accuracy_drop: 5pp, confidence: 90%, deadline: 80ms, on_time: 98%}
tolerance: {rate: 6%, delay: 3ms, cpu: 4pp}
stop: {when: decided, least: 3}
`

const goodTrace = "1\n3\n3\n10\n"

func files(yaml string) fstest.MapFS {
	return fstest.MapFS{
		"s/x.yaml":      {Data: []byte(yaml)},
		"s/traces/x.up": {Data: []byte(goodTrace)},
	}
}

func read(t *testing.T, yaml string, overrides ...scenarios.Setting) *scenarios.Plan {
	t.Helper()
	p, err := scenarios.Read(files(yaml), "s/x.yaml", overrides)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// arms are selectors as they are without keys.
func arms(b selector.Budget, seed uint64, policies ...string) (all []scenarios.Selector) {
	for _, p := range policies {
		all = append(all, scenarios.Selector{Config: selector.Config{Name: p, Policy: p, Budget: b, Horizon: 10, Seed: seed}})
	}
	return all
}

// shadows are those that are judged beside greedy and advanced without being
// named.
func shadows(b selector.Budget, seed uint64) []scenarios.Selector {
	all := arms(b, seed, "advanced", "fastest", "random", "infaas", "bandit")
	for _, term := range []string{"network", "utilization", "load", "xi", "hysteresis"} {
		x := arms(b, seed, "advanced")[0]
		x.Name, x.Without = "advanced-no-"+term, []string{term}
		all = append(all, x)
	}
	return all
}

func TestRead(t *testing.T) {
	p := read(t, good)
	want := scenarios.Scenario{
		Name: "x", Title: "All parts", Seed: 42, World: "netns", Engine: "relay", Device: "auto",
		Nodes:   []scenarios.Node{{Name: "edge", CPUs: 2, Threads: 1}, {Name: "cloud", CPUs: 1, Threads: 1}},
		Dataset: scenarios.Dataset{Name: "signs", Images: 1000},
		Models: []scenarios.Model{{Name: "signs-resnet8"}, {Name: "big", File: "big.onnx", Accuracy: 0.91,
			Recipe: model.Recipe{Size: 32, Mean: [3]float32{0.5, 0.5, 0.5}, Std: [3]float32{0.25, 0.25, 0.25}}}},
		Placements: []string{"edge"}, Cascade: scenarios.Cascade{Threshold: 0.8, Images: 200},
		Selectors: arms(selector.Budget{Absolute: 0.1, Relative: 1}, 42, "greedy", "advanced"),
		Judge:     scenarios.Judge{Every: 10, Shadows: shadows(selector.Budget{Absolute: 0.1, Relative: 1}, 42)},
		Budget:    selector.Budget{Absolute: 0.1, Relative: 1},
		Axes: []scenarios.Axis{
			{Name: "bandwidth", Values: []scenarios.AxisValue{
				{Name: "5Mbps", Set: []scenarios.Setting{{Path: "links.edge.down.rate", Value: "5Mbps"}}},
				{Name: "20Mbps", Set: []scenarios.Setting{{Path: "links.edge.down.rate", Value: "20Mbps"}}},
			}},
			{Name: "device", Values: []scenarios.AxisValue{
				{Name: "cold", Set: []scenarios.Setting{{Path: "residency", Value: "cold"}, {Path: "load.requests", Value: "2"}}},
				{Name: "warm", Set: []scenarios.Setting{{Path: "residency", Value: "warm"}}},
			}},
		},
		Require:   scenarios.Require{Saving: 0.25, AccuracyDrop: 0.05, Confidence: 0.9, Deadline: 80 * ms, OnTime: 0.98},
		Tolerance: scenarios.Tolerance{Rate: 0.06, Delay: 3 * ms, CPU: 0.04, Lag: ms},
		Timeout:   10 * time.Second, Repetitions: 4, Stop: &scenarios.Stop{Least: 3},
	}
	if diff := cmp.Diff(want, p.Scenario); diff != "" {
		t.Errorf("scenario (-want +got):\n%s", diff)
	}
	var ids []string
	for _, c := range p.Conditions {
		ids = append(ids, c.ID)
	}
	if diff := cmp.Diff([]string{"5Mbps/cold", "5Mbps/warm", "20Mbps/cold", "20Mbps/warm"}, ids); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
	cell := scenarios.Condition{
		ID: "20Mbps/cold",
		Set: []scenarios.Setting{{Path: "links.edge.down.rate", Value: "20Mbps"},
			{Path: "residency", Value: "cold"}, {Path: "load.requests", Value: "2"}},
		Names: map[string]string{"bandwidth": "20Mbps", "device": "cold"},
		Links: map[string]scenarios.Links{
			"edge": {
				Down: emulator.Link{Rate: 20 * unit.Mbps, Delay: 10 * ms, Jitter: 1 * ms, Loss: 0.001, Queue: 65536},
				// 4 packets of 1514 bytes in 10 ms are 4.8 Mbit/s: 100 ms of that
				// are 60.6 kB, less than 64 frames of 1514.
				Up: emulator.Link{Queue: 96896, Trace: &trace.Trace{Name: "traces/x.up",
					At: []time.Duration{1 * ms, 3 * ms, 3 * ms, 10 * ms}, Period: 10 * ms, Quantum: 1514}},
			},
			"cloud": {},
		},
		Background: map[string]emulator.Load{"edge": {CPU: emulator.CPULoad{Level: emulator.Level{Share: 0.5}}}, "cloud": {}},
		Residency:  "cold", Requests: 2, Warmup: 1, Batch: 1, Measure: []string{"upload", "infer"}, Think: 5 * ms,
	}
	if diff := cmp.Diff(cell, p.Conditions[2]); diff != "" {
		t.Errorf("condition (-want +got):\n%s", diff)
	}
	if p.Conditions[3].Requests != 6 || p.Conditions[3].Residency != "warm" {
		t.Errorf("20Mbps/warm: %d requests, residency %s: another axis value leaked in", p.Conditions[3].Requests, p.Conditions[3].Residency)
	}
}

// TestDefaults reads a file that says as good as nothing.
func TestDefaults(t *testing.T) {
	p := read(t, "title: t\n")
	var models []scenarios.Model
	for _, m := range model.Builtin() {
		models = append(models, scenarios.Model{Name: m.Name})
	}
	want := scenarios.Scenario{
		Name: "x", Title: "t", Seed: 1, World: "netns", Engine: "auto", Device: "auto",
		Nodes:      []scenarios.Node{{Name: "edge", CPUs: 1, Threads: 1}},
		Dataset:    scenarios.Dataset{Name: "signs", Images: 4000},
		Models:     models,
		Placements: []string{"edge"}, Cascade: scenarios.Cascade{Threshold: 0.8, Images: 200},
		Selectors: arms(selector.Budget{Absolute: 0.1, Relative: 0.1}, 1, "greedy", "advanced"),
		Judge:     scenarios.Judge{Every: 10, Shadows: shadows(selector.Budget{Absolute: 0.1, Relative: 0.1}, 1)},
		Budget:    selector.Budget{Absolute: 0.1, Relative: 0.1},
		Require:   scenarios.Require{Saving: 0.2, AccuracyDrop: 0.1, Confidence: 0.95},
		Tolerance: scenarios.Tolerance{Rate: 0.05, Delay: 2 * ms, CPU: 0.05, Lag: ms},
		Timeout:   time.Minute, Repetitions: 3,
	}
	if diff := cmp.Diff(want, p.Scenario); diff != "" {
		t.Errorf("scenario (-want +got):\n%s", diff)
	}
	conditions := []scenarios.Condition{{
		ID: "default", Set: []scenarios.Setting{}, Names: map[string]string{},
		Links:      map[string]scenarios.Links{"edge": {}},
		Background: map[string]emulator.Load{"edge": {}},
		Residency:  "warm", Requests: 30, Warmup: 2, Batch: 1,
		Measure: []string{"upload", "queue", "fetch", "load", "preprocess", "infer", "download"},
	}}
	if diff := cmp.Diff(conditions, p.Conditions); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
}

func TestQueue(t *testing.T) {
	for _, tt := range []struct {
		link string
		want unit.Bytes
	}{
		{"delay: 5ms", 0},                         // no bottleneck, nothing waits
		{"rate: unlimited", 0},                    //
		{"rate: 1Mbps", 96896},                    // 64 frames of 1514; 100 ms are 12.5 kB
		{"rate: 50Mbps", 625000},                  // 50e6 bit/s · 0.1 s / 8
		{"rate: 1Mbps, queue: unlimited", 0},      //
		{"rate: 1Mbps, queue: 1514B", 1514},       // one frame is enough
		{"trace: {mahimahi: traces/x.up}", 96896}, //
	} {
		p := read(t, "links: {edge: {down: {"+tt.link+"}}}")
		if got := p.Conditions[0].Links["edge"].Down.Queue; got != tt.want {
			t.Errorf("%s: queue %d, want %d", tt.link, got, tt.want)
		}
	}
}

func TestBudget(t *testing.T) {
	for text, want := range map[string]selector.Budget{
		"strict": {Absolute: 0.1, Relative: 0.1},
		"5pp":    {Absolute: 0.05, Relative: 1},
		"5%":     {Absolute: 1, Relative: 0.05},
		"0pp":    {Absolute: 0, Relative: 1},
	} {
		if got := read(t, "budget: "+text).Scenario.Budget; got != want {
			t.Errorf("budget: %s is %+v, want %+v", text, got, want)
		}
	}
}

// TestShipped reads every shipped file, by both kinds of file system, twice.
func TestShipped(t *testing.T) {
	names, err := fs.Glob(os.DirFS("."), "*.yaml")
	if err != nil || len(names) < 4 {
		t.Fatalf("%d files, %v; want the shipped ones", len(names), err)
	}
	for _, name := range names {
		a, err := scenarios.Read(scenarios.Shipped(), name, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		b, err := scenarios.Read(os.DirFS(".."), path.Join("scenarios", name), nil)
		if err != nil {
			t.Error(err)
			continue
		}
		b.File = a.File
		if diff := cmp.Diff(a, b, cmpopts.IgnoreUnexported(scenarios.Plan{})); diff != "" {
			t.Errorf("%s: two readings differ:\n%s", name, diff)
		}
		if a.Scenario.Name+".yaml" != name || a.Scenario.Title == "" {
			t.Errorf("%s: name %q, title %q", name, a.Scenario.Name, a.Scenario.Title)
		}
	}
}

func TestTraceErrors(t *testing.T) {
	fsys := files(good)
	fsys["s/traces/x.up"] = &fstest.MapFile{Data: []byte("1\n3\n2\n")}
	_, err := scenarios.Read(fsys, "s/x.yaml", nil)
	var syntax *trace.SyntaxError
	if !errors.As(err, &syntax) || syntax.Name != "s/traces/x.up" || syntax.Line != 3 {
		t.Errorf("%v: want a syntax error at s/traces/x.up:3", err)
	}
}

func TestNoFile(t *testing.T) {
	if _, err := scenarios.Read(files(good), "s/y.yaml", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v: want that the file does not exist", err)
	}
	long := "title: " + strings.Repeat("x", 1<<20)
	if _, err := scenarios.Read(files(long), "s/x.yaml", nil); err == nil || !strings.Contains(err.Error(), "at most 1MiB") {
		t.Errorf("%v: want a limit on the file's size", err)
	}
}

// FuzzRead holds Read to an error or a plan, whatever the file.
func FuzzRead(f *testing.F) {
	f.Add(good, "links.edge.down.rate", "5Mbps")
	f.Add("vary: [{name: a, values: [{name: b, set: {measure: [infer]}}]}]", "vary.a", "b")
	f.Add("models: {family: s}", "models", "[{name: x, file: y, recipe: {std: [0, 1]}}]")
	f.Fuzz(func(t *testing.T, yaml, path, value string) {
		p, err := scenarios.Read(files(yaml), "s/x.yaml", []scenarios.Setting{{Path: path, Value: value}})
		if (p == nil) == (err == nil) {
			t.Errorf("plan %v, error %v", p, err)
		}
	})
}
