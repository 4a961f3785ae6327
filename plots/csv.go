package plots

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"

	"github.com/testbed/testbed/plots/stats"
)

// A csvRow is an arm in a condition, and how it compares with the baseline; of
// the baseline itself not at all.
type csvRow struct {
	condition stats.Condition
	arm       stats.Arm
	compared  *stats.Comparison
}

// A csvColumn is its name, with the unit, and what is in it.
type csvColumn struct {
	name string
	of   func(csvRow) string
}

// summaryCSV is a row for each arm of each condition, with the values of the
// axes in columns, for those who go on with the numbers elsewhere. What is
// missing is empty; what has no unit in its name is a count or a fraction.
func summaryCSV(s stats.Summary) []byte {
	columns := csvColumns(s)
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	write := func(cell func(csvColumn) string) {
		row := make([]string, len(columns))
		for i, c := range columns {
			row[i] = cell(c)
		}
		_ = w.Write(row) // to memory: it cannot fail
	}
	write(func(c csvColumn) string { return c.name })
	for _, c := range s.Conditions {
		for i, a := range c.Arms {
			r := csvRow{condition: c, arm: a}
			if i > 0 {
				r.compared = comparisonOf(c, a.Selector)
			}
			write(func(c csvColumn) string { return c.of(r) })
		}
	}
	w.Flush()
	return b.Bytes()
}

// csvColumns are those of any run, with the axes of this one.
func csvColumns(s stats.Summary) []csvColumn {
	out := []csvColumn{
		{"condition", func(r csvRow) string { return r.condition.ID }},
		{"valid", func(r csvRow) string { return strconv.FormatBool(r.condition.Valid) }},
		{"arm", func(r csvRow) string { return r.arm.Selector }},
		{"trials", func(r csvRow) string { return strconv.Itoa(r.condition.Trials) }},
		{"requests", func(r csvRow) string { return strconv.Itoa(r.arm.Requests) }},
		{"errors", func(r csvRow) string { return strconv.Itoa(r.arm.Errors) }},
		{"images_answered", func(r csvRow) string { return strconv.Itoa(r.arm.Images) }},
		{"chose", mostChosen},
		measure("accuracy", func(r csvRow) stats.Number { return r.arm.Accuracy }),
		measure("accuracy_low", func(r csvRow) stats.Number { return r.arm.AccuracyInterval.Low }),
		measure("accuracy_high", func(r csvRow) stats.Number { return r.arm.AccuracyInterval.High }),
		measure("t_mean_ms", func(r csvRow) stats.Number { return r.arm.Latency.Mean }),
	}
	for _, p := range []struct {
		name string
		of   func(stats.Latency) stats.Number
	}{
		{"p50", func(l stats.Latency) stats.Number { return l.P50 }},
		{"p90", func(l stats.Latency) stats.Number { return l.P90 }},
		{"p95", func(l stats.Latency) stats.Number { return l.P95 }},
		{"p99", func(l stats.Latency) stats.Number { return l.P99 }},
	} {
		out = append(out, measure("t_"+p.name+"_ms", func(r csvRow) stats.Number { return p.of(r.arm.Latency) }),
			measure("t_"+p.name+"_low_ms", func(r csvRow) stats.Number { return intervalOf(r.arm.Latency, p.name).Low }),
			measure("t_"+p.name+"_high_ms", func(r csvRow) stats.Number { return intervalOf(r.arm.Latency, p.name).High }))
	}
	for i, name := range stats.PhaseNames {
		out = append(out, measure(name+"_mean_ms", func(r csvRow) stats.Number { return r.arm.Phases.List()[i] }))
	}
	out = append(out,
		measure("total_mean_ms", func(r csvRow) stats.Number { return r.arm.Total }),
		measure("wait_mean_ms", func(r csvRow) stats.Number { return r.arm.Wait }),
		measure("decision_mean_us", func(r csvRow) stats.Number { return r.arm.Decide }),
		onTime("on_time", func(o stats.OnTime) stats.Number { return o.Share }),
		onTime("effective_accuracy", func(o stats.OnTime) stats.Number { return o.Effective }),
		csvColumn{"pairs", func(r csvRow) string {
			if r.compared == nil {
				return ""
			}
			return strconv.Itoa(r.compared.Pairs)
		}})
	out = append(out, estimate("saving", "", func(k stats.Comparison) stats.Estimate { return k.Saving.MeanOfRatios })...)
	out = append(out, estimate("saving_ratio_of_means", "", func(k stats.Comparison) stats.Estimate { return k.Saving.RatioOfMeans })...)
	out = append(out, estimate("saving_geometric", "", func(k stats.Comparison) stats.Estimate { return k.Saving.Geometric })...)
	out = append(out, estimate("accuracy_drop", "_points", func(k stats.Comparison) stats.Estimate { return k.AccuracyDrop })...)
	out = append(out, against("saving_p", func(k stats.Comparison) stats.Number { return k.Test.P }),
		against("saving_p_holm", func(k stats.Comparison) stats.Number { return k.Test.Holm }),
		against("mcnemar_p", func(k stats.Comparison) stats.Number { return k.McNemar.P }))
	return slices.Insert(out, 1, csvAxes(s, out)...)
}

// csvAxes are the values of a condition in each dimension of the sweep.
func csvAxes(s stats.Summary, others []csvColumn) (out []csvColumn) {
	var taken []string
	for _, c := range others {
		taken = append(taken, c.name)
	}
	names := s.Run.AxisColumns(taken)
	for i, axis := range s.Run.Axes {
		out = append(out, csvColumn{names[i], func(r csvRow) string { return r.condition.Names[axis.Name] }})
	}
	return out
}

// measure is a column of numbers.
func measure(name string, of func(csvRow) stats.Number) csvColumn {
	return csvColumn{name, func(r csvRow) string { return bare(of(r)) }}
}

// onTime is one of numbers that there are where there is a deadline.
func onTime(name string, of func(stats.OnTime) stats.Number) csvColumn {
	return measure(name, func(r csvRow) stats.Number {
		if r.arm.OnTime == nil {
			return stats.Missing()
		}
		return of(*r.arm.OnTime)
	})
}

// against is one of numbers that arms but the baseline have.
func against(name string, of func(stats.Comparison) stats.Number) csvColumn {
	return measure(name, func(r csvRow) stats.Number {
		if r.compared == nil {
			return stats.Missing()
		}
		return of(*r.compared)
	})
}

// estimate is three such columns.
func estimate(name, unit string, of func(stats.Comparison) stats.Estimate) []csvColumn {
	return []csvColumn{
		against(name+unit, func(k stats.Comparison) stats.Number { return of(k).Value }),
		against(name+"_low"+unit, func(k stats.Comparison) stats.Number { return of(k).Low }),
		against(name+"_high"+unit, func(k stats.Comparison) stats.Number { return of(k).High }),
	}
}

// mostChosen is the option that an arm chose most often.
func mostChosen(r csvRow) string {
	if by := byCount(r.arm.Models); len(by) > 0 {
		return by[0]
	}
	return ""
}

// intervalOf is that of a percentile.
func intervalOf(l stats.Latency, name string) stats.Range {
	if r, ok := l.Intervals[name]; ok {
		return r
	}
	return stats.Range{Low: stats.Missing(), High: stats.Missing()}
}

// bare is a number for programs; empty if it is missing.
func bare(n stats.Number) string {
	if !n.Known() {
		return ""
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}
