package plots

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/plots/stats"
	"github.com/testbed/testbed/runner/record"
)

// judgedSummary is a small summary, written by hand, with all that a verdict
// rests on.
func judgedSummary() stats.Summary {
	yes, no := true, false
	none := stats.Missing()
	arm := func(name string, mean stats.Number, o *stats.OnTime) stats.Arm {
		return stats.Arm{Selector: name, Requests: 40, Errors: 1, Models: map[string]int{"small": 30, "large": 9}, Accuracy: 0.9, OnTime: o,
			Latency: stats.Latency{Mean: mean, P50: 20, P90: none, P95: none, P99: none, Intervals: map[string]stats.Range{"p50": {Low: 0.9, High: 1500}}, Needs: map[string]int{"p99": 368}},
			Steady:  stats.Steady{Change: -0.021, Test: stats.Test{P: 0.3, Holm: 1}, Lag1: 0.25, Independent: 24}, Far: stats.Far{N: 2, Moves: 0.04}}
	}
	k := stats.Comparison{Arm: "b", Pairs: 39, Saving: stats.Saving{MeanOfRatios: stats.Estimate{Value: 0.341, Low: 0.3, High: 0.38}, RatioOfMeans: stats.Estimate{Value: none}, Geometric: stats.Estimate{Value: none}},
		AccuracyDrop: stats.Estimate{Value: 1.3, Low: -0.4, High: 3}, McNemar: stats.McNemar{OnlyBaseline: 3, OnlyOther: 1, P: 0.625}, Test: stats.Test{P: 0.00001, Holm: 0.00002}}
	unanswered := k
	unanswered.McNemar, unanswered.Test = stats.McNemar{P: none}, stats.Test{P: 0.04, Holm: 0.08}
	s := stats.Summary{Status: "done", World: "netns", Conditions: []stats.Condition{
		{Label: "x", Valid: true, Comparison: k, Arms: []stats.Arm{
			arm("a", 30, &stats.OnTime{Requests: 40, Late: 10, Share: 0.75, Interval: stats.Range{Low: 0.6, High: 0.86}, Attained: &no, Effective: 0.7, EffectiveInterval: stats.Range{Low: none, High: none}}),
			arm("b", 0.25, &stats.OnTime{Requests: 40, Late: 1, Share: 0.975, Interval: stats.Range{Low: 0.87, High: 0.996}, Needs: 93, Effective: 0.9, EffectiveInterval: stats.Range{Low: 0.75, High: 0.96}})}},
		{Label: "y", Comparison: k}, {Label: "z", Valid: true, Comparison: unanswered}}}
	s.Run.Arms, s.Run.Repetitions = []string{"a", "b"}, 6
	s.Run.Require = record.Require{Saving: 0.2, AccuracyDrop: 0.1, Confidence: 0.95, Deadline: 60 * time.Millisecond, OnTime: 0.95}
	s.Overall.Comparison = k
	s.Overall.Controls = []stats.Against{{Kind: "arm", Arm: "again", Pairs: 39, Saving: stats.Estimate{Value: 0.001, Low: -0.01, High: 0.012}, Held: &yes},
		{Kind: stats.SameOption, Arm: "b", Pairs: 5, Saving: stats.Estimate{Value: none}}}
	s.Overall.Order = stats.Order{Pairs: [2]int{20, 19}, Difference: stats.Estimate{Value: 0.02, Low: -0.01, High: 0.05}}
	s.Verdict = stats.Verdict{Result: stats.Inconclusive,
		Checks: []stats.Check{{Name: stats.Network, What: "rates were as asked", Held: &yes, Of: 3}, {Name: stats.Lag, What: "links were in time", Held: &no, Failed: 1, Of: 3, Worst: "y: 2 ms"}, {Name: stats.Control, What: "A/A"}},
		Requirements: []stats.Requirement{{Name: "saving", Bound: 0.2, Value: 0.341, Low: 0.3, High: 0.38, Lower: 0.31, Upper: 0.37, Met: &yes},
			{Name: "accuracy_drop", Bound: 0.1, Value: 0.013, Low: none, High: none, Lower: none, Upper: none, Advice: "needs about 340 more pairs"},
			{Name: "on_time", Bound: 0.95, Value: 0.975, Low: 0.87, High: 0.996, Lower: 0.88, Upper: 0.99}},
		Stopping: &stats.Stopping{Rule: "the run ends when all is decided", Looks: 5, Confidence: 0.99, Stopped: true, After: 3}}
	return s
}

