package devices

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// A mock is a device that does what it is told, and says what that was.
type mock struct {
	name string
	told *[]string
	mu   *sync.Mutex // of told
	fail error       // of every method
}

func (m *mock) did(what string, args ...any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	*m.told = append(*m.told, m.name+" "+fmt.Sprintf(what, args...))
	return m.fail
}

func (m *mock) describe() Node { return Node{} }

func (m *mock) profile(_ context.Context, of model.Model) (selector.Option, error) {
	return selector.Option{Infer: 5 * ms}, m.did("profile %s", of.Name)
}

func (m *mock) enter(context.Context) (record.Check, error) {
	return record.Check{RTT: ms}, m.did("enter")
}

func (m *mock) setLoad(_ context.Context, l emulator.Load) error {
	return m.did("load %v", l.CPU.Most())
}

// ofCPUs is load of a share of each CPU.
func ofCPUs(share float64) emulator.Load {
	return emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Share: share}}}
}

func (m *mock) prepare(_ context.Context, arm string, models []string) error {
	return m.did("prepare %s %v", arm, models)
}

func (m *mock) observe(context.Context, string) (selector.Device, error) {
	return selector.Device{RTT: 3}, m.did("observe")
}

func (m *mock) do(context.Context, runner.Request) (runner.Result, error) {
	return runner.Result{Sent: 103 * ms, Done: 105 * ms}, m.did("do")
}

func (m *mock) telemetry(context.Context) (*record.Telemetry, error) {
	if m.name == "far" {
		return nil, nil
	}
	return &record.Telemetry{CPUBusy: 0.5}, m.fail
}

func (m *mock) close() error { return m.did("close") }

// mocks are a world of two, opened 100 ms after this host's clock began, and
// the list of what they are told.
func mocks() (*World, map[string]*mock, *[]string) {
	told, mu := new([]string), new(sync.Mutex)
	all := map[string]*mock{"edge": {name: "edge", told: told, mu: mu}, "far": {name: "far", told: told, mu: mu}}
	w := &World{devices: map[string]device{}, names: []string{"edge", "far"}, models: []model.Model{{Name: "m", Bytes: 7, Accuracy: .9}},
		load: map[string]emulator.Load{}, began: 100 * ms, description: Description{Nodes: map[string]Node{}}}
	for name, d := range all {
		w.devices[name], w.description.Nodes[name] = d, Node{Address: "http://" + name}
	}
	return w, all, told
}

// TestEnter: what was loaded is not any more when paths are measured; then
// loads begin, and have 1.3 s to show.
func TestEnter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, told := mocks()
		busy := scenarios.Condition{Background: map[string]emulator.Load{"edge": ofCPUs(.5)}}
		over := &trace.Series{At: []time.Duration{0}, Value: []float64{.25}, Period: ms}
		varying := scenarios.Condition{Background: map[string]emulator.Load{"far": {CPU: emulator.CPULoad{Level: emulator.Level{Over: over}}}}}
		for _, want := range []struct {
			condition scenarios.Condition
			told      []string
			took      time.Duration
		}{
			{scenarios.Condition{}, []string{"edge enter", "far enter"}, 0},
			{busy, []string{"edge enter", "far enter", "edge load 0.5"}, 1300 * ms},
			{busy, []string{"edge load 0", "edge enter", "far enter", "edge load 0.5"}, 1300 * ms},
			{scenarios.Condition{}, []string{"edge load 0", "edge enter", "far enter"}, 1300 * ms},
			// What varies begins anew with the trial.
			{varying, []string{"edge enter", "far enter", "far load 0.25", "far load 0.25"}, 1300 * ms},
			{scenarios.Condition{}, []string{"far load 0", "edge enter", "far enter"}, 1300 * ms},
			{scenarios.Condition{}, []string{"edge enter", "far enter"}, 0},
		} {
			*told = nil
			start := time.Now()
			checks, err := w.Enter(t.Context(), want.condition, 1)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.told, *told); diff != "" || time.Since(start) != want.took {
				t.Errorf("took %v, want %v; told (-want +got):\n%s", time.Since(start), want.took, diff)
			}
			if diff := cmp.Diff([]record.Check{{Node: "edge", Engine: "real", RTT: ms}, {Node: "far", Engine: "real", RTT: ms}}, checks); diff != "" {
				t.Errorf("checks (-want +got):\n%s", diff)
			}
		}
	})
}

