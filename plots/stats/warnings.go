package stats

import (
	"fmt"
	"strings"
)

// allWarnings are those of the run as a whole, then those of conditions with
// the conditions that they are of.
func (d *data) allWarnings(s *Summary) []string {
	out := []string{}
	h := &d.run.Header
	if s.Status != "done" {
		out = append(out, fmt.Sprintf("the run is not complete: its status is %q, and %d of %d planned pairs are recorded", s.Status, d.pairCount(), s.Run.Planned))
	}
	if h.Error != "" {
		out = append(out, "the run ended with: "+h.Error)
	}
	if h.Unscored != "" {
		out = append(out, "accuracies are published, not measured: "+h.Unscored)
	}
	if h.Tolerance.Rate <= 0 || h.Tolerance.Delay <= 0 || h.Tolerance.CPU <= 0 {
		out = append(out, "a tolerance is zero: what it is for was not compared")
	}
	out = append(out, h.Warnings...)
	out = append(out, d.run.Problems...)
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
func grouped(conditions []Condition) []string {
	where := map[string][]string{}
	var order []string
	for _, c := range conditions {
		for _, w := range c.Warnings {
			if _, ok := where[w]; !ok {
				order = append(order, w)
			}
			where[w] = append(where[w], c.Label)
		}
	}
	var out []string
	for _, w := range order {
		switch n := len(where[w]); {
		case n == len(conditions) && n > 1:
			out = append(out, "in every condition: "+w)
		case n > 4:
			out = append(out, fmt.Sprintf("in %d conditions: %s", n, w))
		default:
			out = append(out, strings.Join(where[w], ", ")+": "+w)
		}
	}
	return out
}