func TestTablesOfAVerdict(t *testing.T) {
	s := judgedSummary()
	for _, tt := range []struct {
		name string
		t    table
		want [][]string
	}{
		{"checks", checkTable(s), [][]string{{"rates were as asked", "yes", "–", "–"}, {"links were in time", "no", "1 of 3", "y: 2 ms"}, {"A/A", "not examined", "–", "–"}}},
		{"requirements", requirements(s), [][]string{
			{"saving Δt", "≥ 20 %", "34.1 %", "30.0 to 38.0", "31.0, 37.0", "yes", "–"},
			{"accuracy given up", "≤ 10 points", "1.3 points", "–", "–", "undecided", "needs about 340 more pairs"},
			{"answered on time", "≥ 95 %", "97.5 %", "87.0 to 99.6", "88.0, 99.0", "undecided", "–"}}},
		{"tests", testTable(s), [][]string{ // y is not valid
			{"x", "34.1 % (30.0 to 38.0)", "< 0.0001", "< 0.0001", "3", "1", "0.63"},
			{"z", "34.1 % (30.0 to 38.0)", "0.04", "0.08", "–", "–", "–"},
			{"all valid conditions", "34.1 % (30.0 to 38.0)", "< 0.0001", "< 0.0001", "3", "1", "0.63"}}},
		{"controls", controlTable(s), [][]string{
			{"again, whose settings are the baseline's", "39", "0.1 % (−1.0 to 1.2)", "yes"},
			{"b, pairs in which both arms chose the same", "5", "–", "undecided"},
			{"Δt of pairs in which the baseline went first, less that of the others", "39", "2.0 points (−1.0 to 5.0)", "–"}}},
		{"percentiles", percentileTable(s), [][]string{
			{"x", "a", "39", "30 ms", "20 ms (900 µs to 1.5 s)", "–", "–", "– (needs 368)"},
			{"x", "b", "39", "250 µs", "20 ms (900 µs to 1.5 s)", "–", "–", "– (needs 368)"}}},
		{"on time", onTimeTable(s), [][]string{
			{"x", "a", "40", "10", "75.0 % (60.0 to 86.0)", "no", "70.0 %"},
			{"x", "b", "40", "1", "97.5 % (87.0 to 99.6)", "undecided: needs 93 requests", "90.0 % (75.0 to 96.0)"}}},
		{"steady", steadyTable(s), [][]string{
			{"x", "a", "−2.1 %", "0.3", "1", "0.25", "24", "2", "4.0 %"},
			{"x", "b", "−2.1 %", "0.3", "1", "0.25", "24", "2", "4.0 %"}}},
	} {
		if diff := cmp.Diff(tt.want, tt.t.Rows); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		for _, r := range tt.t.Rows {
			if len(r) != len(tt.t.Head) {
				t.Errorf("%s: %d cells under %d heads", tt.name, len(r), len(tt.t.Head))
			}
		}
	}
	var m markdown
	m.table(requirements(s))
	if rule := "| --- | ---: | ---: | ---: | ---: | --- | --- |"; !strings.Contains(m.String(), rule) {
		t.Errorf("numbers are not to the right, or words are: %s", m.String())
	}
	conditions := conditions(s)
	if diff := cmp.Diff([]string{"x", "yes", "39", "34.1 % (30.0 to 38.0)", "30 ms", "250 µs", "90.0 %", "90.0 %", "1.3 (−0.4 to 3.0)", "small 30, large 9", "small 30, large 9"}, conditions.Rows[0]); diff != "" {
		t.Errorf("conditions: %s", diff)
	}
}

func TestStoppingWords(t *testing.T) {
	s := judgedSummary()
	for _, tt := range []struct {
		stopped bool
		after   int
		want    string
	}{
		{true, 3, "It did, after 3 of 6 repetitions."},
		{false, 6, "It did not: all 6 repetitions were run."},
		{false, 2, "It did not; 2 of 6 repetitions were run."}, // it was interrupted
	} {
		s.Verdict.Stopping.Stopped, s.Verdict.Stopping.After = tt.stopped, tt.after
		want := "The run was allowed to end early: the run ends when all is decided. " + tt.want
		if diff := cmp.Diff([]string{want}, stoppingWords(s)); diff != "" {
			t.Error(diff)
		}
	}
}

// TestNothingRecorded: a report of nothing says so.
func TestNothingRecorded(t *testing.T) {
	s := stats.Summarize(record.Run{})
	page, err := HTML(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"report.html": string(page), "report.md": string(Markdown(s, nil)),
		"vnv.en": string(vnvOf(s, nil, English).markdown("plots")), "vnv.ko": string(vnvOf(s, nil, Korean).markdown("plots"))} {
		if !strings.Contains(text, "INVALID") {
			t.Errorf("%s does not say that there is no verdict", name)
		}
	}
	if ko := string(vnvOf(s, nil, Korean).markdown("plots")); !strings.Contains(ko, "무효") {
		t.Errorf("vnv.ko does not say that there is no verdict:\n%s", ko)
	}
}
