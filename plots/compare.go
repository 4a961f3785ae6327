package plots

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// mostOverlaid is how many conditions have a panel of distributions.
const mostOverlaid = 8

// compareFigures draws two runs side by side; the names of the files begin with
// name.
func compareFigures(c stats.Contrast, name string) ([]Figure, error) {
	var out []Figure
	for _, draw := range []func() (page, string){
		func() (page, string) { return compareMedians(c, name) },
		func() (page, string) { return compareCDF(c, name+"-cdf") },
	} {
		p, note := draw()
		if note != "" {
			out = append(out, Figure{Name: p.name, Title: p.title, Note: note})
			continue
		}
		f, err := p.figure()
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// compareMedians is every condition with the medians of both runs, and how much
// longer B took.
func compareMedians(c stats.Contrast, name string) (page, string) {
	arms := compareArms(c)
	most := rowsOf(len(arms))
	shown := mostDifferent(c.Conditions, most)
	p := page{name: name, title: "What both runs took",
		subtitle: fmt.Sprintf("Median t, and how much longer B took, with %s intervals; times are logarithmic where they span more than 10×",
			stats.Number(c.Confidence).Percent(0)),
		height: rowsHeight(Form{}, contrastedLabels(shown), len(arms)) + 0.6*vg.Inch,
		caption: fmt.Sprintf("Left: the median of t in each condition, a ring in A and a dot in B, a colour an arm. Right: B − A in percent of A; to the right B is slower. "+
			"Where the line of an interval crosses 0 the runs may well be the same; dashed is ± %s. A pale row is a condition that is not valid in one of the runs.%s",
			stats.Number(c.Agreement.Within).Percent(0), chosenMost(len(c.Conditions), most)),
	}
	if !slices.ContainsFunc(shown, func(k stats.Contrasted) bool { return len(k.Arms) > 0 }) {
		return p, "the runs have no arm in common"
	}
	for i, arm := range arms {
		p.legend = append(p.legend, key{label: arm, color: armColor(i)})
	}
	p.legend = append(p.legend, key{"A: " + sideName(c.A), ring, ink}, key{"B: " + sideName(c.B), circle, ink})
	p.body = func(canvas draw.Canvas) {
		width := canvas.Max.X - canvas.Min.X
		drawBeside(medianPlot(shown, arms), changePlot(shown, arms, 100*c.Agreement.Within),
			draw.Crop(canvas, 0, -0.42*width, 0, 0), draw.Crop(canvas, 0.6*width, -vg.Points(12), 0, 0))
	}
	return p, ""
}

// compareArms are the arms of any condition, in order.
func compareArms(c stats.Contrast) (arms []string) {
	for _, k := range c.Conditions {
		for _, t := range k.Arms {
			if !slices.Contains(arms, t.Name) {
				arms = append(arms, t.Name)
			}
		}
	}
	return arms
}

// sideName is what tells a run from the other.
func sideName(s stats.Side) string {
	name := filepath.Base(cmp.Or(s.Dir, s.Scenario))
	if s.World != "" {
		name += ", " + s.World
	}
	return name
}

// mostDifferent are at most most conditions, in their order: those in which the
// median of an arm differs most.
func mostDifferent(all []stats.Contrasted, most int) []stats.Contrasted {
	if len(all) <= most {
		return all
	}
	by := func(k stats.Contrasted) (worst float64) {
		for _, t := range k.Arms {
			if r := t.T.Median.Relative.Value; r.Known() {
				worst = max(worst, math.Abs(float64(r)))
			}
		}
		return worst
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, k int) int { return cmp.Compare(by(all[k]), by(all[i])) })
	order = order[:most]
	slices.Sort(order)
	var out []stats.Contrasted
	for _, i := range order {
		out = append(out, all[i])
	}
	return out
}

// chosenMost says that a figure shows at most so many of n conditions.
func chosenMost(n, most int) string {
	if n <= most {
		return ""
	}
	return fmt.Sprintf(" Of %d conditions these are the %d that differ most.", n, most)
}

// medianPlot is the medians of both runs, a row a condition.
func medianPlot(shown []stats.Contrasted, arms []string) *plot.Plot {
	p := newPlot("")
	lo, hi := 0.0, 0.0
	eachMedian(shown, arms, func(_ int, _ float64, t stats.Times, _ bool) {
		for _, e := range []stats.Estimate{t.T.Median.A, t.T.Median.B} {
			for _, v := range []stats.Number{e.Low, e.Value, e.High} {
				if v.Known() && v > 0 {
					if lo == 0 || float64(v) < lo {
						lo = float64(v)
					}
					hi = max(hi, float64(v))
				}
			}
		}
	})
	rows(p, contrastedLabels(shown))
	timeAxis(&p.X, lo, hi, 5)
	p.X.Label.Text = "median t"
	p.Add(stripes(len(shown)), gridX())
	eachMedian(shown, arms, func(arm int, at float64, t stats.Times, valid bool) {
		col, h := shade(arm, valid), 0.2/float64(len(arms))
		p.Add(effect{value: t.T.Median.A, color: col, mark: circle, hollow: true}.shape(at + h))
		p.Add(effect{value: t.T.Median.B, color: col, mark: circle}.shape(at - h))
	})
	return p
}

// contrastedLabels are the names of conditions.
func contrastedLabels(shown []stats.Contrasted) (names []string) {
	for _, k := range shown {
		names = append(names, k.Label)
	}
	return names
}

// changePlot is how much longer B took, in percent, with the band in which runs
// agree.
func changePlot(shown []stats.Contrasted, arms []string, within float64) *plot.Plot {
	p := newPlot("")
	lo, hi := -1.5*within, 1.5*within
	eachMedian(shown, arms, func(_ int, _ float64, t stats.Times, _ bool) {
		e := scaled(t.T.Median.Relative, 100)
		for _, v := range []stats.Number{e.Low, e.Value, e.High} {
			if v.Known() {
				lo, hi = min(lo, float64(v)), max(hi, float64(v))
			}
		}
	})
	rows(p, make([]string, len(shown)))
	pad := 0.05 * (hi - lo)
	p.X.Min, p.X.Max = lo-pad, hi+pad
	p.X.Tick.Marker = ticks{most: 6, text: asPlain}
	p.X.Label.Text = "B − A, % of the median t of A"
	p.Add(stripes(len(shown)), gridX(), shape(func(a area) {
		a.StrokeLine2(stroke(quiet, 0.8), a.x(0), a.Min.Y, a.x(0), a.Max.Y)
		for _, x := range []float64{-within, within} {
			a.StrokeLine2(stroke(quiet, 0.8, dash...), a.x(x), a.Min.Y, a.x(x), a.Max.Y)
		}
	}))
	eachMedian(shown, arms, func(arm int, at float64, t stats.Times, valid bool) {
		p.Add(effect{value: scaled(t.T.Median.Relative, 100), color: shade(arm, valid), mark: circle}.shape(at))
	})
	return p
}

// shade is the colour of an arm, pale in a condition that is not valid.
func shade(arm int, valid bool) colour {
	c := armColor(arm)
	if !valid {
		c.A = 0x60
	}
	return c
}

// eachMedian calls do with every arm of every condition, and its place in the
// rows.
func eachMedian(shown []stats.Contrasted, arms []string, do func(arm int, at float64, t stats.Times, valid bool)) {
	for i, k := range shown {
		for _, t := range k.Arms {
			arm := slices.Index(arms, t.Name)
			at, _ := slot(i, len(shown), arm, len(arms))
			do(arm, at, t, k.Valid[0] && k.Valid[1])
		}
	}
}

// compareCDF is the distribution functions of t in both runs, a panel a
// condition.
func compareCDF(c stats.Contrast, name string) (page, string) {
	arms := compareArms(c)
	shown := mostDifferent(c.Conditions, mostOverlaid)
	cols := min(len(shown), 2)
	lines := (len(shown) + 1) / 2
	p := page{name: name, title: "How long requests took in both",
		subtitle: "Share of requests answered within a time t; each panel has its own time axis, logarithmic where it spans more than 10×",
		height:   vg.Length(lines) * 1.9 * vg.Inch,
		caption: "Empirical distribution of t, a colour an arm: dashed in A, solid in B. Where both lines of a colour lie on each other the runs took the same." +
			chosenMost(len(c.Conditions), mostOverlaid),
	}
	if !slices.ContainsFunc(shown, func(k stats.Contrasted) bool { cells := k.Cells(); return anyTimes(cells[:]) }) {
		return p, "no times are recorded"
	}
	for i, arm := range arms {
		p.legend = append(p.legend, key{label: arm, color: armColor(i)})
	}
	p.legend = append(p.legend, key{"A: " + sideName(c.A), dashed, ink}, key{"B: " + sideName(c.B), line, ink})
	p.body = func(canvas draw.Canvas) {
		grid := make([][]*plot.Plot, lines)
		for i := range grid {
			grid[i] = make([]*plot.Plot, cols)
			for k := range cols {
				if at := i*cols + k; at < len(shown) {
					grid[i][k] = overlaid(shown[at], arms, k == 0)
				}
			}
		}
		drawGrid(grid, draw.Tiles{Rows: lines, Cols: cols, PadX: vg.Points(12), PadY: vg.Points(8), PadRight: vg.Points(14)}, canvas)
	}
	return p, ""
}

// overlaid is the panel of one condition.
func overlaid(k stats.Contrasted, arms []string, first bool) *plot.Plot {
	cells := k.Cells()
	p := newPlot(k.Label)
	p.Y.Min, p.Y.Max = 0, 1
	p.Y.Tick.Marker = ticks{most: 4, text: asPercent}
	if first {
		p.Y.Label.Text = "share of requests"
	}
	lo, hi := extent(stats.Cell{Arms: slices.Concat(cells[0].Arms, cells[1].Arms)})
	timeAxis(&p.X, lo, hi, 6)
	p.Add(gridX(), gridY())
	for i, t := range k.Arms {
		col := armColor(slices.Index(arms, t.Name))
		for side, sty := range []draw.LineStyle{stroke(col, 1.6, dash...), stroke(col, 1.3)} {
			if d := cells[side].Arms[i]; d.N > 0 {
				p.Add(course(append([]stats.Point{{X: d.Steps[0].X}}, d.Steps...), sty, true))
			}
		}
	}
	return p
}
