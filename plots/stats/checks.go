package stats

import "fmt"

// ofConditions are the checks of what each condition must be, in the order in
// which they are told: by the name of the reasons for which one is not valid.
var ofConditions = []struct{ name, what string }{
	{Network, "rates, round trips and losses were as asked"},
	{Lag, "links were in time"},
	{Load, "background load was as asked"},
	{Generator, "requests were sent when they were due"},
	{Throttling, "heat held no node back"},
	{Errors, fmt.Sprintf("at most %s of requests failed", Number(mostFailures).Percent(0))},
	{NoPairs, "there are pairs to compare"},
}

// checks are what must hold before anything is judged.
func (d *data) checks(s *Summary) []Check {
	var out []Check
	for _, c := range ofConditions {
		out = append(out, d.checkConditions(s, c.name, c.what))
	}
	return append(out, checkStandIns(s), checkControls(s))
}

// checkConditions counts the conditions in which something could be told, and
// those that have it among their reasons.
func (d *data) checkConditions(s *Summary, name, what string) Check {
	c := Check{Name: name, What: what}
	worst := Finding{Value: Missing(), Limit: Missing()}
	for i, k := range s.Conditions {
		failed := false
		for _, r := range k.Reasons {
			if r.Name != name {
				continue
			}
			if !failed && c.Failed == 0 || r.times() > worst.times() {
				worst, c.Worst = r, placedText(s, k, r.Text)
			}
			failed = true
		}
		if failed {
			c.Failed++
		}
		if failed || d.cells[i].told[name] {
			c.Of++
		}
	}
	if c.Of > 0 {
		held := c.Failed == 0
		c.Held = &held
	}
	if name == Generator && c.Of == 0 {
		c.What = "requests were sent when they were due: not examined, each was sent as soon as the one before had ended"
	}
	return c
}

// times is how many times the limit was found; 0 where that is not known.
func (f Finding) times() float64 {
	if !f.Value.Known() || !f.Limit.Known() || f.Limit == 0 {
		return 0
	}
	return float64(f.Value / f.Limit)
}

// placedText says where something was found, if there are several places.
func placedText(s *Summary, c Condition, text string) string {
	if len(s.Conditions) < 2 {
		return text
	}
	return c.Label + ": " + text
}

// mostFailed is the share of an arm's decisions that may have been made by its
// fallback: with more it is that which was measured.
const mostFailed = 0.05

// standIns says of the two arms that the verdict is about how many of their
// decisions their fallback made.
func standIns(s *Summary) (text string) {
	for i := range min(2, len(s.Models)) {
		if d := s.Models[i].Decisions; d.Failed > 0 {
			text += fmt.Sprintf(" %d of %d decisions of %s failed, and its fallback made them.", d.Failed, d.N, s.Models[i].Selector)
		}
	}
	return text
}

// checkStandIns is whether the two arms that the verdict is about decided
// themselves.
func checkStandIns(s *Summary) Check {
	c := Check{Name: StandIn, What: fmt.Sprintf("selectors decided themselves: their fallback made at most %s of decisions", Number(mostFailed).Percent(0)), Of: 1}
	decided, most := 0, mostFailed
	for i := range min(2, len(s.Models)) {
		d := s.Models[i].Decisions
		decided += d.N
		if share := float64(d.Failed) / float64(max(d.N, 1)); share > most {
			most, c.Failed = share, 1
			c.Worst = fmt.Sprintf("%d of %d decisions of %s were made by its fallback", d.Failed, d.N, s.Models[i].Selector)
		}
	}
	return c.ofRun(decided > 0)
}

// checkControls is whether arms that are set as the baseline is do like it.
func checkControls(s *Summary) Check {
	c := Check{Name: Control, What: "an arm that is set as the baseline does like it (A/A)", Of: 1}
	told := false
	for _, a := range s.Overall.Controls {
		if a.Kind != ArmKind || a.Held == nil {
			continue
		}
		told = true
		if !*a.Held && c.Failed == 0 {
			c.Failed = 1
			c.Worst = fmt.Sprintf("%s is set as %s is, and yet saves %s of its time (%s to %s, %d pairs)", a.Arm, s.Run.Arms[0],
				a.Saving.Value.Percent(1), a.Saving.Low.Percent(1), a.Saving.High.Percent(1), a.Pairs)
		}
	}
	return c.ofRun(told)
}

// ofRun is a check of the whole run, which could be told or not.
func (c Check) ofRun(told bool) Check {
	if !told {
		c.Of = 0
		return c
	}
	held := c.Failed == 0
	c.Held = &held
	return c
}
