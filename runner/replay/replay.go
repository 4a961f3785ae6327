// Package replay makes of a recorded run what is to be run again: its trials in
// the world that was measured (Measured), or another selector's way through what
// was recorded (Look).
package replay

import (
	"fmt"
	"maps"
	"slices"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// Measured sets, in each trial of plan, the world that was measured of it in a
// run of that plan (Trial.As). Samples, order, pauses and seeds are as they were.
//
//	rate        of a link that stays: what probes found, in seconds in which
//	            another was offered than asked, that; of one that varies: as
//	            asked, times what probes found of it
//	delay       as asked, and what the measured round trip differs by, split as
//	            asked; in the world netns again only if that is not tolerated:
//	            the machine adds the rest anew
//	loss        as seen, unless what was seen is what chance makes of the asked
//	background  of the level that was asked for what was achieved of it; where
//	            that was not the same all the time, what was achieved each second
//
// What varies does so on the clock of its trial. What the record does not tell
// stays as asked, and so does what is no cause: TCP traffic gives way to others,
// and links on which nothing is asked add nothing, but real ones, which are what
// probes found. kept says, a sentence each, what the record should tell and does
// not.
func Measured(plan *scenarios.Plan, run record.Run) (kept []string) {
	all, said := byTrial(run), map[string]int{}
	keep := func(format string, args ...any) { said[fmt.Sprintf(format, args...)]++ }
	again := plan.Scenario.World == "netns" && run.Header.World == "netns"
	for i, t := range plan.Trials {
		m := &measured{recorded: recordedOf(all, plan, t), plan: plan, condition: conditionOf(plan, t), again: again, keep: keep}
		if m.recorded == nil || len(m.requests) == 0 {
			m.keep("nothing was recorded")
			continue
		}
		m.clock = m.spans(m.condition)
		as := &scenarios.Achieved{Links: map[string]scenarios.Links{}, Background: map[string]emulator.Load{}}
		for _, name := range slices.Sorted(maps.Keys(m.condition.Links)) {
			as.Links[name] = m.links(name, m.condition.Links[name])
		}
		for _, name := range slices.Sorted(maps.Keys(m.condition.Background)) {
			as.Background[name] = m.load(name, m.condition.Background[name])
		}
		plan.Trials[i].As = as
	}
	for _, what := range slices.Sorted(maps.Keys(said)) {
		kept = append(kept, fmt.Sprintf("%s, in %d of %d trials: as asked there", what, said[what], len(plan.Trials)))
	}
	return kept
}

// measured is one trial of which the world is made as it was.
type measured struct {
	*recorded
	plan      *scenarios.Plan
	condition scenarios.Condition // as it was asked for
	clock     []span
	again     bool                             // the trial is made in the same world, whose machine adds the same
	keep      func(format string, args ...any) // notes what stays as asked
}
