package plots

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// mostColumns is how many arms stand side by side.
const mostColumns = 4

// choices is which options the arms chose: a column an arm, a row a condition.
func choices(in input) (page, string) {
	conditions, models := in.summary.Conditions, in.series.Models
	if len(models) == 0 || len(conditions) == 0 {
		return page{}, "no choices are recorded"
	}
	shown := requestedArms(conditions)
	arms := len(shown)
	if arms == 0 {
		return page{}, "no choices are recorded"
	}
	var names []string
	for _, c := range conditions {
		names = append(names, c.Label)
	}
	wide := in.form.inner()
	cols := max(min(arms, mostColumns, int((wide-namesRoom(wide/2))/vg.Points(80))), 1)
	if arms > cols && arms <= 6 {
		cols = min(cols, 3)
	}
	lines := (arms + cols - 1) / cols
	p := page{form: in.form,
		name: "models", title: "Which models were chosen",
		subtitle: "Share of the answered requests of each arm that each model answered, by condition",
		height:   vg.Points((float64(len(conditions))*rowPitch(names, wide/2, 17) + 66) * float64(lines)),
		caption: "A row of one colour is an arm that always chose the same model there; the number at its end is how many requests it is of. " +
			"An arm whose rows are all alike does not adapt to these conditions: the report says why.",
	}
	for i, m := range models {
		if chosenAnywhere(conditions, m) {
			p.legend = append(p.legend, key{label: m, color: modelColor(i)})
		}
	}
	p.body = func(c draw.Canvas) {
		panels(c, arms, cols, draw.Tiles{PadX: vg.Points(26), PadY: vg.Points(8), PadRight: vg.Points(20)}, func(arm int, first bool) *plot.Plot {
			return choicePlot(conditions, models, shown[arm], first)
		})
	}
	return p, ""
}

// requestedArms are those that made requests.
func requestedArms(conditions []stats.Condition) (arms []int) {
	for arm := range conditions[0].Arms {
		if slices.ContainsFunc(conditions, func(c stats.Condition) bool { return c.Arms[arm].Requests > 0 }) {
			arms = append(arms, arm)
		}
	}
	return arms
}

// chosenAnywhere says whether any arm chose a model.
func chosenAnywhere(conditions []stats.Condition, model string) bool {
	return slices.ContainsFunc(conditions, func(c stats.Condition) bool {
		return slices.ContainsFunc(c.Arms, func(a stats.Arm) bool { return a.Models[model] > 0 })
	})
}

// choicePlot is the column of one arm. The first of a line has the names of the
// rows.
func choicePlot(conditions []stats.Condition, models []string, arm int, first bool) *plot.Plot {
	p := newPlot(conditions[0].Arms[arm].Selector)
	names := make([]string, len(conditions))
	if first {
		for i, c := range conditions {
			names[i] = c.Label
		}
	}
	rows(p, names)
	p.X.Min, p.X.Max = 0, 1
	p.X.Tick.Marker = ticks{most: 4, text: asPercent}
	p.X.Label.Text = "share of requests"
	p.Add(stripes(len(conditions)), gridX())
	for i, c := range conditions {
		at, from, total := rowAt(i, len(conditions)), 0.0, 0
		for _, n := range c.Arms[arm].Models {
			total += n
		}
		for m, name := range models {
			if n := c.Arms[arm].Models[name]; n > 0 {
				share := float64(n) / float64(total)
				p.Add(bar(from, from+share, at, modelColor(m)))
				from += share
			}
		}
		p.Add(label(fmt.Sprint(total), 1, at, 4, style(tickSize, quiet)))
	}
	return p
}

// modelCounts writes what an arm chose, the most frequent first.
func modelCounts(a stats.Arm) string {
	var out []string
	for _, m := range byCount(a.Models) {
		if len(a.Models) == 1 {
			return m
		}
		out = append(out, fmt.Sprintf("%s %d", m, a.Models[m]))
	}
	if len(out) == 0 {
		return "–"
	}
	return strings.Join(out, ", ")
}
