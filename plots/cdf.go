package plots

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// cdf is the distribution functions of t, a panel a condition.
func cdf(s stats.Series) (page, string) {
	cells := s.Cells
	if !anyTimes(cells) {
		return page{}, "no times are recorded"
	}
	cols := gridColumns(len(cells), 3)
	height := 1.75 * vg.Inch
	if cols == 1 {
		height = 3 * vg.Inch
	}
	lines := (len(cells) + cols - 1) / cols
	p := page{
		name: "cdf", title: "How long requests took",
		subtitle: "Share of requests answered within a time t; each panel has its own time axis, logarithmic where it spans more than 10×",
		legend:   armKeys(s.Arms, true), height: vg.Length(lines) * height,
		caption: "Empirical distribution of t in each condition, one curve an arm; n is the number of requests. " +
			"The further a curve is to the left, the faster the arm; where one curve is left of the other throughout, it is faster at every percentile. " +
			"A steep curve is a steady arm, a long tail to the right is a few slow requests.",
	}
	p.body = func(c draw.Canvas) {
		panels(c, len(cells), cols, draw.Tiles{PadX: vg.Points(12), PadY: vg.Points(8)}, func(i int, first bool) *plot.Plot { return cdfPanel(cells[i], first) })
	}
	return p, ""
}

func cdfPanel(cell stats.Cell, first bool) *plot.Plot {
	p := newPlot(cell.Label + " (n = " + counts(cell) + ")")
	p.Y.Min, p.Y.Max = 0, 1
	p.Y.Tick.Marker = ticks{most: 4, text: asPercent}
	if first {
		p.Y.Label.Text = "share of requests"
	}
	lo, hi := extent(cell)
	timeAxis(&p.X, lo, hi, 5)
	p.Add(gridX(), gridY())
	for arm, d := range cell.Arms {
		if d.N > 0 {
			steps := append([]stats.Point{{X: d.Steps[0].X}}, d.Steps...)
			p.Add(course(steps, armLine(arm), true))
		}
	}
	return p
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

// armKeys is the legend of arms, as lines or as areas.
func armKeys(arms []string, lines bool) (keys []key) {
	for i, a := range arms {
		k := key{label: a, mark: fill, color: armColor(i)}
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

// counts writes how many times each arm has: one number if they are the same.
func counts(cell stats.Cell) string {
	var out []string
	same := true
	for _, d := range cell.Arms {
		out = append(out, fmt.Sprint(d.N))
		same = same && d.N == cell.Arms[0].N
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
