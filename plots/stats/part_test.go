package stats

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/testbed/testbed/runner/record"
)

// TestPart: of a part is said what is said of a run in which there is nothing
// else, but for the models, which keep their places.
func TestPart(t *testing.T) {
	whole, alone := sweep(6), sweep(6)
	for i := range whole.Requests {
		if r := &whole.Requests[i]; r.Condition == "slow" {
			r.Model = "slow-" + r.Model // chosen in what is left out
		}
	}
	alone.Header.Conditions = alone.Header.Conditions[1:2]
	in := func(condition string) bool { return condition == "fast" }
	alone.Requests, alone.Decisions = nil, nil
	for _, r := range whole.Requests {
		if in(r.Condition) {
			alone.Requests = append(alone.Requests, r)
		}
	}
	for _, k := range whole.Decisions {
		if in(k.Condition) {
			alone.Decisions = append(alone.Decisions, k)
		}
	}
	keep := func(all []record.Telemetry) (out []record.Telemetry) {
		for _, e := range all {
			if in(e.Condition) {
				out = append(out, e)
			}
		}
		return out
	}
	alone.Telemetry, alone.Checks = keep(alone.Telemetry), alone.Checks[2:4]
	wantSummary, wantSeries := Analyze(&alone, alone.Lines())
	lines := whole.Lines()
	summary, series := AnalyzePart(&whole, lines, []string{"fast"}, []string{"greedy", "advanced"})
	if diff := cmp.Diff(wantSummary, summary, sameNumber); diff != "" {
		t.Errorf("summary (-alone +part):\n%s", diff)
	}
	if diff := cmp.Diff(wantSeries.Cells[0].Arms, series.Cells[0].Arms, sameNumber); diff != "" || len(series.Cells) != 1 {
		t.Errorf("%d cells (-alone +part):\n%s", len(series.Cells), diff)
	}
	if diff := cmp.Diff([]string{"big", "little", "slow-big", "slow-little"}, series.Models); diff != "" {
		t.Errorf("models (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantSeries.Timeline.CPUs, series.Timeline.CPUs, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("load over time (-alone +part):\n%s", diff)
	}
	if len(series.Timeline.Trials) != 2 || series.Timeline.Requests != 24 {
		t.Errorf("a timeline of %d trials and %d requests, want 2 and 24", len(series.Timeline.Trials), series.Timeline.Requests)
	}
}

// TestPartOfArms: an arm that is left out keeps its place, so that the others
// keep their colours, and has no requests.
func TestPartOfArms(t *testing.T) {
	run := sweep(6)
	lines := run.Lines()
	summary, series := AnalyzePart(&run, lines, []string{"slow", "fast", "busy"}, []string{"advanced"})
	for i, c := range summary.Conditions {
		if c.Arms[0].Requests != 0 || c.Arms[1].Requests != 12 || c.Pairs != 0 {
			t.Errorf("%s: %d and %d requests, %d pairs; want 0, 12 and 0", c.ID, c.Arms[0].Requests, c.Arms[1].Requests, c.Pairs)
		}
		if arms := series.Cells[i].Arms; arms[0].N != 0 || arms[1].N != 12 {
			t.Errorf("%s: distributions of %d and %d", c.ID, arms[0].N, arms[1].N)
		}
	}
	if diff := cmp.Diff([]string{"greedy", "advanced"}, series.Arms); diff != "" {
		t.Error(diff)
	}
}
