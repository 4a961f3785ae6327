package stats

import (
	"fmt"

	"github.com/testbed/testbed/runner/record"
)

// decides is the confidence of the one-sided bounds that requirements are
// decided by: that of the intervals, c, or 1 − (1 − c)/looks of a run that may
// end early. What is looked at several times at that level errs with at most
// 1 − c over all of them, however they depend on each other (Bonferroni).
func decides(h *record.Header) float64 {
	c := confidence(h.Require.Confidence)
	if h.Stop == nil {
		return c
	}
	return 1 - (1-c)/float64(h.Stop.Looks(h.Repetitions))
}

// stopping states the rule by which a run may end early, and what came of it;
// nil if it has none.
func (d *data) stopping() *Stopping {
	h := &d.run.Header
	if h.Stop == nil {
		return nil
	}
	c, looks := decides(h), h.Stop.Looks(h.Repetitions)
	s := &Stopping{Looks: looks, Confidence: round(c), Stopped: h.Stop.Stopped > 0}
	for _, k := range d.cells {
		if n := len(k.trials); n > 0 {
			s.After = max(s.After, k.trials[n-1].repetition+1)
		}
	}
	s.Rule = fmt.Sprintf("the run ends after the first of its %d repetitions, from number %d on, by which every requirement is decided and the run is valid; "+
		"it is looked at up to %d times, so each requirement is decided at %s instead of %s, which keeps the probability of wrongly deciding it at any look to %s; intervals are not adjusted",
		h.Repetitions, h.Stop.Least, looks, asAsked(Number(c)), asAsked(Number(confidence(h.Require.Confidence))), asAsked(Number(1-confidence(h.Require.Confidence))))
	return s
}

// Decided says whether what there is of a run is valid and decides every
// requirement, so that it may end. A single trial of a condition decides
// nothing: it does not tell how trials differ.
func Decided(run *record.Run, lines record.Lines) bool {
	s := groupLines(run, lines).summarize()
	for _, r := range s.Verdict.Requirements {
		if r.Met == nil {
			return false
		}
	}
	for _, c := range s.Conditions {
		if c.Valid && c.Trials < 2 {
			return false
		}
	}
	return s.Verdict.Result != Invalid
}
