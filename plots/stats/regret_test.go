package stats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// judgedRun is a run of three options on one node: big is the most accurate, mid
// and little give up 5 and 20 points of the ten allowed.
func judgedRun(conditions ...string) *small {
	s := newSmall(conditions...)
	s.Header.Profile = []selector.Option{{Model: "big", Node: "edge", Accuracy: 0.9}, {Model: "mid", Node: "edge", Accuracy: 0.85}, {Model: "little", Node: "edge", Accuracy: 0.7}}
	s.Header.Selectors = []record.Selector{{Name: "greedy", Policy: "greedy"}, {Name: "advanced", Policy: "advanced"}}
	return s
}

// replay adds an instant: t of big, mid and little (negative: an error), and
// what shadows chose.
func (s *small) replay(condition string, rep, pair int, t [3]time.Duration, shadows ...record.ReplayShadow) *record.Replay {
	r := record.Replay{Condition: condition, Repetition: rep, Pair: pair, Shadows: shadows}
	for _, d := range t {
		o := record.ReplayOption{Measured: d, Phases: selector.Phases{Infer: d}}
		if d < 0 {
			o = record.ReplayOption{Error: "timeout"}
		}
		r.Options = append(r.Options, o)
	}
	s.Replays = append(s.Replays, r)
	return &s.Replays[len(s.Replays)-1]
}

// TestRegretByHand has two instants of one trial:
//
//	           big  mid  little   greedy (big)  advanced (mid)
//	pair 0     100   50      10            120              60
//	pair 4      80  100      10             80              90
//
// little is not allowed, so the oracle is mid at 50 ms, then big at 80 ms.
func TestRegretByHand(t *testing.T) {
	s := judgedRun("c")
	s.answer("c", "greedy", 0, 0, 120*ms, true)
	s.answer("c", "advanced", 0, 0, 60*ms, true).Model = "mid"
	s.answer("c", "greedy", 0, 4, 80*ms, true)
	s.answer("c", "advanced", 0, 4, 90*ms, true).Model = "mid"
	s.replay("c", 0, 0, [3]time.Duration{100 * ms, 50 * ms, 10 * ms}, record.ReplayShadow{Selector: "fastest", Option: 2})
	s.replay("c", 0, 4, [3]time.Duration{80 * ms, 100 * ms, 10 * ms}, record.ReplayShadow{Selector: "fastest", Option: 2})
	got := Summarize(s.Run)
	for _, tt := range []struct {
		name                                                   string
		mean, replayed, steady, agree, near, outside, accuracy float64
	}{
		// Over the trial big took 180 ms and mid 150 ms, which is the best of it.
		{"greedy", (1.4 + 0) / 2, (1.0 + 0) / 2, 180.0/150 - 1, 0.5, 0.5, 0, 0.9},
		{"advanced", (0.2 + 0.125) / 2, (0 + 0.25) / 2, 0, 0.5, 0.5, 0, 0.85},
		{"fastest", (10.0/50 - 1 + 10.0/80 - 1) / 2, (10.0/50 - 1 + 10.0/80 - 1) / 2, 20.0/150 - 1, 0, 0, 1, 0.7},
		{"static:big", 0.5, 0.5, 0.2, 0.5, 0.5, 0, 0.9},
		{"static:mid", 0.125, 0.125, 0, 0.5, 0.5, 0, 0.85},
		{BestStatic, 0.125, 0.125, 0, 0.5, 0.5, 0, 0.85},
		// Each instant is the mean of big and mid: 75 and 90 ms.
		{RandomChoice, (0.5 + 0.125) / 2, (0.5 + 0.125) / 2, 165.0/150 - 1, 0.5, 0.5, 0, 0.875},
	} {
		r, ok := got.Regret[tt.name]
		if !ok {
			t.Errorf("no regret of %s", tt.name)
			continue
		}
		for _, n := range []struct {
			what string
			got  Number
			want float64
		}{{"mean", r.Mean, tt.mean}, {"replayed", r.Replayed, tt.replayed}, {"steady", r.Steady, tt.steady}, {"agreement", r.Agreement, tt.agree},
			{"near", r.Near, tt.near}, {"outside", r.Outside, tt.outside}, {"accuracy", r.Accuracy, tt.accuracy}} {
			if !near(n.got, n.want) {
				t.Errorf("%s: %s is %v, want %v", tt.name, n.what, n.got, n.want)
			}
		}
		if r.N != 2 || r.Low.Known() || r.P95.Known() {
			t.Errorf("%s: n %d, interval from %v, p95 %v: want 2 and, of so few, neither", tt.name, r.N, r.Low, r.P95)
		}
	}
	j := got.Judging
	want := &Judging{Instants: 2, Options: 3, Feasible: 2, Floor: 0.8, Oracle: map[string]int{"mid": 1, "big": 1},
		// |120−100|/100, 0, |60−50|/50, |90−100|/100: 0, 0.1, 0.2, 0.2, of which nearest rank takes the second.
		Noise: 0.1, Order: []string{"greedy", "advanced", "fastest", "static:big", "static:mid", RandomChoice, BestStatic}}
	if diff := cmp.Diff(want, j); diff != "" {
		t.Errorf("judging (-want +got)\n%s", diff)
	}
	if got.Regret["static:little"].N != 0 || got.Regret[BestStatic].Option != "mid" || got.Regret["fastest"].Kind != ShadowKind {
		t.Errorf("regret %+v", got.Regret)
	}
}

