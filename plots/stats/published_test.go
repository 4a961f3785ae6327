package stats

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// unscored is a run of 40 pairs, the baseline by a model of 78.3 %, the other
// arm by turns by one of 69.7 % and the same, so that it gives up
// (8.6 + 0)/2 = 4.3 points by what is published. Every answer is wrong.
func unscored() record.Run {
	s := newSmall("a")
	s.Header.Unscored = "the weights of big and small are random"
	s.Header.Models = []record.Model{{Name: "big", Accuracy: 0.783, Weights: "seeded"}, {Name: "small", Accuracy: 0.697, Weights: "seeded"}}
	for i := range 40 {
		base := s.answer("a", "greedy", 0, i, 300*time.Millisecond, false)
		base.Model = "big"
		other := s.answer("a", "advanced", 0, i, 100*time.Millisecond, false)
		other.Model = []string{"big", "small"}[i%2]
	}
	return s.Run
}

// TestUnscored: of answers that mean nothing the published accuracies count,
// without intervals, and it is said wherever they stand.
func TestUnscored(t *testing.T) {
	run := unscored()
	s := Summarize(run)
	c := s.Conditions[0]
	if !near(c.Arms[0].Accuracy, 0.783) || !near(c.Arms[1].Accuracy, 0.74) || c.Arms[0].AccuracyInterval.Low.Known() {
		t.Errorf("accuracies %v and %v with interval %v: want 0.783, 0.74 and none", c.Arms[0].Accuracy, c.Arms[1].Accuracy, c.Arms[0].AccuracyInterval)
	}
	for _, e := range []Estimate{c.AccuracyDrop, s.Overall.AccuracyDrop} {
		if !near(e.Value, 4.3) || e.Low.Known() || e.High.Known() {
			t.Errorf("drop %v: want 4.3 points without an interval", e)
		}
	}
	drop := s.Verdict.Requirements[1]
	if drop.Met == nil || !*drop.Met || !near(drop.Value, 0.043) || s.Verdict.Result != Pass {
		t.Errorf("%s: requirement %+v: want it met by 0.043, and PASS", s.Verdict.Result, drop)
	}
	if want := "gives up 4.3 points of accuracy (published, not measured; at most 10 asked)"; !strings.Contains(s.Verdict.Sentence, want) {
		t.Errorf("verdict %q: want %q in it", s.Verdict.Sentence, want)
	}
	if want := "accuracies are published, not measured: the weights"; !strings.Contains(strings.Join(Texts(s.Warnings), "\n"), want) {
		t.Errorf("warnings %v: want %q", s.Warnings, want)
	}
	var out bytes.Buffer
	if err := s.Encode(&out); err != nil || !strings.Contains(out.String(), `"unscored": "the weights of big`) {
		t.Errorf("summary.json does not say so: %v", err)
	}

	run.Header.Require.AccuracyDrop = 0.04
	s = Summarize(run)
	if drop := s.Verdict.Requirements[1]; s.Verdict.Result != Fail || !strings.Contains(drop.Advice, "no run will change that") {
		t.Errorf("%s, %q: want FAIL of 4.3 points where 4 are allowed, with the advice that no run changes it", s.Verdict.Result, drop.Advice)
	}
}
