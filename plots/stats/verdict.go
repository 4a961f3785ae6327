package stats

import (
	"fmt"
	"strings"
)

// leastValid is the share of conditions that must be valid for a verdict.
const leastValid = 0.5

// Passed says that a run is complete and its verdict is PASS.
func (s *Summary) Passed() bool { return s.Verdict.Result == Pass && s.Verdict.Complete }

// verdictOf decides: first whether the run is valid, then each requirement.
func (d *data) verdictOf(s *Summary, requirements []Requirement) Verdict {
	v := Verdict{Result: Inconclusive, Complete: d.complete(s), Checks: d.checks(s), Requirements: requirements, Stopping: d.stopping()}
	valid, met, failed := 0, 0, 0
	for _, c := range s.Conditions {
		if c.Valid {
			valid++
		}
	}
	for _, r := range requirements {
		if r.Met != nil && *r.Met {
			met++
		} else if r.Met != nil {
			failed++
		}
	}
	others := standIns(s)
	if why := invalid(s, v.Checks, valid); why != "" {
		v.Result = Invalid
		v.Sentence = "INVALID: " + why + "." + others + interrupted(s)
		for i := range requirements {
			requirements[i].Met, requirements[i].Advice = nil, "not judged, as the run is not valid"
		}
		return v
	}
	switch {
	case failed > 0:
		v.Result = Fail
	case met == len(requirements):
		v.Result = Pass
	}
	v.Sentence = sentence(s, v, valid) + others
	if !v.Complete {
		v.Sentence = strings.Replace(v.Sentence, v.Result+":", v.Result+" so far, of a run that is not complete:", 1)
	}
	return v
}

// complete says whether the run ended by itself and nothing of the judged arm is
// missing.
func (d *data) complete(s *Summary) bool {
	for i := range d.cells {
		if c := &d.cells[i]; len(c.requests) > judgedArm && len(c.requests[judgedArm]) < c.condition.Requests*d.run.Header.ToRun() {
			return false
		}
	}
	return s.Status == "done"
}

// invalid says why a run bears no verdict; empty if it does.
func invalid(s *Summary, checks []Check, valid int) string {
	if len(s.Conditions) == 0 {
		return "nothing was recorded"
	}
	for _, c := range checks {
		switch {
		case c.Failed == 0:
		case c.Name == StandIn:
			return "it is another selector that was measured"
		case c.Name == Control:
			return "what should be alike is not, so other differences are not to be trusted: " + c.Worst
		}
	}
	if valid == 0 || float64(valid) < leastValid*float64(len(s.Conditions)) {
		out := fmt.Sprintf("%d of %d conditions are valid, and at least half must be", valid, len(s.Conditions))
		for _, c := range checks {
			if c.Failed > 0 && c.Worst != "" {
				return out + " (" + c.Worst + ")"
			}
		}
		return out
	}
	return ""
}

// sentence says what was found, with the intervals and what was asked.
func sentence(s *Summary, v Verdict, valid int) string {
	var parts []string
	for _, r := range v.Requirements {
		parts = append(parts, requirementText(s, r)+metText(r))
	}
	all := strings.Join(parts, " and ")
	if n := len(parts); n > 2 {
		all = strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	below := ""
	if n := s.Overall.Below; n > 0 && valid > 1 {
		below = fmt.Sprintf(", and %d of these save less than %s", n, asAsked(Number(s.Run.Require.Saving)))
	}
	return fmt.Sprintf("%s: %s %s; %d pairs, %d of %d conditions valid%s.%s",
		v.Result, s.Overall.Arm, all, s.Overall.Pairs, valid, len(s.Conditions), below, interrupted(s))
}

// requirementText says what was found of a requirement.
func requirementText(s *Summary, r Requirement) string {
	points := func(n Number) string { return (n * 100).Fixed(1) }
	switch {
	case r.Name == onTime:
		return fmt.Sprintf("answers %s of requests within %s (%s to %s; at least %s asked)",
			r.Value.Percent(1), timeText(s.Run.Require.Deadline), r.Low.Percent(1), r.High.Percent(1), asAsked(r.Bound))
	case r.Name == accuracyDrop && s.Run.Unscored != "":
		return fmt.Sprintf("gives up %s points of accuracy (published, not measured; at most %s asked)", points(r.Value), (r.Bound * 100).Significant(3))
	case r.Name == accuracyDrop:
		return fmt.Sprintf("gives up %s points of accuracy (%s to %s; at most %s asked)", points(r.Value), points(r.Low), points(r.High), (r.Bound * 100).Significant(3))
	}
	return fmt.Sprintf("saves %s of %s's time (%s interval %s to %s; at least %s asked)",
		r.Value.Percent(1), s.Run.Arms[0], asAsked(Number(s.Run.Require.Confidence)), r.Low.Percent(1), r.High.Percent(1), asAsked(r.Bound))
}

func metText(r Requirement) string {
	switch {
	case r.Met == nil:
		return ", undecided"
	case *r.Met:
		return ""
	}
	return ", not met"
}

// interrupted says so if the run did not end by itself.
func interrupted(s *Summary) string {
	if s.Status == "done" {
		return ""
	}
	how := fmt.Sprintf("its status is %q", s.Status)
	if s.Status == "running" {
		how = "it is still going on, or it was killed"
	}
	return fmt.Sprintf(" The run is not complete (%s): this is what was recorded.", how)
}