// TestObserve: each node by its name, in the order asked for. Nothing real can be
// rewound.
func TestObserve(t *testing.T) {
	w, _, _ := mocks()
	got, err := w.Observe(t.Context(), []string{"far", "edge"}, "a")
	if diff := cmp.Diff([]selector.Device{{Name: "far", RTT: 3}, {Name: "edge", RTT: 3}}, got); diff != "" || err != nil {
		t.Errorf("%v, devices (-want +got):\n%s", err, diff)
	}
	if could, err := w.Rewind(t.Context(), ms); could || err != nil {
		t.Errorf("Rewind: %v, %v", could, err)
	}
}

// TestRehearse: a load that a node may not be able to make is made once and ended
// before there is a request, whatever the condition that asks for it.
func TestRehearse(t *testing.T) {
	w, all, told := mocks()
	l := emulator.Load{CPU: ofCPUs(.5).CPU, GPU: emulator.Level{Share: 1}}
	conditions := []scenarios.Condition{{ID: "idle"}, {ID: "a", Background: map[string]emulator.Load{"far": l}}, {ID: "b", Background: map[string]emulator.Load{"far": l}}}
	if err := w.rehearse(t.Context(), conditions); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"far load 0", "far load 0"}, *told); diff != "" { // of its CPUs
		t.Errorf("told (-want +got):\n%s", diff)
	}
	all["far"].fail = errors.New("no GPU")
	if err := w.rehearse(t.Context(), conditions); err == nil || !strings.HasPrefix(err.Error(), "condition a: background: node far at http://far: no GPU") {
		t.Errorf("error %v", err)
	}
}

// TestErrorsNameTheNode: of whatever goes wrong on it.
func TestErrorsNameTheNode(t *testing.T) {
	w, all, _ := mocks()
	all["edge"].fail = errors.New("the disk is full")
	ctx := t.Context()
	busy := scenarios.Condition{Background: map[string]emulator.Load{"edge": ofCPUs(.5)}}
	_, enter := w.Enter(ctx, busy, 0)
	_, profile := w.Profile(ctx, "edge", []scenarios.Model{{Name: "m"}}, nil)
	_, observe := w.Observe(ctx, []string{"far", "edge"}, "a")
	_, do := w.Do(ctx, runner.Request{Node: "edge"})
	_, telemetry := w.Telemetry(ctx)
	for name, err := range map[string]error{"enter": enter, "profile": profile, "observe": observe, "do": do, "telemetry": telemetry,
		"prepare": w.Prepare(ctx, "edge", "a", nil), "load": w.setLoad(ctx, "edge", ofCPUs(.5)), "close": w.Close()} {
		if err == nil || !strings.HasPrefix(err.Error(), "node edge at http://edge: ") || !errors.Is(err, all["edge"].fail) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestGoneIsToldOnce: by who needs the node, and not by telemetry, nor by the
// end of a load that ended with it.
func TestGoneIsToldOnce(t *testing.T) {
	w, all, _ := mocks()
	w.load["edge"] = ofCPUs(.5)
	all["edge"].fail = fmt.Errorf("status: %w", &goneError{errors.New("it has ended")})
	if err := w.Leave(t.Context()); err != nil {
		t.Errorf("Leave: %v", err)
	}
	if got, err := w.Telemetry(t.Context()); err != nil || got != nil {
		t.Errorf("Telemetry: %+v, %v", got, err)
	}
	if _, err := w.Observe(t.Context(), []string{"edge"}, "a"); !isGone(err) {
		t.Errorf("Observe: %v", err)
	}
	if err := w.setLoad(t.Context(), "edge", ofCPUs(.5)); !isGone(err) {
		t.Errorf("a load on it: %v", err)
	}
}

// TestRecords: times count from Open, lines cover the time since the last ones,
// and a server that tells nothing of itself has none.
func TestRecords(t *testing.T) {
	w, _, _ := mocks()
	res, err := w.Do(t.Context(), runner.Request{Node: "far"})
	if err != nil || res.Sent != 3*ms || res.Done != 5*ms {
		t.Errorf("from %v to %v, %v; want 3 ms to 5 ms", res.Sent, res.Done, err)
	}
	first, err := w.Telemetry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.Telemetry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != 1 || len(second) != 1 || first[0].Node != "edge" || first[0].CPUBusy != .5 || second[0].From < first[0].At || second[0].At < second[0].From || second[0].At > w.Now() {
		t.Errorf("telemetry %+v, then %+v", first, second)
	}
	options, err := w.Profile(t.Context(), "far", []scenarios.Model{{Name: "m"}}, nil)
	if diff := cmp.Diff([]selector.Option{{Model: "m", Node: "far", Accuracy: .9, Size: 7 * unit.Byte, Infer: 5 * ms}}, options); diff != "" || err != nil {
		t.Errorf("%v, profile (-want +got):\n%s", err, diff)
	}
}
