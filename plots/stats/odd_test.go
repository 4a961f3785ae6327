package stats

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/testbed/testbed/runner/record"
)

// TestOddRuns: any run gives a summary that says what is wrong with it.
func TestOddRuns(t *testing.T) {
	for _, tt := range []struct {
		name   string
		run    func() record.Run
		result string
		words  string // in the summary as JSON
	}{
		{"nothing at all", func() record.Run { return record.Run{} }, Invalid, "nothing was recorded"},
		{"nothing but a header", func() record.Run { return newSmall("a", "b").Run }, Invalid, "no pairs: nothing of greedy is recorded"},
		{"all requests failed", func() record.Run {
			s := newSmall("c")
			s.many("c", 8, 100*ms, 50*ms)
			for i := range s.Requests {
				s.Requests[i].Error = "connection refused"
			}
			return s.Run
		}, Invalid, "16 of 16 requests failed"},
		{"one arm", func() record.Run {
			s := newSmall("c")
			s.answer("c", "greedy", 0, 0, 100*ms, true)
			return s.Run
		}, Invalid, "no pairs: nothing of advanced is recorded"},
		{"one arm in the header", func() record.Run {
			s := newSmall("c")
			s.many("c", 8, 100*ms, 50*ms)
			s.Header.Arms = s.Header.Arms[:1]
			return s.Run
		}, Invalid, "run.json names 1 arms"},
		{"no header", func() record.Run {
			s := newSmall("c")
			s.many("c", 8, 100*ms, 50*ms)
			return record.Run{Requests: s.Requests, Problems: []string{"run.json: no such file"}}
		}, Invalid, "run.json: no such file"},
		{"times that are none", func() record.Run {
			s := newSmall("c")
			s.many("c", 8, 100*ms, -50*ms)
			s.pair("c", 0, 8, 0, 50*ms)
			return s.Run
		}, Invalid, "measured time that is not positive"},
		{"a single pair", func() record.Run {
			s := newSmall("c")
			s.pair("c", 0, 0, 100*ms, 50*ms)
			return s.Run
		}, Inconclusive, "1 pairs bear no interval"},
		{"interrupted", func() record.Run {
			s := newSmall("c")
			s.many("c", 30, 100*ms, 50*ms)
			s.Header.Status, s.Header.Conditions[0].Requests = "interrupted", 50
			return s.Run
		}, Pass, `PASS so far, of a run that is not complete: `},
		{"written twice", func() record.Run {
			s := newSmall("c")
			s.many("c", 30, 100*ms, 50*ms)
			s.pair("c", 0, 3, 100*ms, 50*ms)
			return s.Run
		}, Pass, "2 requests are recorded more than once"},
		{"numbers that are none", func() record.Run {
			s := newSmall("c")
			s.many("c", 30, 100*ms, 50*ms)
			s.Header.Models = []record.Model{{Name: "big", Accuracy: math.NaN()}}
			s.Header.Require.Confidence = math.NaN()
			s.Telemetry = []record.Telemetry{{Condition: "c", Node: "edge", CPUAsked: 0.5, CPUAchieved: math.Inf(1), CPUBusy: math.NaN()}}
			s.Decisions = []record.Decision{{Condition: "c", Arm: "advanced"}}
			return s.Run
		}, Pass, "saves 50.0 %"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := tt.run()
			s := Summarize(run)
			Collect(run)
			var b bytes.Buffer
			if err := s.Encode(&b); err != nil {
				t.Fatal(err)
			}
			if s.Verdict.Result != tt.result {
				t.Errorf("%s (%s), want %s", s.Verdict.Result, s.Verdict.Sentence, tt.result)
			}
			if !strings.Contains(b.String(), tt.words) {
				t.Errorf("the summary does not say %q:\n%s", tt.words, b.String())
			}
		})
	}
}

// TestSameBytes: the same records, in whatever order, give the same bytes, and
// what is written reads back.
func TestSameBytes(t *testing.T) {
	run := sweep(10)
	encode := func(r record.Run) []byte {
		var b bytes.Buffer
		if err := Summarize(r).Encode(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	first := encode(run)
	shuffled := run
	shuffled.Requests = slices.Clone(run.Requests)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled.Requests), func(i, j int) {
		shuffled.Requests[i], shuffled.Requests[j] = shuffled.Requests[j], shuffled.Requests[i]
	})
	if diff := cmp.Diff(string(first), string(encode(shuffled))); diff != "" {
		t.Errorf("the order of records matters:\n%s", diff)
	}
	var back Summary
	if err := json.Unmarshal(first, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Summarize(run), back, sameNumber, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("read back (-want +got)\n%s", diff)
	}
}

