package stats

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/testbed/testbed/runner/record"
)

// The names of the requirements.
const (
	saving       = "saving"
	accuracyDrop = "accuracy_drop"
	onTime       = "on_time"
)

// Summarize is the numbers of a run and the verdict. It takes any run, be it
// empty, interrupted or without answers, and says what is missing; it does not
// change it.
//
// A condition is invalid if in any of its trials the probes found a rate or
// round trip outside the tolerance, or its links were late by more than it, or
// delivered more than they offered; if they lost another share of packets than
// asked; if its mean background load was outside, if requests were not sent when
// they were due, if heat held a node back, if more than 5 % of its requests
// failed, or if it has no pairs. The verdict is over
// the valid conditions. INVALID if they are fewer than half, if fallbacks decided
// for selectors, or if an arm that is set as the baseline does not do like it;
// else FAIL if a requirement is not met, PASS if all are, else INCONCLUSIVE.
func Summarize(run record.Run) Summary {
	d := group(&run)
	return d.summarize()
}

// Analyze is Summarize and Collect together, of a run whose requests and
// decisions need not be held: both are gone through once.
func Analyze(run *record.Run, lines record.Lines) (Summary, Series) {
	d := groupLines(run, lines)
	return d.summarize(), d.collect()
}

func (d *data) summarize() Summary {
	run := d.run
	run.Header.Require.Confidence = confidence(run.Header.Require.Confidence)
	s := Summary{
		Schema: Schema, Scenario: run.Header.Name, World: run.Header.World, Status: run.Header.Status,
		Run: aboutOf(&run.Header), Conditions: []Condition{}, Models: []Choices{}, Predictions: []Prediction{},
	}
	inOrder(len(d.cells), d.condition, func(_ int, c Condition) { s.Conditions = append(s.Conditions, c) })
	d.decided(&s)
	d.trends(&s)
	requirements := d.compare(&s)
	if r := d.onTimeRequirement(&s); r != nil {
		requirements = append(requirements, *r)
	}
	d.judge(&s)
	s.Verdict = d.verdictOf(&s, requirements)
	s.Warnings = d.allWarnings(&s)
	return s
}

// Encode writes s as summary.json.
func (s Summary) Encode(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(s)
}

// confidence is c, or 95 % where none was given that can be.
func confidence(c float64) float64 {
	if !(c > 0 && c < 1) {
		return 0.95
	}
	return c
}

// condition is all but the comparison of arms.
func (d *data) condition(i int) Condition {
	cell := &d.cells[i]
	c := cell.condition
	out := Condition{ID: c.ID, Label: label(c), Set: c.Set, Names: c.Names, Residency: c.Residency,
		Measure: orEmpty(c.Measure), Trials: len(cell.trials), Arms: []Arm{}, Links: []Link{}, Background: []Background{}}
	w := d.world(cell)
	w.examine()
	w.examineGenerator(cell.requests)
	w.examineHeat(d.fastest)
	cell.told = w.told
	out.Links, out.Background = append(out.Links, w.links...), append(out.Background, w.background...)
	out.Reasons, out.Warnings = orEmpty(w.reasons), orEmpty(w.warnings)
	w.told[NoPairs] = true
	for arm, name := range d.arms {
		w.told[Errors] = w.told[Errors] || len(cell.requests[arm]) > 0
		a, warnings := d.armOf(name, &c, cell.requests[arm], d.run.Header.Require.Confidence)
		k := cell.deciding[arm]
		a.Decide, a.DecideShare = round(k.mean()), k.share(float64(a.Latency.Mean))
		out.Arms = append(out.Arms, a)
		out.Warnings = append(append(out.Warnings, warnings...), k.warnings(name, a.DecideShare)...)
		if share := float64(k.failed) / float64(max(k.n, 1)); arm <= judgedArm && k.failed > 1 && share > mostFailed {
			out.Reasons = append(out.Reasons, finding(StandIn, "%s: %d of %d decisions were made by its fallback", name, k.failed, k.n).by(name).of(share, mostFailed))
		}
	}
	out.Reasons = append(out.Reasons, failures(out.Arms)...)
	if why := d.pairless(cell); why != "" {
		out.Reasons = append(out.Reasons, finding(NoPairs, "%s", why))
	}
	out.Valid = len(out.Reasons) == 0
	if planned, n := c.Requests*d.run.Header.ToRun(), len(cell.all(1)); n > 0 && n < planned {
		out.Warnings = append(out.Warnings, finding(Incomplete, "%d of %d planned pairs are recorded whole", n, planned).of(float64(n), float64(planned)))
	}
	if len(cell.trials) == 1 {
		out.Warnings = append(out.Warnings, finding(TooFew, "one repetition: the interval does not know how trials differ").of(1, 2))
	}
	return out
}

// pairless says why there is nothing to compare; empty if there is.
func (d *data) pairless(c *cell) string {
	if len(d.run.Header.Arms) < 2 {
		return fmt.Sprintf("no pairs: run.json names %d arms, a comparison needs two", len(d.run.Header.Arms))
	}
	for _, p := range c.all(1) {
		if sumsOf(measured, p).n > 0 {
			return ""
		}
	}
	for arm, name := range d.run.Header.Arms[:2] {
		if len(c.requests[arm]) == 0 {
			return fmt.Sprintf("no pairs: nothing of %s is recorded", name)
		}
	}
	return "no pairs: no image was answered by both arms in a positive time"
}

// world gathers what was recorded of the world in a condition.
func (d *data) world(c *cell) *world {
	w := &world{emulated: d.run.Header.World == "netns", condition: c.condition, told: map[string]bool{}, tolerance: d.run.Header.Tolerance, checks: slices.Clone(c.checks), telemetry: c.telemetry}
	slices.SortStableFunc(w.checks, func(a, b *record.Check) int {
		return cmp.Or(cmp.Compare(a.Repetition, b.Repetition), cmp.Compare(a.Node, b.Node))
	})
	return w
}

// decided tells what the arms chose, and how well they predicted.
func (d *data) decided(s *Summary) {
	confidence := d.run.Header.Require.Confidence
	for arm, name := range d.arms {
		c := choicesOf(d, arm)
		c.Decisions = d.deciding[arm].summary(d.meanTime(arm), confidence)
		s.Models = append(s.Models, c)
		if p := d.deciding[arm].predicted.summary(name, confidence); p != nil {
			s.Predictions = append(s.Predictions, *p)
			if w := p.Bound.warning(name); w != "" {
				d.warn(Predicting, "%s", w)
			}
		}
		for i := range s.Conditions {
			c := &s.Conditions[i]
			c.Arms[arm].Prediction = d.cells[i].deciding[arm].predicted.summary(name, confidence)
		}
	}
}

// label names a condition in figures: the values of its axes.
func label(c record.Condition) string {
	if c.ID == "" {
		return "default"
	}
	return strings.ReplaceAll(c.ID, "/", " · ")
}
