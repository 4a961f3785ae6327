package main

import (
	"fmt"
	"strings"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// described says how a selector chooses, in terms that outlive the scenario's
// format: what differs from a selector of its policy as it is without keys.
func described(s scenarios.Selector, sc scenarios.Scenario) record.Selector {
	var settings []string
	say := func(differs bool, format string, args ...any) {
		if differs {
			settings = append(settings, fmt.Sprintf(format, args...))
		}
	}
	say(s.Budget != sc.Budget, "%s", budgetOf(s.Budget))
	say(s.Lower, "accuracy by its lower bound")
	say(s.Quantile > 0, "decides by the %.0f %% quantile", 100*s.Quantile)
	say(s.Option != "", "option %s", s.Option)
	say(s.Deadline > 0, "deadline %v", s.Deadline)
	say(len(s.Without) > 0, "without %s", strings.Join(s.Without, ", "))
	say(s.Policy == "advanced" && s.Horizon != scenarios.DefaultHorizon, "horizon %d", s.Horizon)
	say(s.Dwell > 0, "dwell %d", s.Dwell)
	say(s.Exact, "exact")
	say(len(s.Exec) > 0, "%s", strings.Join(s.Exec, " "))
	say(s.URL != "", "%s", s.URL)
	say(s.Fallback != "", "fallback %s, after %v", s.Fallback, s.Timeout)
	return record.Selector{Name: s.Name, Policy: s.Policy, Settings: settings, Placements: s.Placements}
}

// budgetOf is a budget as scenarios write it.
func budgetOf(b selector.Budget) string {
	points, share := fmt.Sprintf("%.3gpp", 100*b.Absolute), fmt.Sprintf("%.3g%%", 100*b.Relative)
	switch {
	case b.Relative >= 1:
		return "budget " + points
	case b.Absolute >= 1:
		return "budget " + share
	}
	return "budget " + points + " and " + share
}