// TestConditionsAreIndependent: what is found in one condition does not change
// with what was recorded in others.
func TestConditionsAreIndependent(t *testing.T) {
	run := sweep(10)
	whole := Summarize(run).Conditions[0]
	run.Header.Conditions = run.Header.Conditions[:1]
	run.Requests = slices.DeleteFunc(run.Requests, func(r record.Request) bool { return r.Condition != whole.ID })
	holm := cmpopts.IgnoreFields(Test{}, "Holm") // which is of all conditions together
	if diff := cmp.Diff(whole, Summarize(run).Conditions[0], sameNumber, holm); diff != "" {
		t.Errorf("alone (-with others +alone)\n%s", diff)
	}
}

// TestFormat holds summary.json to the names that readers rely on.
func TestFormat(t *testing.T) {
	var b bytes.Buffer
	if err := Summarize(sweep(8)).Encode(&b); err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"schema", "scenario", "world", "status", "warnings", "models.0.models", "verdict.result", "verdict.sentence",
		"verdict.requirements.0.name", "verdict.requirements.0.bound", "verdict.requirements.0.value", "verdict.requirements.0.low",
		"verdict.requirements.0.high", "verdict.requirements.0.met", "verdict.requirements.0.advice",
		"conditions.0.id", "conditions.0.set", "conditions.0.valid", "conditions.0.reasons", "conditions.0.warnings",
		"conditions.0.arms.0.selector", "conditions.0.arms.0.requests", "conditions.0.arms.0.errors", "conditions.0.arms.0.models",
		"conditions.0.arms.0.accuracy", "conditions.0.arms.0.latency_ms.p99", "conditions.0.arms.0.phases_ms.fetch", "conditions.0.arms.0.decision_us",
		"conditions.0.saving.mean_of_ratios.low", "conditions.0.saving.ratio_of_means.value", "conditions.0.saving.geometric.high",
		"conditions.0.accuracy_drop_points.value", "conditions.0.links.0.node", "conditions.0.links.0.direction", "conditions.0.links.0.engine",
		"conditions.0.links.0.asked.rate_bps", "conditions.0.links.0.achieved.delay_ms",
		"conditions.2.background.0.asked", "conditions.2.background.0.achieved", "conditions.2.background.0.resource",
		"overall.pairs", "overall.saving.mean_of_ratios.value", "overall.accuracy_drop_points.value",
	} {
		if !has(doc, strings.Split(path, ".")) {
			t.Errorf("summary.json has no %s", path)
		}
	}
}

func has(v any, path []string) bool {
	if len(path) == 0 {
		return true
	}
	switch v := v.(type) {
	case map[string]any:
		next, ok := v[path[0]]
		return ok && has(next, path[1:])
	case []any:
		i := int(path[0][0] - '0')
		return i < len(v) && has(v[i], path[1:])
	}
	return false
}

// TestPlanned: of 50 pairs in each of two repetitions 30 are there.
func TestPlanned(t *testing.T) {
	s := newSmall("c")
	s.many("c", 30, 100*ms, 50*ms)
	s.Header.Status, s.Header.Repetitions, s.Header.Conditions[0].Requests = "failed", 2, 50
	s.Header.Error = "disk full"
	got := Summarize(s.Run)
	all := strings.Join(Texts(got.Warnings), "\n")
	for _, want := range []string{`its status is "failed", and 30 of 100 planned pairs are recorded`, "the run ended with: disk full", "c: 30 of 100 planned pairs are recorded whole"} {
		if !strings.Contains(all, want) {
			t.Errorf("warnings do not say %q:\n%s", want, all)
		}
	}
}

// TestWarningsOfTheWorld: what the world said of itself, and a link that its
// engine does not play quite as asked, stand among the warnings.
func TestWarningsOfTheWorld(t *testing.T) {
	run := record.Run{
		Header: record.Header{Arms: []string{"greedy", "advanced"}, Warnings: []string{"node edge: shares CPUs"}, Conditions: []record.Condition{{ID: "c"}}},
		Checks: []record.Check{
			{Condition: "c", Node: "edge", Engine: "tc", Differs: "down: HTB would be up to 2.2ms early"},
			{Condition: "c", Repetition: 1, Node: "edge", Engine: "tc", Differs: "down: HTB would be up to 2.2ms early"},
		},
	}
	got := strings.Join(Texts(Summarize(run).Warnings), "\n")
	for _, want := range []string{"node edge: shares CPUs", "edge: the links are played by tc and are not quite what was asked: down: HTB would be up to 2.2ms early"} {
		if n := strings.Count(got, want); n != 1 {
			t.Errorf("%d times %q in the warnings:\n%s", n, want, got)
		}
	}
}
