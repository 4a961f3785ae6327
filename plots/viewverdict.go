package plots

import (
	"cmp"
	"fmt"

	"github.com/testbed/testbed/plots/stats"
)

// yesNo writes what may be unknown.
func yesNo(b *bool, unknown string) string {
	switch {
	case b == nil:
		return unknown
	case *b:
		return "yes"
	}
	return "no"
}

// checkTable is what must hold before anything is judged.
func checkTable(s stats.Summary) table {
	t := table{Head: []string{"must hold", "holds", "not in", "the worst"}, Numbers: 4}
	for _, c := range s.Verdict.Checks {
		in := "–"
		if c.Failed > 0 {
			in = fmt.Sprintf("%d of %d", c.Failed, c.Of)
		}
		t.Rows = append(t.Rows, []string{c.What, yesNo(c.Held, "not examined"), in, cmp.Or(c.Worst, "–")})
	}
	return t
}

// A demand is how a requirement is written.
type demand struct{ name, sign, unit string }

func demandOf(r stats.Requirement) demand {
	switch r.Name {
	case "accuracy_drop":
		return demand{"accuracy given up", "≤ ", " points"}
	case "on_time":
		return demand{"answered on time", "≥ ", " %"}
	}
	return demand{"saving Δt", "≥ ", " %"}
}

// requirements is what was held to what.
func requirements(s stats.Summary) table {
	c := stats.Number(s.Run.Require.Confidence).Percent(0)
	t := table{Head: []string{"requirement", "asked", "found", c + " interval", "one-sided bounds", "met", "advice"}, Numbers: 1, Words: 2}
	for _, r := range s.Verdict.Requirements {
		m := demandOf(r)
		n := func(x stats.Number) string { return (x * 100).Fixed(1) }
		t.Rows = append(t.Rows, []string{m.name, m.sign + (r.Bound * 100).Significant(3) + m.unit, n(r.Value) + m.unit,
			bothOf(n(r.Low), " to ", n(r.High)), bothOf(n(r.Lower), ", ", n(r.Upper)), yesNo(r.Met, "undecided"), cmp.Or(r.Advice, "–")})
	}
	return t
}

// bothOf joins two bounds, of which there are both or none.
func bothOf(low, and, high string) string {
	if low == high && low == "–" {
		return low
	}
	return low + and + high
}

// stoppingWords say by which rule the run might end early, and whether it did.
func stoppingWords(s stats.Summary) []string {
	p := s.Verdict.Stopping
	if p == nil {
		return nil
	}
	end := fmt.Sprintf("It did not: all %d repetitions were run.", p.After)
	if p.Stopped {
		end = fmt.Sprintf("It did, after %d of %d repetitions.", p.After, s.Run.Repetitions)
	} else if p.After < s.Run.Repetitions {
		end = fmt.Sprintf("It did not; %d of %d repetitions were run.", p.After, s.Run.Repetitions)
	}
	return []string{"The run was allowed to end early: " + p.Rule + ". " + end}
}

// pText writes a p value.
func pText(p stats.Number) string {
	if p.Known() && p < 0.0001 {
		return "< 0.0001"
	}
	return p.Significant(2)
}

// testTable is, by condition and overall, the tests of the judged arm.
func testTable(s stats.Summary) table {
	t := table{Head: []string{"condition", "Δt", "p, saving too small", "of all at once (Holm)", "images only the baseline had right", "only the other arm", "p, McNemar"}, Numbers: 1}
	row := func(name string, k stats.Comparison) {
		if !k.Test.P.Known() && !k.McNemar.P.Known() {
			return
		}
		cells := []string{name, interval(k.Saving.MeanOfRatios, 100, " %"), pText(k.Test.P), pText(k.Test.Holm), "–", "–", "–"}
		if m := k.McNemar; m.P.Known() {
			cells = append(cells[:4], fmt.Sprint(m.OnlyBaseline), fmt.Sprint(m.OnlyOther), pText(m.P))
		}
		t.Rows = append(t.Rows, cells)
	}
	for _, c := range s.Conditions {
		if c.Valid {
			row(c.Label, c.Comparison)
		}
	}
	row("all valid conditions", s.Overall.Comparison)
	return t
}

// testWords say what the tests are of.
func testWords(s stats.Summary) []string {
	r := s.Run.Require
	return []string{fmt.Sprintf("The first p is of the hypothesis that the saving is less than %s; Holm's is adjusted for all conditions that are tested together: those in which it is at most %s meet the bound, all at once. "+
		"McNemar's is exact and two-sided, of the hypothesis that both arms are right equally often; an image that was asked for in several pairs counts once, for the arm that was right more often.",
		stats.Number(r.Saving).Percent(0), stats.Number(1-r.Confidence).Percent(0))}
}

// controlTable is what was compared with itself.
func controlTable(s stats.Summary) table {
	t := table{Head: []string{"compared", "pairs", "Δt, which should be 0", "as it should be"}, Numbers: 1, Words: 1}
	for _, a := range s.Overall.Controls {
		what := a.Arm + ", whose settings are the baseline's"
		if a.Kind == stats.SameOption {
			what = a.Arm + ", pairs in which both arms chose the same"
		}
		t.Rows = append(t.Rows, []string{what, fmt.Sprint(a.Pairs), interval(a.Saving, 100, " %"), yesNo(a.Held, "undecided")})
	}
	if o := s.Overall.Order; o.Difference.Value.Known() {
		t.Rows = append(t.Rows, []string{"Δt of pairs in which the baseline went first, less that of the others", fmt.Sprint(o.Pairs[0] + o.Pairs[1]), interval(o.Difference, 100, " points"), "–"})
	}
	return t
}
