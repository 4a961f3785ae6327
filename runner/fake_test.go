package runner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

// A fakeWorld answers in virtual time:
//
//	node   upload  fetch  small  big  download
//	edge   10 ms   40 ms  5 ms   30 ms  1 ms    fetched if the model is not held
//	cloud  20 ms   40 ms  2 ms   10 ms  1 ms
//
// Where its load varies, inference takes 1+load times as long.
type fakeWorld struct {
	mu       sync.Mutex
	start    time.Time
	zero     time.Duration                  // when links and loads were at their time 0
	load     *trace.Series                  // of the condition that was entered; nil: none
	held     map[[2]string]map[string]bool  // by node and arm
	fail     map[int]string                 // request number → its error
	failNode map[string]string              // node → error of all its requests
	broken   int                            // request number at which the world breaks; 0: never
	slow     time.Duration                  // factor of every inference; 0: 1
	making   time.Duration                  // that Enter takes
	looking  time.Duration                  // that Observe takes
	handing  time.Duration                  // that handing a request over takes
	lag      time.Duration                  // p99 of a link; 0: no links
	cpu      float64                        // background, in telemetry
	memory   float64                        // likewise
	mute     bool                           // it does not tell how sure models are
	fixed    bool                           // it cannot be rewound
	unsure   func(model string, i int) bool // image i
	wrong    func(model string, i int) bool // likewise; nil: small where it is unsure
	utilized func(now time.Duration) float64

	requests int
	busy     map[string]bool // nodes that answer
	asked    []string        // arm model@node of each request
	entered  []string
	prepared []string
	observed []string
	rewound  []time.Duration
	left     int
}

func newFake() *fakeWorld {
	return &fakeWorld{start: time.Now(), held: map[[2]string]map[string]bool{}, fail: map[int]string{}, failNode: map[string]string{}, busy: map[string]bool{},
		unsure: func(string, int) bool { return false }}
}

var (
	uploads = map[string]time.Duration{"edge": 10 * ms, "cloud": 20 * ms}
	infers  = map[string]map[string]time.Duration{"edge": {"small": 5 * ms, "big": 30 * ms}, "cloud": {"small": 2 * ms, "big": 10 * ms}}
)

func (w *fakeWorld) Now() time.Duration { return time.Since(w.start) }

func (w *fakeWorld) Profile(_ context.Context, node string, models []scenarios.Model, progress func(int)) (all []selector.Option, err error) {
	for i, m := range models {
		all = append(all, selector.Option{Model: m.Name, Node: node, Accuracy: .9 + .01*float64(i), Images: 1000, Size: 1000, Load: ms, Infer: infers[node][m.Name]})
		progress(i + 1)
	}
	return all, nil
}

func (w *fakeWorld) Enter(_ context.Context, c scenarios.Condition, seed uint64) ([]record.Check, error) {
	time.Sleep(w.making)
	w.entered = append(w.entered, fmt.Sprintf("%s/%d", c.ID, seed))
	w.load, w.zero = c.Background["edge"].CPU.Over, w.Now()
	return []record.Check{{Node: "edge", Engine: "relay"}}, nil
}

func (w *fakeWorld) Rewind(_ context.Context, since time.Duration) (bool, error) {
	w.rewound = append(w.rewound, since)
	if w.fixed {
		return false, nil
	}
	time.Sleep(2 * ms) // it takes a moment
	w.zero = w.Now() - since
	return true, nil
}

func (w *fakeWorld) Prepare(_ context.Context, node, arm string, models []string) error {
	w.prepared = append(w.prepared, fmt.Sprintf("%s %s%v", node, arm, models))
	w.held[[2]string{node, arm}] = map[string]bool{}
	for _, m := range models {
		w.held[[2]string{node, arm}][m] = true
	}
	return nil
}

func (w *fakeWorld) Observe(_ context.Context, nodes []string, arm string) (all []selector.Device, err error) {
	time.Sleep(w.looking)
	w.observed = append(w.observed, arm)
	for _, n := range nodes {
		d := selector.Device{Name: n}
		if w.utilized != nil {
			d.Utilization = w.utilized(w.Now())
		}
		for m := range w.held[[2]string{n, arm}] {
			d.Held, d.Loaded = append(d.Held, m), append(d.Loaded, m)
		}
		slices.Sort(d.Held)
		slices.Sort(d.Loaded)
		all = append(all, d)
	}
	return all, nil
}

