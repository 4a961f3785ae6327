package runner

import (
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// A done is what sessions before this one recorded.
type done map[pairKey]pairDone

type pairKey struct {
	condition        string
	repetition, pair int
}

// A trialKey tells trials apart.
type trialKey struct {
	condition  string
	repetition int
}

func (r *run) key(t scenarios.Trial) trialKey {
	return trialKey{r.plan.Conditions[t.Condition].ID, t.Repetition}
}

// begun are the trials of which the directory has anything.
func (r *run) begun() map[trialKey]bool {
	all := map[trialKey]bool{}
	for _, q := range r.o.Before.Requests {
		all[trialKey{q.Condition, q.Repetition}] = true
	}
	for _, d := range r.o.Before.Decisions {
		all[trialKey{d.Condition, d.Repetition}] = true
	}
	for _, e := range r.o.Before.Telemetry {
		all[trialKey{e.Condition, e.Repetition}] = true
	}
	for _, p := range r.o.Before.Replays {
		all[trialKey{p.Condition, p.Repetition}] = true
	}
	for _, c := range r.o.Before.Checks {
		all[trialKey{c.Condition, c.Repetition}] = true
	}
	return all
}

type pairDone struct {
	arms     int
	replayed bool
}

func before(b record.Run) done {
	all := done{}
	type request struct {
		pairKey
		arm string
	}
	seen := map[request]bool{} // a pair that was cut short is recorded once more
	note := func(k pairKey, change func(*pairDone)) {
		p := all[k]
		change(&p)
		all[k] = p
	}
	for _, r := range b.Requests {
		k := request{pairKey{r.Condition, r.Repetition, r.Pair}, r.Arm}
		if !seen[k] {
			note(k.pairKey, func(p *pairDone) { p.arms++ })
		}
		seen[k] = true
	}
	for _, r := range b.Replays {
		note(pairKey{r.Condition, r.Repetition, r.Pair}, func(p *pairDone) { p.replayed = true })
	}
	return all
}

// firstPair is the first pair of a trial that is not recorded whole: in all
// arms, and with its replays where it is judged.
func firstPair(plan *scenarios.Plan, t scenarios.Trial, d done) (first int) {
	c := plan.Conditions[t.Condition]
	for ; first < c.Requests; first++ {
		p := d[pairKey{c.ID, t.Repetition, first}]
		if p.arms < len(plan.Scenario.Selectors) || judged(plan.Scenario.Judge, first) && !p.replayed {
			return first
		}
	}
	return first
}

// judged says whether all options answer the images of a pair. Warm-ups, which
// are negative, are not judged.
func judged(j scenarios.Judge, pair int) bool {
	return j.Every > 0 && pair >= 0 && pair%j.Every == 0
}