// TestRegretInterval: forty instants in each of three trials, at which greedy
// takes 109 or 129 ms by turns of the oracle's 100, in the next 1 ms more: the
// mean is 0.2, with a deviation of 0.01/√3 and Student's t of 4.303, ± 0.025; p95,
// the 114th of 120 values, is 0.31.
func TestRegretInterval(t *testing.T) {
	s := judgedRun("c")
	for rep := range 3 {
		for pair := range 40 {
			s.answer("c", "greedy", rep, pair, time.Duration(109+rep+20*(pair%2))*ms, true)
			s.answer("c", "advanced", rep, pair, 100*ms, true)
			s.replay("c", rep, pair, [3]time.Duration{100 * ms, 200 * ms, ms})
		}
	}
	r := Summarize(s.Run).Regret["greedy"]
	if !near(r.Mean, 0.2) || math.Abs(float64(r.Low)-0.175) > 0.003 || math.Abs(float64(r.High)-0.225) > 0.003 || !near(r.P95, 0.31) || r.N != 120 {
		t.Errorf("regret %+v, want 0.2 ± 0.025, p95 0.31, n 120", r)
	}
	c := Summarize(s.Run).Conditions[0].Regret["greedy"]
	if !near(c.Mean, 0.2) || c.N != 120 || !c.Low.Known() {
		t.Errorf("in the condition %+v, want the same", c)
	}
}

// TestRegretLeavesOut: instants without an oracle, of warm-ups, of invalid
// conditions, and answers that did not come.
func TestRegretLeavesOut(t *testing.T) {
	s := judgedRun("c", "bad")
	s.many("c", 20, 100*ms, 50*ms)
	s.many("bad", 1, 100*ms, 50*ms)
	s.Requests[2].Error = "timeout" // greedy's of pair 1
	s.Checks = append(s.Checks, record.Check{Condition: "bad", Node: "edge", RTT: 9 * ms, AskedRTT: 1 * ms})
	s.replay("c", 0, -1, [3]time.Duration{ms, ms, ms})                      // a warm-up
	s.replay("c", 0, 0, [3]time.Duration{-1, -1, 10 * ms})                  // nothing that is allowed answered
	s.replay("c", 0, 1, [3]time.Duration{100 * ms, 50 * ms, 10 * ms})       // greedy failed
	s.replay("c", 0, 2, [3]time.Duration{-1, 50 * ms, 10 * ms})             // big failed
	s.replay("c", 0, 3, [3]time.Duration{90 * ms, 100 * ms, 10 * ms})       // nothing
	s.replay("bad", 0, 0, [3]time.Duration{1 * ms, 50 * ms, 10 * ms})       // invalid
	s.replay("elsewhere", 0, 0, [3]time.Duration{1 * ms, 50 * ms, 10 * ms}) // not a condition of the run
	got := Summarize(s.Run)
	if j := got.Judging; j.Instants != 3 || j.LeftOut != 1 {
		t.Errorf("%d instants and %d left out, want 3 and 1", j.Instants, j.LeftOut)
	}
	if r := got.Regret["greedy"]; r.N != 2 || r.Failed != 1 {
		t.Errorf("greedy: n %d, failed %d; want 2 and 1", r.N, r.Failed)
	}
	if r := got.Regret["static:big"]; r.N != 2 || r.Failed != 1 {
		t.Errorf("static:big: n %d, failed %d; want 2 and 1", r.N, r.Failed)
	}
	if b := got.Regret[BestStatic]; b.Option != "mid" { // big did not answer everywhere
		t.Errorf("best static %q, want mid", b.Option)
	}
	if got.Conditions[1].Regret == nil {
		t.Error("the invalid condition has no regret of its own")
	}
	if all := strings.Join(Texts(got.Warnings), "\n"); !strings.Contains(all, "1 instants that were replayed have no oracle") {
		t.Errorf("warnings %s", all)
	}
}

