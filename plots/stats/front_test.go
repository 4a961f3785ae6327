package stats

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// frontRun is a run of three options: big is right in 90 % of cases, little in
// 85 %, slow as often. Of two pairs each arm's times are 100 and 120 ms, 50 and
// 60 ms.
func frontRun() *small {
	s := newSmall("c")
	s.Header.Profile = []selector.Option{{Model: "big", Node: "edge", Accuracy: 0.9}, {Model: "little", Node: "edge", Accuracy: 0.85}, {Model: "slow", Node: "edge", Accuracy: 0.85}}
	s.pair("c", 0, 0, 100*ms, 50*ms)
	s.pair("c", 0, 1, 120*ms, 60*ms)
	return s
}

// TestFrontOfReplays: options by the medians of their replays (nearest rank: of
// two times the less), arms by the pairs that were replayed alone. Slow is
// as accurate as little and takes longer, so it is not on the front. The
// budget allows ten points less than 90 %.
func TestFrontOfReplays(t *testing.T) {
	s := frontRun()
	s.pair("c", 0, 2, 300*ms, 300*ms) // which was not replayed
	for i := range 2 {
		d := time.Duration(i) * ms
		s.Replays = append(s.Replays, record.Replay{Condition: "c", Pair: i, Options: []record.ReplayOption{{Measured: 99*ms + d}, {Measured: 49*ms + d}, {Measured: 70*ms + d}}})
	}
	s.Replays = append(s.Replays, record.Replay{Condition: "c", Pair: 7, Options: []record.ReplayOption{{Error: "timeout"}, {Measured: 45 * ms}, {Error: "timeout"}}})
	got := Collect(s.Run).Cells[0].Front
	want := Front{From: Replayed, Floor: 0.8, Options: []OptionPoint{
		{"little", 1, 3, 49, 0.85, true}, {"slow", -1, 2, 70, 0.85, false}, {"big", 0, 2, 99, 0.9, true},
	}, Arms: []ArmPoint{{0, 2, 100, 0.9}, {1, 2, 50, 0.85}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("front (-want +got)\n%s", diff)
	}
}

// TestFrontWithoutReplays: options by the phases that t counts (infer) of what
// was predicted of them or, where nothing was, by the requests that they
// answered: slow answered none.
func TestFrontWithoutReplays(t *testing.T) {
	s := frontRun()
	arms := []ArmPoint{{0, 2, 100, 0.9}, {1, 2, 50, 0.85}}
	want := Front{From: Answered, Floor: 0.8, Options: []OptionPoint{{"little", 1, 2, 50, 0.85, true}, {"big", 0, 2, 100, 0.9, true}}, Arms: arms}
	if diff := cmp.Diff(want, Collect(s.Run).Cells[0].Front); diff != "" {
		t.Errorf("front of requests (-want +got)\n%s", diff)
	}
	for i := range 3 {
		of := func(infer int) selector.Phases {
			return selector.Phases{Fetch: time.Second, Infer: time.Duration(infer+i) * ms}
		}
		s.Decisions = append(s.Decisions, record.Decision{Condition: "c", Arm: "advanced", Pair: i, Decision: selector.Decision{
			Candidates: []selector.Candidate{{Option: "slow@edge", Predicted: of(70)}, {Option: "little@edge", Predicted: of(40)}, {Option: "big@edge"}}}})
	}
	want.From, want.Options = Predicted, []OptionPoint{{"little", 1, 3, 41, 0.85, true}, {"slow", -1, 3, 71, 0.85, false}}
	if diff := cmp.Diff(want, Collect(s.Run).Cells[0].Front); diff != "" {
		t.Errorf("front of predictions (-want +got)\n%s", diff)
	}
	s.Header.Profile = nil
	if got := Collect(s.Run).Cells[0].Front; len(got.Options)+len(got.Arms) > 0 {
		t.Errorf("front %+v without a known accuracy, want none", got)
	}
}
