package plots

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

// selectorTable says what the arms, and those that are judged beside, are.
func selectorTable(s stats.Summary) table {
	t := table{Head: []string{"selector", "takes part as", "policy", "settings", "may use"}, Numbers: 5, Names: 1}
	for i, k := range s.Run.Selectors {
		as := "arm"
		if i == 0 {
			as = "baseline"
		}
		t.Rows = append(t.Rows, []string{k.Name, as, k.Policy, cmp.Or(strings.Join(k.Settings, "; "), "–"), cmp.Or(strings.Join(k.Placements, ", "), "all")})
	}
	for _, k := range s.Run.Shadows {
		t.Rows = append(t.Rows, []string{k.Name, "asked only", k.Policy, cmp.Or(strings.Join(k.Settings, "; "), "–"), cmp.Or(strings.Join(k.Placements, ", "), "all")})
	}
	return t
}

// comparisons are those of all arms with the baseline.
func comparisons(first stats.Comparison, others []stats.Comparison) []stats.Comparison {
	if first.Arm == "" {
		return nil
	}
	return append([]stats.Comparison{first}, others...)
}

// armTable is each arm against the baseline, over the valid conditions, where
// there are several arms or placements.
func armTable(s stats.Summary) table {
	placed := s.Overall.SamePlacement != nil
	t := table{Head: []string{"arm", "pairs", "Δt, mean of ratios", "ratio of means", "geometric mean", "accuracy given up, points"}, Numbers: 1}
	if placed {
		t.Head = append(t.Head, "pairs of one placement", "Δt of these: due to the model alone", "given up there, points")
	}
	all := comparisons(s.Overall.Comparison, s.Overall.Others)
	if len(all) < 2 && !placed {
		return t
	}
	for _, k := range all {
		row := []string{k.Arm, fmt.Sprint(k.Pairs), interval(k.Saving.MeanOfRatios, 100, " %"), interval(k.Saving.RatioOfMeans, 100, " %"),
			interval(k.Saving.Geometric, 100, " %"), interval(k.AccuracyDrop, 1, "")}
		if placed {
			row = append(row, sameCells(k.SamePlacement)...)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// sameCells are the cells of the second comparison.
func sameCells(k *stats.Subset) []string {
	if k == nil {
		return []string{"–", "–", "–"}
	}
	return []string{fmt.Sprint(k.Pairs), interval(k.Saving, 100, " %"), k.AccuracyDrop.Fixed(1)}
}

// everyArm is a row for each arm of each condition, where there are more than
// two, or placements.
func everyArm(s stats.Summary) table {
	t := table{Head: []string{"condition", "arm", "requests", "failed", "Δt", "median t", "accuracy", "given up, points", "wasted", "regret", "chose"}, Numbers: 2}
	placed := s.Overall.SamePlacement != nil
	if placed {
		t.Head = slices.Insert(t.Head, 5, "Δt at one placement")
	}
	if len(s.Run.Arms) < 3 && !placed {
		return t
	}
	for _, c := range s.Conditions {
		for i, a := range c.Arms {
			k := comparisonOf(c, a.Selector)
			regret := "–"
			if r, ok := c.Regret[a.Selector]; ok {
				regret = r.Mean.Percent(1)
			}
			row := []string{c.Label, a.Selector, fmt.Sprint(a.Requests), fmt.Sprint(a.Errors), "–", a.Latency.P50.Millis(), a.Accuracy.Percent(1), "–",
				a.Wasted.Millis(), regret, modelCounts(a)}
			same := "–"
			if k != nil && i > 0 {
				row[4], row[7] = interval(k.Saving.MeanOfRatios, 100, " %"), interval(k.AccuracyDrop, 1, "")
				if k.SamePlacement != nil {
					same = fmt.Sprintf("%s, n = %d", interval(k.SamePlacement.Saving, 100, " %"), k.SamePlacement.Pairs)
				}
			}
			if placed {
				row = slices.Insert(row, 5, same)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// comparisonOf is that of an arm in a condition; nil if there is none.
func comparisonOf(c stats.Condition, arm string) *stats.Comparison {
	for _, k := range comparisons(c.Comparison, c.Others) {
		if k.Arm == arm {
			return &k
		}
	}
	return nil
}

// decisionTable is how long decisions took, and how many failed.
func decisionTable(s stats.Summary) table {
	t := table{Head: []string{"arm", "decisions", "median", "p99", "share of t", "failed"}, Numbers: 1}
	for _, c := range s.Models {
		d := c.Decisions
		if d.N > 0 {
			t.Rows = append(t.Rows, []string{c.Selector, fmt.Sprint(d.N), (d.Median / 1000).Millis(), (d.P99 / 1000).Millis(), d.Share.Percent(3), fmt.Sprint(d.Failed)})
		}
	}
	return t
}
