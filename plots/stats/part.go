package stats

import (
	"iter"
	"slices"

	"github.com/testbed/testbed/runner/record"
)

// AnalyzePart is Analyze of some conditions, by ID, and of some arms: what is
// said is said of these alone. Arms keep their places, and Series.Models are
// those of the whole run, so that colours are the same. It reads the lines
// twice; it changes run.
func AnalyzePart(run *record.Run, lines record.Lines, conditions, arms []string) (Summary, Series) {
	problems := len(run.Problems)
	chosen := groupLines(run, lines).models()
	run.Problems = run.Problems[:problems] // they are found again
	set := map[string]bool{}
	for _, id := range conditions {
		set[id] = true
	}
	picked := func(condition string) bool { return set[condition] }
	run.Header.Conditions = slices.DeleteFunc(slices.Clone(run.Header.Conditions), func(c record.Condition) bool { return !picked(c.ID) })
	run.Telemetry = slices.DeleteFunc(slices.Clone(run.Telemetry), func(t record.Telemetry) bool { return !picked(t.Condition) })
	run.Checks = slices.DeleteFunc(slices.Clone(run.Checks), func(c record.Check) bool { return !picked(c.Condition) })
	run.Replays = slices.DeleteFunc(slices.Clone(run.Replays), func(r record.Replay) bool { return !picked(r.Condition) })
	d := groupLines(run, record.Lines{
		Requests: only(lines.Requests, func(r *record.Request) bool {
			return picked(r.Condition) && slices.Contains(arms, r.Arm)
		}),
		Decisions: only(lines.Decisions, func(k *record.Decision) bool {
			return picked(k.Condition) && (slices.Contains(arms, k.Arm) || !slices.Contains(run.Header.Arms, k.Arm))
		}),
	})
	d.chosen = chosen
	return d.summarize(), d.collect()
}

// only are those of which keep says so.
func only[T any](all iter.Seq[*T], keep func(*T) bool) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for v := range all {
			if keep(v) && !yield(v) {
				return
			}
		}
	}
}