func (w *fakeWorld) Do(ctx context.Context, r runner.Request) (runner.Result, error) {
	time.Sleep(w.handing)
	res, err := w.begin(r)
	if err != nil {
		return res, err
	}
	took := res.Phases.Total()
	if took > r.Timeout {
		took, res.Err = r.Timeout, "no answer in time"
		res.Phases, res.Prediction = selector.Phases{Upload: took}, -1
	}
	select {
	case <-time.After(took):
	case <-ctx.Done():
		res.Err = "cut short"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy[r.Node] = false
	res.Done = w.Now()
	return res, nil
}

// begin is the Result of r but for its end.
func (w *fakeWorld) begin(r runner.Request) (res runner.Result, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	w.asked = append(w.asked, fmt.Sprintf("%s %s@%s", r.Arm, r.Model, r.Node))
	switch {
	case w.requests == w.broken:
		return res, errors.New("the router is gone")
	case w.busy[r.Node]:
		return res, fmt.Errorf("two requests at once to %s", r.Node)
	case r.Timeout <= 0:
		return res, fmt.Errorf("a timeout of %v", r.Timeout)
	}
	w.busy[r.Node] = true
	res = runner.Result{Sent: w.Now(), Up: 100, Down: 10, Err: w.fail[w.requests],
		Phases: selector.Phases{Upload: uploads[r.Node], Infer: infers[r.Node][r.Model] * max(1, w.slow), Download: ms}}
	if w.load != nil {
		share, _ := w.load.Step(w.Now() - w.zero)
		res.Phases.Infer = time.Duration(float64(res.Phases.Infer) * (1 + share))
	}
	held := w.held[[2]string{r.Node, r.Arm}]
	if !held[r.Model] {
		res.Phases.Fetch, res.Fetched = 40*ms, 1000
		held[r.Model] = true
	}
	i := indexOf(r.Image)
	res.Prediction, res.Confidence = i, 0.9
	if w.unsure(r.Model, i) {
		res.Confidence = 0.4
	}
	wrong := w.wrong
	if wrong == nil {
		wrong = func(model string, i int) bool { return model == "small" && w.unsure(model, i) }
	}
	if wrong(r.Model, i) {
		res.Prediction = -7
	}
	if e := w.failNode[r.Node]; e != "" {
		res.Err = e
	}
	if w.mute {
		res.Confidence = 0
	}
	if res.Err != "" {
		res.Prediction, res.Confidence = -1, 0
	}
	return res, nil
}

func (w *fakeWorld) Telemetry(context.Context) ([]record.Telemetry, error) {
	t := record.Telemetry{At: w.Now(), Node: "edge", CPUAsked: w.cpu, Loads: []record.LoadSample{{Resource: record.Memory, Asked: w.memory}}}
	if w.lag > 0 {
		t.Links = []record.LinkSample{{Direction: "up", LagP99: w.lag}}
	}
	return []record.Telemetry{t}, nil
}

func (w *fakeWorld) Leave(context.Context) error { w.left++; return nil }

// images is a dataset: image i is of class i.
type images int

func (n images) Name() string      { return "images" }
func (n images) Len() int          { return int(n) }
func (n images) Classes() []string { return make([]string, n) }
func (n images) Labelled() bool    { return true }
func (n images) Sample(i int) (dataset.Sample, error) {
	return dataset.Sample{ID: fmt.Sprintf("image/%d", i), Label: i, Image: bytes.Repeat([]byte{7}, 100+i)}, nil
}

// indexOf is which image it is.
func indexOf(image []byte) int { return len(image) - 100 }

// arm is a selector by its policy.
func arm(policy string) scenarios.Selector {
	return scenarios.Selector{Config: selector.Config{Name: policy, Policy: policy, Budget: selector.Budget{Absolute: .1, Relative: 1}}}
}

// static always takes an option.
func static(option string) scenarios.Selector {
	s := arm("static")
	s.Name, s.Option = "static-"+option, option
	return s
}

// plan has one condition of the given residency, one trial of one warm-up and
// n pairs, on one node; the baseline goes first in every other pair.
func plan(residency string, n int, measure ...string) *scenarios.Plan {
	c := scenarios.Condition{ID: residency, Residency: residency, Requests: n, Warmup: 1, Measure: measure}
	t := scenarios.Trial{Seeds: scenarios.Seeds{Link: 9, Order: 3}}
	for i := range n + 1 {
		t.Samples, t.First = append(t.Samples, i), append(t.First, i%2)
	}
	return &scenarios.Plan{
		Scenario: scenarios.Scenario{Name: "x", Nodes: []scenarios.Node{{Name: "edge"}}, Repetitions: 1, Timeout: time.Second,
			Models:    []scenarios.Model{{Name: "small"}, {Name: "big"}},
			Selectors: []scenarios.Selector{arm("greedy"), arm("advanced")}},
		Conditions: []scenarios.Condition{c}, Trials: []scenarios.Trial{t},
	}
}

// batched makes every pair of p one of n images.
func batched(p *scenarios.Plan, n int) {
	p.Conditions[0].Batch = n
	t := &p.Trials[0]
	t.Samples = nil
	for i := range len(t.First) * n {
		t.Samples = append(t.Samples, i)
	}
}

// over makes the load of p one that varies: 0 for 50 ms, 1 for 50 ms, and again.
func over(p *scenarios.Plan) {
	s := &trace.Series{Name: "load", At: []time.Duration{0, 50 * ms}, Value: []float64{0, 1}, Period: 100 * ms}
	p.Conditions[0].Background = map[string]emulator.Load{"edge": {CPU: emulator.CPULoad{Level: emulator.Level{Over: s}}}}
}

// carryOut runs p in w and reads the directory back.
func carryOut(t *testing.T, ctx context.Context, p *scenarios.Plan, w *fakeWorld) (record.Run, error) {
	t.Helper()
	return carryOutBy(t, ctx, p, runner.Options{World: w})
}

func carryOutBy(t *testing.T, ctx context.Context, p *scenarios.Plan, o runner.Options) (record.Run, error) {
	t.Helper()
	out, err := record.Create(filepath.Join(t.TempDir(), "run"), record.Header{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Dataset, o.Writer = images(100), out
	return finish(t, out, runner.Run(ctx, p, o))
}

// goOn resumes the run in dir.
func goOn(t *testing.T, dir string, p *scenarios.Plan, o runner.Options) (record.Run, error) {
	t.Helper()
	out, before, err := record.Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	o.Dataset, o.Writer, o.Before = images(100), out, before
	return finish(t, out, runner.Run(t.Context(), p, o))
}

func finish(t *testing.T, out *record.Writer, runErr error) (record.Run, error) {
	t.Helper()
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	run, err := record.Read(out.Dir())
	if err != nil {
		t.Fatal(err)
	}
	return run, runErr
}