// TestAblations: of two selectors that lack a term, one chooses as the whole one
// does, which is said; and the whole one of a shadow is a shadow.
func TestAblations(t *testing.T) {
	s := judgedRun("c")
	s.Header.Shadows = []record.Selector{{Name: "whole", Policy: "advanced"}, {Name: "blind", Policy: "advanced", Settings: []string{"without network"}},
		{Name: "rash", Policy: "advanced", Settings: []string{"without hysteresis"}},
		{Name: "poor", Policy: "advanced", Settings: []string{"budget 10 points", "without load"}}, // than which none has the same budget
		{Name: "near", Policy: "advanced", Settings: []string{"without load"}, Placements: []string{"edge"}}}
	for pair := range 8 {
		s.pair("c", 0, pair, 100*ms, 50*ms)
		blind := record.ReplayShadow{Selector: "blind", Option: pair % 2}
		s.replay("c", 0, pair, [3]time.Duration{100 * ms, 50 * ms, 10 * ms}, record.ReplayShadow{Selector: "whole", Option: 1}, blind, record.ReplayShadow{Selector: "rash", Option: 1},
			record.ReplayShadow{Selector: "poor", Option: 1}, record.ReplayShadow{Selector: "near", Option: 1})
	}
	got := Summarize(s.Run)
	for name, want := range map[string]*Ablation{"blind": {"network", "whole", 8, 4}, "rash": {"hysteresis", "whole", 8, 0}, "whole": nil, "greedy": nil, "poor": nil, "near": nil} {
		if diff := cmp.Diff(want, got.Regret[name].Ablation); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	all := strings.Join(Texts(got.Warnings), "\n")
	if !strings.Contains(all, "rash, which is whole without hysteresis, chose at all 8 instants what that did") || strings.Contains(all, "blind") {
		t.Errorf("warnings %s", all)
	}
}

// TestRegretFormat: the names that readers rely on, and null without replays.
func TestRegretFormat(t *testing.T) {
	s := judgedRun("c")
	s.many("c", 8, 100*ms, 50*ms)
	write := func() any {
		var b bytes.Buffer
		if err := Summarize(s.Run).Encode(&b); err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		return doc
	}
	if doc := write().(map[string]any); doc["regret"] != nil || doc["judging"] != nil {
		t.Errorf("regret %v without replays, want null", doc["regret"])
	}
	for pair := range 8 {
		s.replay("c", 0, pair, [3]time.Duration{100 * ms, 50 * ms, 10 * ms})
	}
	doc := write()
	for _, path := range []string{"regret.advanced.mean", "regret.advanced.p95", "regret.advanced.low", "regret.advanced.agreement", "regret.best static.option",
		"conditions.0.regret.greedy.mean", "judging.order.0"} {
		if !has(doc, strings.Split(path, ".")) {
			t.Errorf("summary.json has no %s", path)
		}
	}
}

// TestShadowsOfOneName: a shadow that is called as an arm, or as a static
// choice, does not hide it.
func TestShadowsOfOneName(t *testing.T) {
	s := judgedRun("c")
	s.many("c", 2, 100*ms, 50*ms)
	for pair := range 2 {
		s.replay("c", 0, pair, [3]time.Duration{100 * ms, 50 * ms, 10 * ms}, record.ReplayShadow{Selector: "advanced", Option: 0}, record.ReplayShadow{Selector: "static:mid", Option: 0})
	}
	got := Summarize(s.Run).Regret
	for name, kind := range map[string]string{"advanced": ArmKind, "advanced (shadow)": ShadowKind, "static:mid": ShadowKind, "static:mid (static)": StaticKind} {
		if got[name].Kind != kind {
			t.Errorf("%s is %q, want %q", name, got[name].Kind, kind)
		}
	}
}

func BenchmarkRegret(b *testing.B) {
	s := judgedRun()
	for c := range 27 {
		id := fmt.Sprint(c)
		s.Header.Conditions = append(s.Header.Conditions, record.Condition{ID: id})
		for rep := range 3 {
			for i := range 20 {
				s.pair(id, rep, i, 100*ms, 50*ms)
				s.replay(id, rep, i, [3]time.Duration{100 * ms, 50 * ms, 10 * ms})
			}
		}
	}
	for b.Loop() {
		Summarize(s.Run)
	}
}
