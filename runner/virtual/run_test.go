package virtual

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/fstest"
	"time"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/profile"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// everything is a scenario of all that can vary, and of all placements.
const everything = `
world: sim
nodes: [{name: edge, device: slowly}, {name: cloud, device: slowly, speed: 4x}]
control: {beside: edge}
links:
  edge: {down: {rate: 20Mbps, delay: 5ms}, up: {rate: 8Mbps, delay: 5ms, loss: 1%}}
  cloud: {down: {rate: 50Mbps, delay: 1ms, queue: unlimited}, up: {rate: 50Mbps, delay: 2ms, jitter: 1ms}}
background: {edge: {cpu: {ramp: {from: 0%, to: 80%, over: 5s}}}}
dataset: {name: blank, size: 3000B, labels: 10, images: 200}
models: [resnet18, resnet152]
placement: [edge, cloud, cascade, hedged, split]
selectors: [greedy, advanced, {name: cascade, policy: greedy, placements: [cascade]}, {name: hedged, policy: greedy, placements: [hedged]}, {name: split, policy: greedy, placements: [split]}]
load: {requests: 12, repetitions: 2, warmup: 1, batch: 4, think: 300ms}
judge: {every: 4}
vary:
  - {name: residency, paths: [residency], values: [cold, warm]}
`

// carry carries a scenario out and returns its directory.
func carry(t testing.TB, text string, workers int) string {
	t.Helper()
	plan, err := scenarios.Read(fstest.MapFS{"s.yaml": {Data: []byte(text)}}, "s.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	p := slowly()
	p.Device.Memory = 0
	p.Models[0].Name, p.Models[1].Name = "resnet18", "resnet152"
	for i := range p.Models {
		s := &p.Models[i].Threads[0].Sample
		s.P50, s.P95 = s.Mean*9/10, s.Mean*3/2
	}
	models := models()
	models[0].Name, models[1].Name = "resnet18", "resnet152"
	w, err := Open(plan, Options{Models: models, Devices: map[string]profile.Profile{"edge": p, "cloud": p}, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	out, err := record.Create(dir, record.Header{}, plan.Source)
	if err != nil {
		t.Fatal(err)
	}
	err = runner.Run(context.Background(), plan, runner.Options{World: w, Writer: out, Workers: workers,
		Dataset: dataset.NewBlank(200, 3000, 10)})
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestRun carries out every placement, under selectors and judge.
func TestRun(t *testing.T) {
	run, err := record.Read(carry(t, everything, 0))
	if err != nil {
		t.Fatal(err)
	}
	placed, parts, both := map[string]int{}, 0, 0
	for _, r := range run.Requests {
		if r.Error != "" || r.Phases.Total() != r.Done-r.Sent || r.Done <= r.Sent {
			t.Fatalf("%+v", r)
		}
		placed[r.Arm]++
		switch parts += len(r.Parts); {
		case r.Arm == "hedged" && len(r.Parts) == 2:
			a, b := r.Parts[0], r.Parts[1]
			if a.Sent < b.Done && b.Sent < a.Done {
				both++ // at the same time
			}
		case r.Arm == "split" && (len(r.Parts) != 2 || r.Parts[0].Images+r.Parts[1].Images != 4):
			t.Errorf("split: %+v", r.Parts)
		}
	}
	const each = 2 * 2 * 13 // conditions, repetitions, pairs
	for arm, n := range placed {
		if n != each {
			t.Errorf("%s: %d requests, want %d", arm, n, each)
		}
	}
	if len(placed) != 5 || both != each || parts < 3*each {
		t.Errorf("%v; %d hedged requests were with both nodes at the same time, %d parts in all", placed, both, parts)
	}
	if len(run.Replays) != 2*2*3 || len(run.Telemetry) == 0 || len(run.Checks) != 2*2*2 {
		t.Errorf("%d replays, %d lines of telemetry, %d checks", len(run.Replays), len(run.Telemetry), len(run.Checks))
	}
	for _, r := range run.Replays {
		if !r.Rewound {
			t.Errorf("%s: not rewound", r.Condition)
		}
	}
}

// TestSame: the same plan leaves the same bytes, with however many workers, on
// however many CPUs.
func TestSame(t *testing.T) {
	first := carry(t, everything, 1)
	for _, tt := range []struct{ workers, cpus int }{{1, 1}, {4, 1}, {4, 4}} {
		old := runtime.GOMAXPROCS(tt.cpus)
		dir := carry(t, everything, tt.workers)
		runtime.GOMAXPROCS(old)
		for _, name := range []string{"requests.jsonl", "decisions.jsonl", "telemetry.jsonl", "checks.jsonl", "replays.jsonl"} {
			want, err := os.ReadFile(filepath.Join(first, name))
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if len(want) == 0 || !bytes.Equal(got, want) {
				t.Errorf("%d workers on %d CPUs: %s differs", tt.workers, tt.cpus, name)
			}
		}
	}
}

// TestTogether: parts that go on at the same time are answered as if each were
// alone, where they share nothing.
func TestTogether(t *testing.T) {
	p := one(scenarios.Links{Down: narrow, Up: narrow}, func(p *scenarios.Plan) {
		p.Scenario.Nodes = append(p.Scenario.Nodes, scenarios.Node{Name: "cloud", Speed: 2})
		p.Conditions[0].Links["cloud"] = p.Conditions[0].Links["edge"]
	})
	w := open(t, p)
	for _, n := range []string{"edge", "cloud"} {
		if err := w.Prepare(t.Context(), n, "a", []string{"small"}); err != nil {
			t.Fatal(err)
		}
	}
	var edge, cloud runner.Result
	var slept time.Duration
	far := request("small")
	far.Node = "cloud"
	w.Together(
		func() { edge = do(t, w, request("small")) },
		func() { cloud = do(t, w, far) },
		func() { w.Wait(5 * ms); slept = w.Now() },
	)
	want := selector.Phases{Upload: 13602 * us, Preprocess: 2 * ms, Infer: 10 * ms, Download: 10766 * us}
	if edge.Phases != want || edge.Sent != 0 {
		t.Errorf("edge: %+v, want phases %+v", edge, want)
	}
	if want.Preprocess, want.Infer = ms, 5*ms; cloud.Phases != want || cloud.Sent != 0 {
		t.Errorf("cloud: %+v, want phases %+v", cloud, want)
	}
	if slept != 5*ms || w.Now() != edge.Done {
		t.Errorf("slept until %v, all done at %v, want %v and %v", slept, w.Now(), 5*ms, edge.Done)
	}
}

// TestFork: what is done in one world does not show in another.
func TestFork(t *testing.T) {
	w := open(t, one(scenarios.Links{Down: narrow, Up: narrow}))
	first := do(t, w, request("small"))
	f := w.Fork()
	if f.Now() != 0 {
		t.Errorf("a fork is at %v", f.Now())
	}
	if _, err := f.Enter(t.Context(), w.entered, 7); err != nil {
		t.Fatal(err)
	}
	again, err := f.Do(t.Context(), request("small"))
	if err != nil || again != first {
		t.Errorf("%v: in a fork\n%+v, want\n%+v", err, again, first)
	}
}
