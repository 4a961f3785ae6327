package replay_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/runner/replay"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// options of the record that is looked at: small is quick, big is right.
var options = []selector.Option{
	{Model: "small", Node: "edge", Accuracy: .8, Size: 100, Infer: 5 * ms},
	{Model: "big", Node: "edge", Accuracy: .9, Size: 900, Infer: 30 * ms},
}

// looked is a record of greedy, which took big, over four pairs: the first and
// third were replayed. It is looked at by others.
func looked(t *testing.T, residency string, others ...selector.Config) replay.Look {
	t.Helper()
	run := record.Run{Header: record.Header{Name: "x", Arms: []string{"greedy", "advanced"}, Profile: options}}
	plan := &scenarios.Plan{Conditions: []scenarios.Condition{{ID: "c", Residency: residency, Requests: 4, Measure: []string{"infer"}}},
		Trials: []scenarios.Trial{{Samples: []int{0, 1, 2, 3}, First: []int{0, 0, 0, 0}}}}
	plan.Scenario.Timeout = time.Second
	plan.Scenario.Judge.Shadows = []scenarios.Selector{{Config: selector.Config{Name: "random"}}}
	plan.Scenario.Selectors = []scenarios.Selector{{Config: selector.Config{Name: "greedy", Policy: "greedy"}}}
	for _, c := range others {
		plan.Scenario.Selectors = append(plan.Scenario.Selectors, scenarios.Selector{Config: c})
	}
	for i := range 4 {
		at := time.Duration(i) * time.Second
		infer := selector.Phases{Infer: 30*ms + time.Duration(i)}
		run.Requests = append(run.Requests, record.Request{Condition: "c", Arm: "greedy", Pair: i, Sample: fmt.Sprint(i), Option: "big@edge", Model: "big", Node: "edge",
			Due: at, Sent: at, Done: at + infer.Total(), Phases: infer, Measured: infer.Total(), Up: 50, Down: 60, Label: 7, Prediction: 7})
		run.Decisions = append(run.Decisions, record.Decision{Condition: "c", Arm: "greedy", Pair: i,
			Observed: selector.Observation{Seq: uint64(i), Now: at + ms, Devices: []selector.Device{{Name: "edge", Cores: 1, Held: []string{"big"}, Loaded: []string{"big"}}}}})
		if i%2 == 0 {
			run.Replays = append(run.Replays, record.Replay{Condition: "c", Pair: i, Options: []record.ReplayOption{
				{Phases: selector.Phases{Infer: 5*ms + time.Duration(i)}, Measured: 5*ms + time.Duration(i)},
				{Phases: selector.Phases{Infer: 31 * ms}, Measured: 31 * ms, Right: 1},
			}, Shadows: []record.ReplayShadow{{Selector: "random"}, {Selector: "small"}}})
		}
	}
	w, err := record.Create(filepath.Join(t.TempDir(), "look"), run.Header, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return replay.Look{Plan: plan, Run: run, Writer: w}
}

// take looks, and returns what was found and the line of each request, of all
// but the baseline.
func take(t *testing.T, l replay.Look) (replay.Found, []string) {
	t.Helper()
	found, err := l.Take(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Writer.Close(); err != nil {
		t.Fatal(err)
	}
	run, err := record.Read(l.Writer.Dir())
	if err != nil || len(run.Problems) > 0 {
		t.Fatal(err, run.Problems)
	}
	from := map[[2]any]string{}
	for _, d := range run.Decisions {
		if !slices.ContainsFunc(l.Plan.Scenario.Selectors, func(s scenarios.Selector) bool { return s.Name == d.Arm }) {
			t.Errorf("a decision of %s", d.Arm)
		}
		from[[2]any{d.Arm, d.Pair}] = d.From
	}
	for _, r := range run.Replays {
		if diff := cmp.Diff([]record.ReplayShadow{{Selector: "random"}}, r.Shadows); diff != "" {
			t.Errorf("judged (-want +got):\n%s", diff)
		}
	}
	var lines []string
	for _, r := range run.Requests {
		switch {
		case r.Arm == "greedy":
			continue
		case from[[2]any{r.Arm, r.Pair}] == "":
			t.Errorf("a request of %s, of which there is no decision", r.Arm)
		}
		lines = append(lines, fmt.Sprintf("%s %d: %s of %s in %v from %v to %v, got %d, said %d, %s", r.Arm, r.Pair, r.Option, r.Sample, r.Measured, r.Due, r.Done, r.Got, r.Prediction, from[[2]any{r.Arm, r.Pair}]))
	}
	if n := len(run.Requests) - len(lines); n != 4 || len(run.Replays) != 2 {
		t.Errorf("%d requests of the baseline and %d replays were written again, want 4 and 2", n, len(run.Replays))
	}
	return found, lines
}

var (
	small = selector.Config{Name: "small", Policy: "static", Option: "small"}
	big   = selector.Config{Name: "big", Policy: "static", Option: "big"}
)

// TestLook: the table counts, then what the arms did; the rest nobody knows.
func TestLook(t *testing.T) {
	found, lines := take(t, looked(t, "warm", small, big))
	if diff := cmp.Diff(replay.Found{Recorded: 6, Missing: 2, Where: map[string]int{"c": 2}}, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		"small 0: small@edge of 0 in 5ms from 0s to 5ms, got 0, said -1, record",
		"small 2: small@edge of 2 in 5.000002ms from 2s to 2.005000002s, got 0, said -1, record",
		"big 0: big@edge of 0 in 31ms from 0s to 31ms, got 0, said 7, record",
		"big 1: big@edge of 1 in 30.000001ms from 1s to 1.030000001s, got 0, said 7, record",
		"big 2: big@edge of 2 in 31ms from 2s to 2.031s, got 0, said 7, record",
		"big 3: big@edge of 3 in 30.000003ms from 3s to 3.030000003s, got 0, said 7, record",
	}, lines); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestFirstIsCold: where the first request is cold, an outcome without fetching
// is that of a choice whose model is held by then.
func TestFirstIsCold(t *testing.T) {
	l := looked(t, "first", big, small)
	l.Run.Replays[0].Options[0].Phases.Fetch = 40 * ms // all options fetch at the first pair
	l.Run.Requests[3].Phases.Fetch = ms                // greedy had changed models, and big did not
	var seen [][]string
	l.Selector = watched(func(o selector.Observation) { seen = append(seen, o.Devices[0].Held) }, func(selector.Outcome) {})
	found, lines := take(t, l)
	if diff := cmp.Diff(replay.Found{Recorded: 5, Missing: 3, Where: map[string]int{"c": 3}}, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if got := lines[len(lines)-2]; got != "small 0: small@edge of 0 in 5ms from 0s to 45ms, got 100, said -1, record" {
		t.Errorf("a cold one: %s", got)
	}
	if diff := cmp.Diff([][]string{nil, {"big"}, {"big"}, {"big"}, nil, {"small"}, {"small"}, {"small"}}, seen); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
}

// watched is selectors as they are, which somebody watches.
func watched(see func(selector.Observation), learn func(selector.Outcome)) func(scenarios.Selector, selector.Config, runner.Trial, []selector.Option) (selector.Selector, error) {
	return func(_ scenarios.Selector, c selector.Config, _ runner.Trial, _ []selector.Option) (selector.Selector, error) {
		s, err := selector.New(c)
		return watcher{s, see, learn}, err
	}
}

type watcher struct {
	selector.Selector
	see   func(selector.Observation)
	learn func(selector.Outcome)
}

func (w watcher) Select(o selector.Observation, opts []selector.Option) selector.Decision {
	w.see(o)
	return w.Selector.Select(o, opts)
}

func (w watcher) Learn(o selector.Outcome) { w.learn(o) }

// TestLearns: a selector is asked in turn, the warm-up too, sees and learns as in
// a run, and of what nobody knows nothing. Warm-ups are not counted, and have no
// cold start.
func TestLearns(t *testing.T) {
	l := looked(t, "first", small)
	for i := range l.Run.Requests {
		l.Run.Requests[i].Pair--
		l.Run.Decisions[i].Pair--
	}
	l.Plan.Conditions[0].Warmup, l.Plan.Conditions[0].Requests = 1, 3
	l.Run.Requests[0].Option, l.Run.Requests[0].Model, l.Run.Requests[0].Phases.Load = "small@edge", "small", ms
	l.Run.Replays[0].Options[0].Error = "lost"
	l.Run.Replays[1].Options[0].Error = record.NotHere
	var told []string
	l.Selector = watched(func(o selector.Observation) { told = append(told, fmt.Sprintf("see %d at %v", o.Seq, o.Now)) },
		func(o selector.Outcome) {
			told = append(told, fmt.Sprintf("learn %d %s %v %v", o.Seq, o.Option.Label(), o.Observed.Total(), o.Failed))
		})
	found, _ := take(t, l)
	if diff := cmp.Diff([]string{"see 0 at 1ms", "learn 0 small@edge 31ms false", "see 1 at 1.001s", "learn 1 small@edge 5ms true", "see 2 at 2.001s", "see 3 at 3.001s"}, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(replay.Found{Recorded: 1, Missing: 2, Where: map[string]int{"c": 2}}, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

// TestChance: a selector draws as it would in a run of that trial, and knows what
// slows the nodes down; nobody else's lines are written.
func TestChance(t *testing.T) {
	l := looked(t, "cold", selector.Config{Name: "x", Policy: "random", Seed: 5})
	l.Plan.Trials[0].Seeds.Order = 6
	l.Run.Header.Slowdown = map[string]selector.Curve{"edge": {{Utilization: 0, Slowdown: 3}}}
	l.Run.Requests = append(l.Run.Requests, record.Request{Condition: "c", Arm: "advanced", Pair: 0, Option: "small@edge"})
	l.Run.Decisions = append(l.Run.Decisions, record.Decision{Condition: "c", Arm: "advanced", Pair: 0})
	var got selector.Config
	held := 0
	l.Selector = func(_ scenarios.Selector, c selector.Config, trial runner.Trial, opts []selector.Option) (selector.Selector, error) {
		got = c
		if trial.Condition != "c" || len(opts) != 2 {
			t.Errorf("trial %+v of %d options", trial, len(opts))
		}
		s, err := selector.New(small)
		return watcher{s, func(o selector.Observation) { held += len(o.Devices) }, func(selector.Outcome) {}}, err
	}
	w := &toy{}
	l.World, l.Dataset = w, dataset.NewSigns(dataset.Test, 4)
	take(t, l)
	if want := rand.New(rand.NewPCG(5, 6)).Uint64(); got.Seed != want || len(got.Curves) != 1 || held != 4 {
		t.Errorf("seed %d, curves %v, %d devices; want seed %d", got.Seed, got.Curves, held, want)
	}
	for _, line := range w.told {
		if strings.HasPrefix(line, "prepare") && line != "prepare edge x []" {
			t.Errorf("a cold request after %q", line)
		}
	}
}

// TestBatch: of a batch the table tells how many were right, and two models
// together are a pair of parts, at the time of the pair.
func TestBatch(t *testing.T) {
	second := options[1]
	split := options[0]
	split.Placement, split.Second, split.Share = selector.Split, &second, .5
	l := looked(t, "warm", selector.Config{Name: "x", Policy: "static", Option: split.Label()})
	l.Run.Header.Profile = append(slices.Clip(l.Run.Header.Profile), split)
	l.Plan.Conditions[0].Batch, l.Plan.Trials[0].Samples = 2, []int{0, 1, 2, 3, 4, 5, 6, 7}
	for i := range l.Run.Requests {
		l.Run.Requests[i].Batch = []record.Answer{{Label: 1}, {Label: 2}}
	}
	l.Run.Replays[0].Options = append(l.Run.Replays[0].Options, record.ReplayOption{Right: 1})
	w := &toy{now: 77 * time.Second}
	l.World, l.Dataset = w, dataset.NewSigns(dataset.Test, 8)
	found, err := l.Take(context.Background())
	if err != nil || found.Recorded != 1 || found.Simulated != 3 {
		t.Fatalf("%+v, %v", found, err)
	}
	run, err := record.Read(l.Writer.Dir())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range run.Requests {
		switch {
		case r.Arm == "x" && r.Pair == 0:
			if diff := cmp.Diff([]record.Answer{{Label: 1, Prediction: 1}, {Label: 2, Prediction: -1}}, r.Batch); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
		case r.Arm == "x" && (len(r.Parts) != 2 || len(r.Batch) != 2 || min(r.Parts[0].Sent, r.Parts[1].Sent) != r.Due || max(r.Parts[0].Done, r.Parts[1].Done) != r.Done || r.Due != time.Duration(r.Pair)*time.Second):
			t.Errorf("pair %d, due %v: %+v", r.Pair, r.Due, r.Parts)
		}
	}
}

// A toy is a world in which every request takes a millisecond, and which says
// what it is told.
type toy struct {
	runner.World
	mu   sync.Mutex
	now  time.Duration
	told []string
}

func (w *toy) tell(format string, args ...any) { w.told = append(w.told, fmt.Sprintf(format, args...)) }

func (w *toy) Now() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *toy) Enter(_ context.Context, c scenarios.Condition, seed uint64) ([]record.Check, error) {
	w.tell("enter %s %d", c.ID, seed)
	return nil, nil
}

func (w *toy) Prepare(_ context.Context, node, arm string, models []string) error {
	w.tell("prepare %s %s %v", node, arm, models)
	return nil
}

func (w *toy) Rewind(_ context.Context, since time.Duration) (bool, error) {
	w.tell("rewind %v", since)
	return true, nil
}

func (w *toy) Do(_ context.Context, r runner.Request) (runner.Result, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tell("do %s %s %s %s", r.Node, r.Arm, r.Model, r.Sample)
	w.now += ms
	return runner.Result{Sent: w.now - ms, Done: w.now, Phases: selector.Phases{Infer: ms}, Prediction: 3}, nil
}

// TestSimulated: what the record does not hold is tried at its instant, with what
// the selector's node holds then.
func TestSimulated(t *testing.T) {
	l := looked(t, "warm", small)
	w := &toy{now: 77 * time.Second}
	l.World, l.Dataset = w, dataset.NewSigns(dataset.Test, 4)
	found, lines := take(t, l)
	if diff := cmp.Diff(replay.Found{Recorded: 2, Simulated: 2, Where: map[string]int{}}, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	first, _ := l.Dataset.Sample(1)
	third, _ := l.Dataset.Sample(3)
	if diff := cmp.Diff([]string{
		"enter c 0",
		"prepare edge small [small big]", "rewind 1.001s", "do edge small small " + first.ID,
		"prepare edge small [small big]", "rewind 3.001s", "do edge small small " + third.ID,
	}, w.told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if want := "small 1: small@edge of " + first.ID + " in 1ms from 1s to 1.001s, got 0, said 3, sim"; lines[1] != want {
		t.Errorf("got  %s\nwant %s", lines[1], want)
	}
}

// TestNotSeen: where no decision was recorded nobody can be asked, and where no
// request was, nothing is missing.
func TestNotSeen(t *testing.T) {
	l := looked(t, "warm", big)
	l.Run.Decisions = l.Run.Decisions[:2]
	l.Plan.Conditions[0].Requests = 6
	l.Plan.Trials[0].First = make([]int, 6)
	found, _ := take(t, l)
	if diff := cmp.Diff(replay.Found{Recorded: 2, Missing: 2, Where: map[string]int{"c": 2}}, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

// TestLookRefuses names the selector that can choose nothing there.
func TestLookRefuses(t *testing.T) {
	for want, c := range map[string]scenarios.Selector{
		`selector x: condition c: none of the record's options is of its placements ["cloud"]`: {Config: selector.Config{Name: "x", Policy: "greedy"}, Placements: []string{"cloud"}},
		`condition c: selector "x": option "huge": want one of`:                                {Config: selector.Config{Name: "x", Policy: "static", Option: "huge"}},
	} {
		l := looked(t, "warm")
		l.Plan.Scenario.Selectors = append(l.Plan.Scenario.Selectors, c)
		if err := l.Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
