package plots

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// cdf is the distribution functions of t, a panel a condition.
func cdf(in input) (page, string) {
	s, cells := in.series, in.series.Cells
	if !anyTimes(cells) {
		return page{}, "no times are recorded"
	}
	cols := in.form.columns(len(cells), 3, 130)
	height := 1.75 * vg.Inch
	if cols == 1 {
		height = min(3*vg.Inch, 0.6*in.form.inner())
	}
	lines := (len(cells) + cols - 1) / cols
	p := page{form: in.form,
		name: "cdf", title: "How long requests took",
		subtitle: "Share of requests answered within a time t; each panel has its own time axis, logarithmic where it spans more than 10×",
		legend:   armKeys(s, true), height: vg.Length(lines) * height,
		caption: "Empirical distribution of t in each condition, one curve an arm; n is the number of requests. " +
			"The further a curve is to the left, the faster the arm; where one curve is left of the other throughout, it is faster at every percentile. " +
			"A steep curve is a steady arm, a long tail to the right is a few slow requests. " +
			"Percentiles are marked where there are enough requests to bear them.",
	}
	for _, m := range percentileMarks {
		p.legend = append(p.legend, key{m.name, m.mark, quiet})
	}
	p.caption += timesWords(cells)
	p.body = func(c draw.Canvas) {
		panels(c, len(cells), cols, draw.Tiles{PadX: vg.Points(12), PadY: vg.Points(8)}, func(i int, first bool) *plot.Plot {
			return cdfPanel(in, i, first)
		})
	}
	return p, ""
}

// timesWords says how many times there are in all panels.
func timesWords(cells []stats.Cell) string {
	least, most := 0, 0
	for _, c := range cells {
		for _, d := range c.Arms {
			if d.N == 0 {
				continue
			}
			if least == 0 || d.N < least {
				least = d.N
			}
			most = max(most, d.N)
		}
	}
	if least == most {
		return fmt.Sprintf(" A curve is of n = %d requests.", most)
	}
	return fmt.Sprintf(" A curve is of n = %d to %d requests.", least, most)
}

// cdfPanel is condition i.
func cdfPanel(in input, i int, first bool) *plot.Plot {
	cell := in.series.Cells[i]
	p := newPlot(cell.Label + " (n = " + counts(cell) + ")")
	p.Y.Min, p.Y.Max = 0, 1
	p.Y.Tick.Marker = ticks{most: 4, text: asPercent}
	if first {
		p.Y.Label.Text = "share of requests"
	}
	lo, hi := extent(cell)
	in.form.timeAxis(&p.X, lo, hi, 5)
	p.Add(gridX(), gridY())
	for arm, d := range cell.Arms {
		if d.N > 0 {
			steps := append([]stats.Point{{X: d.Steps[0].X}}, d.Steps...)
			p.Add(course(steps, armLine(arm), true), percentiles(in.summary.Conditions[i].Arms[arm].Latency, armColor(arm)))
		}
	}
	return p
}

// percentileMarks are the percentiles that are marked on a distribution, and how.
var percentileMarks = []struct {
	share float64
	name  string
	mark  mark
	of    func(stats.Latency) stats.Number
}{
	{0.50, "50th", circle, func(l stats.Latency) stats.Number { return l.P50 }},
	{0.95, "95th", triangle, func(l stats.Latency) stats.Number { return l.P95 }},
	{0.99, "99th percentile", diamond, func(l stats.Latency) stats.Number { return l.P99 }},
}

// percentiles marks those that the data bear.
func percentiles(l stats.Latency, col color.Color) shape {
	return func(a area) {
		for _, m := range percentileMarks {
			if v := m.of(l); v.Known() {
				at := vg.Point{X: a.x(clamp(float64(v), a.plot.X)), Y: a.y(m.share)}
				glyph(a.Canvas, m.mark, paper, at, 4)
				glyph(a.Canvas, m.mark, col, at, 2.8)
			}
		}
	}
}

// armMark is the line of an arm: the baseline's is dashed, and those after the
// sixth are dotted.
func armMark(arm int) mark {
	switch {
	case arm == 0:
		return dashed
	case arm >= 6:
		return dotted
	}
	return line
}

// armLine is armMark as a style.
func armLine(arm int) draw.LineStyle {
	switch armMark(arm) {
	case dashed:
		return stroke(armColor(arm), 1.6, dash...)
	case dotted:
		return stroke(armColor(arm), 1.6, dot...)
	}
	return stroke(armColor(arm), 1.6)
}

// armKeys is the legend of the arms that have times, as lines or as areas.
func armKeys(s stats.Series, lines bool) (keys []key) {
	for _, i := range timedArms(s.Cells) {
		k := key{label: s.Arms[i], mark: fill, color: armColor(i)}
		if i == 0 {
			k.label += " (baseline)"
		}
		if lines {
			k.mark = armMark(i)
		}
		keys = append(keys, k)
	}
	return keys
}

// timedArms are those that have times in any cell: a figure of some arms is
// without the others.
func timedArms(cells []stats.Cell) (arms []int) {
	for _, c := range cells {
		for arm, d := range c.Arms {
			if d.N > 0 && !slices.Contains(arms, arm) {
				arms = append(arms, arm)
			}
		}
	}
	slices.Sort(arms)
	return arms
}

// counts writes how many times each arm has: one number if they are the same.
func counts(cell stats.Cell) string {
	var out []string
	same := true
	for _, d := range cell.Arms {
		if d.N == 0 {
			continue
		}
		out = append(out, fmt.Sprint(d.N))
		same = same && fmt.Sprint(d.N) == out[0]
	}
	if same && len(out) > 1 {
		return out[0] + " each"
	}
	return strings.Join(out, ", ")
}

// extent is the least and greatest time of a cell.
func extent(cell stats.Cell) (lo, hi float64) {
	for _, d := range cell.Arms {
		if d.N > 0 {
			if lo == 0 || d.Steps[0].X < lo {
				lo = d.Steps[0].X
			}
			hi = max(hi, d.Steps[len(d.Steps)-1].X)
		}
	}
	return lo, hi
}

func anyTimes(cells []stats.Cell) bool {
	for _, c := range cells {
		for _, d := range c.Arms {
			if d.N > 0 {
				return true
			}
		}
	}
	return false
}
