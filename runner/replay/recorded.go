package replay

import (
	"cmp"
	"slices"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// A trialKey names a trial in records.
type trialKey struct {
	condition  string
	repetition int
}

// An armPair names a request of a trial.
type armPair struct {
	arm  string
	pair int
}

// recorded is what a run holds of one trial.
type recorded struct {
	requests  []record.Request // in the order in which they were due
	at        map[armPair]int  // in requests
	decisions map[armPair]record.Decision
	telemetry []record.Telemetry
	checks    map[string]record.Check // by node; of a trial that was begun twice the last
	replays   map[int]record.Replay   // by pair
}

// byTrial sorts what a run holds by trial.
func byTrial(run record.Run) map[trialKey]*recorded {
	all := map[trialKey]*recorded{}
	of := func(condition string, repetition int) *recorded {
		k := trialKey{condition, repetition}
		if all[k] == nil {
			all[k] = &recorded{at: map[armPair]int{}, decisions: map[armPair]record.Decision{}, checks: map[string]record.Check{}, replays: map[int]record.Replay{}}
		}
		return all[k]
	}
	for _, r := range run.Requests {
		t := of(r.Condition, r.Repetition)
		t.requests = append(t.requests, r)
	}
	for _, d := range run.Decisions {
		of(d.Condition, d.Repetition).decisions[armPair{d.Arm, d.Pair}] = d
	}
	for _, s := range run.Telemetry {
		t := of(s.Condition, s.Repetition)
		t.telemetry = append(t.telemetry, s)
	}
	for _, c := range run.Checks {
		of(c.Condition, c.Repetition).checks[c.Node] = c
	}
	for _, r := range run.Replays {
		of(r.Condition, r.Repetition).replays[r.Pair] = r
	}
	for _, t := range all {
		slices.SortStableFunc(t.requests, func(a, b record.Request) int { return cmp.Compare(a.Due, b.Due) })
		for i, r := range t.requests {
			t.at[armPair{r.Arm, r.Pair}] = i
		}
	}
	return all
}

// recordedOf is what was recorded of a trial; nil if that is nothing.
func recordedOf(all map[trialKey]*recorded, plan *scenarios.Plan, t scenarios.Trial) *recorded {
	return all[trialKey{plan.Conditions[t.Condition].ID, t.Repetition}]
}

// conditionOf is the world in which a trial was, or is to be, run.
func conditionOf(plan *scenarios.Plan, t scenarios.Trial) scenarios.Condition {
	c := plan.Conditions[t.Condition]
	if t.As != nil {
		c.Links, c.Background = t.As.Links, t.As.Background
	}
	return c
}
