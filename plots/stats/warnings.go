package stats

import (
	"fmt"
	"strings"
)

// allWarnings are those of the run as a whole, then those of conditions with
// the conditions that they are of.
func (d *data) allWarnings(s *Summary) []Finding {
	out := []Finding{}
	h := &d.run.Header
	if s.Status != "done" {
		out = append(out, finding(Incomplete, "the run is not complete: its status is %q, and %d of %d planned pairs are recorded", s.Status, d.pairCount(), s.Run.Planned))
	}
	if h.Error != "" {
		out = append(out, finding(Incomplete, "the run ended with: %s", h.Error))
	}
	if h.Unscored != "" {
		out = append(out, finding(Unmeasured, "accuracies are published, not measured: %s", h.Unscored))
	}
	if h.Tolerance.Rate <= 0 || h.Tolerance.Delay <= 0 || h.Tolerance.CPU <= 0 {
		out = append(out, finding(Unmeasured, "a tolerance is zero: what it is for was not compared"))
	}
	for _, w := range h.Warnings {
		out = append(out, finding(OfWorld, "%s", w))
	}
	for _, p := range d.run.Problems {
		out = append(out, finding(OddRecords, "%s", p))
	}
	out = append(out, d.warnings...)
	return append(out, grouped(s.Conditions)...)
}

// pairCount is how many pairs the judged arm has, in all conditions.
func (d *data) pairCount() (n int) {
	for i := range d.cells {
		n += len(d.cells[i].all(1))
	}
	return n
}

// grouped tells each warning of conditions once, with where it applies.
func grouped(conditions []Condition) []Finding {
	where := map[string][]string{}
	var order []Finding
	for _, c := range conditions {
		for _, w := range c.Warnings {
			if _, ok := where[w.Text]; !ok {
				order = append(order, w)
			}
			where[w.Text] = append(where[w.Text], c.Label)
		}
	}
	for i, w := range order {
		text := w.Text
		order[i].Conditions = where[text]
		switch n := len(where[text]); {
		case n == len(conditions) && n > 1:
			order[i].Text = "in every condition: " + text
		case n > 4:
			order[i].Text = fmt.Sprintf("in %d conditions: %s", n, text)
		default:
			order[i].Text = strings.Join(where[text], ", ") + ": " + text
		}
	}
	return order
}
