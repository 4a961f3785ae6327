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

type pairDone struct {
	arms     int
	replayed bool
}

func before(b record.Run) done {
	all := done{}
	note := func(k pairKey, change func(*pairDone)) {
		p := all[k]
		change(&p)
		all[k] = p
	}
	for _, r := range b.Requests {
		note(pairKey{r.Condition, r.Repetition, r.Pair}, func(p *pairDone) { p.arms++ })
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
