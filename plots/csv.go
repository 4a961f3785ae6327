package plots

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"

	"github.com/testbed/testbed/plots/stats"
)

// conditionsCSV is a row for each arm of each condition, with the values of the
// axes in columns, for those who go on with the numbers elsewhere. What is
// missing is empty; shares are fractions and times milliseconds.
func conditionsCSV(s stats.Summary) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	head := []string{"condition"}
	for _, a := range s.Run.Axes {
		head = append(head, a.Name)
	}
	rows := [][]string{append(head, "valid", "arm", "requests", "errors", "t_mean_ms", "t_p50_ms", "accuracy", "chose", "pairs", "saving", "saving_low", "saving_high", "accuracy_drop_points")}
	for _, c := range s.Conditions {
		for i, a := range c.Arms {
			row := []string{c.ID}
			for _, x := range s.Run.Axes {
				row = append(row, c.Names[x.Name])
			}
			chose := ""
			if by := byCount(a.Models); len(by) > 0 {
				chose = by[0]
			}
			row = append(row, strconv.FormatBool(c.Valid), a.Selector, strconv.Itoa(a.Requests), strconv.Itoa(a.Errors), bare(a.Latency.Mean), bare(a.Latency.P50), bare(a.Accuracy), chose)
			compared := []string{"", "", "", "", ""}
			if k := comparisonOf(c, a.Selector); k != nil && i > 0 {
				e := k.Saving.MeanOfRatios
				compared = []string{strconv.Itoa(k.Pairs), bare(e.Value), bare(e.Low), bare(e.High), bare(k.AccuracyDrop.Value)}
			}
			rows = append(rows, slices.Concat(row, compared))
		}
	}
	_ = w.WriteAll(rows) // to memory: it cannot fail
	return b.Bytes()
}

// bare is a number for programs; empty if it is missing.
func bare(n stats.Number) string {
	if !n.Known() {
		return ""
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}
