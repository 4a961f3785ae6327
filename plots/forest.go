package plots

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// An effect is a row of a forest plot: an estimate with its interval.
type effect struct {
	name   string
	value  stats.Estimate
	color  color.NRGBA
	mark   mark
	digits int
	strong bool
	hollow bool // of a condition that is not valid
}

// A forest is one column of the figure.
type forest struct {
	axis    string
	bound   float64
	bounded string // what the line at bound is
	unit    string
	effects []effect
}

// savings is Δt and the accuracy drop, by condition and overall.
func savings(s stats.Summary) (page, string) {
	if s.Overall.Pairs == 0 && !anyPairs(s.Conditions) {
		return page{}, "there are no pairs to compare"
	}
	saving, drop := forests(s)
	c := stats.Number(s.Run.Require.Confidence).Percent(0)
	p := page{
		name: "savings", title: "What " + armName(s) + " saves, and what it costs",
		subtitle: fmt.Sprintf("Each condition and all together, with %s intervals; n = %d pairs in %d valid conditions", c, s.Overall.Pairs, s.Overall.Conditions),
		height:   vg.Points(float64(len(saving.effects))*17 + 60),
		caption: "Left: Δt, the mean over pairs of (t_b − t_a)/t_b, in percent of the baseline's time; to the right is faster, and the dashed line is the saving asked for. " +
			"Right: how many points of accuracy are given up; to the left is better, and the dashed line is the most allowed. " +
			"A requirement is met where the interval of the last rows lies wholly on the good side of the line. Hollow rows are invalid conditions, which count in no total.",
		legend: []key{{"a condition", circle, armColor(1)}, {"all valid conditions", diamond, ink}, {"asked for", dashed, quiet}},
	}
	p.body = func(c draw.Canvas) {
		left, right := saving.plot(true), drop.plot(false)
		width := c.Max.X - c.Min.X
		saving.draw(left, draw.Crop(c, 0, -0.38*width, 0, 0))
		drop.draw(right, draw.Crop(c, 0.62*width+vg.Points(8), 0, 0, 0))
	}
	return p, ""
}

func anyPairs(conditions []stats.Condition) bool {
	for _, c := range conditions {
		if c.Pairs > 0 {
			return true
		}
	}
	return false
}

// armName is the arm that is judged.
func armName(s stats.Summary) string {
	if len(s.Run.Arms) > 1 {
		return s.Run.Arms[1]
	}
	return "the other arm"
}

// forests are the two columns, with the same rows.
func forests(s stats.Summary) (saving, drop forest) {
	saving = forest{axis: "Δt, saving in % of the baseline's time", bound: 100 * s.Run.Require.Saving, unit: " %",
		bounded: "asked: ≥ " + stats.Number(s.Run.Require.Saving).Percent(0)}
	axis := "accuracy given up, points"
	if s.Run.Unscored != "" {
		axis = "published accuracy given up, points"
	}
	drop = forest{axis: axis, bound: 100 * s.Run.Require.AccuracyDrop,
		bounded: "asked: ≤ " + stats.Number(100*s.Run.Require.AccuracyDrop).Significant(3)}
	add := func(name string, c stats.Comparison, col color.NRGBA, m mark, strong, hollow bool) {
		percent := scaled(c.Saving.MeanOfRatios, 100)
		saving.effects = append(saving.effects, effect{name, percent, col, m, 1, strong, hollow})
		drop.effects = append(drop.effects, effect{name, c.AccuracyDrop, col, m, 1, strong, hollow})
	}
	for _, c := range s.Conditions {
		col, name := armColor(1), c.Label
		if !c.Valid {
			col, name = grey, c.Label+" (invalid)"
		}
		add(name, c.Comparison, col, circle, false, !c.Valid)
	}
	if s.Overall.Pairs > 0 {
		add("all pairs", s.Overall.Comparison, ink, diamond, true, false)
		for i, k := range s.Overall.Others {
			add("all pairs: "+k.Arm, k, armColor(i+2), diamond, false, false)
		}
		equal := stats.Comparison{AccuracyDrop: stats.Estimate{Value: s.Overall.EqualWeight.AccuracyDrop, Low: stats.Missing(), High: stats.Missing()}}
		equal.Saving.MeanOfRatios = s.Overall.EqualWeight.Saving
		add("mean of conditions", equal, quiet, diamond, false, false)
	}
	return saving, drop
}

func scaled(e stats.Estimate, by stats.Number) stats.Estimate {
	return stats.Estimate{Value: e.Value * by, Low: e.Low * by, High: e.High * by}
}

// plot is the axes and the rows.
func (f forest) plot(names bool) *plot.Plot {
	p := newPlot("")
	labels := make([]string, len(f.effects))
	lo, hi := min(f.bound, 0), f.bound
	for i, e := range f.effects {
		if names {
			labels[i] = e.name
		}
		for _, v := range []stats.Number{e.value.Value, e.value.Low, e.value.High} {
			if v.Known() {
				lo, hi = min(lo, float64(v)), max(hi, float64(v))
			}
		}
	}
	rows(p, labels)
	p.Y.Max += 0.6 // room for what the line is
	pad := max(0.06*(hi-lo), 0.5)
	p.X.Min, p.X.Max = lo-pad, hi+pad
	p.X.Tick.Marker = ticks{most: 6, text: asPlain}
	p.X.Label.Text = f.axis
	p.Add(stripes(len(f.effects)), gridX(), f.line())
	for i, e := range f.effects {
		p.Add(e.shape(rowAt(i, len(f.effects))))
	}
	return p
}

// line is the bound, from below to its name.
func (f forest) line() shape {
	return func(a area) {
		x := a.x(f.bound)
		a.StrokeLine2(stroke(quiet, 1.2, dash...), x, a.Min.Y, x, a.Max.Y-vg.Points(10))
		sty := bold(tickSize, quiet)
		sty.XAlign, sty.YAlign = draw.XCenter, draw.YTop
		half := sty.Width(f.bounded) / 2
		a.FillText(sty, vg.Point{X: min(max(x, a.Min.X+half), a.Max.X-half), Y: a.Max.Y + vg.Points(1)}, f.bounded)
		a.StrokeLine2(stroke(quiet, 0.6), a.x(0), a.Min.Y, a.x(0), a.y(a.plot.Y.Max-0.6))
	}
}

// shape draws the interval and the mark.
func (e effect) shape(row float64) shape {
	return func(a area) {
		if !e.value.Value.Known() {
			return
		}
		y := a.y(row)
		if e.value.Low.Known() && e.value.High.Known() {
			width := 1.4
			if e.strong {
				width = 2.4
			}
			lo, hi := a.x(float64(e.value.Low)), a.x(float64(e.value.High))
			a.StrokeLine2(stroke(e.color, width), lo, y, hi, y)
			for _, x := range []vg.Length{lo, hi} {
				a.StrokeLine2(stroke(e.color, 1), x, y-vg.Points(2.5), x, y+vg.Points(2.5))
			}
		}
		at := vg.Point{X: a.x(float64(e.value.Value)), Y: y}
		glyph(a.Canvas, e.mark, e.color, at, 3.6)
		if e.hollow {
			glyph(a.Canvas, e.mark, paper, at, 2.2)
		}
	}
}

// textWidth is the room for numbers at the right of a forest, in points.
const textWidth = 96

// draw draws the plot, and the numbers beside it.
func (f forest) draw(p *plot.Plot, c draw.Canvas) {
	main := draw.Crop(c, 0, -vg.Points(textWidth), 0, 0)
	p.Draw(main)
	data := p.DataCanvas(main)
	_, y := p.Transforms(&data)
	for i, e := range f.effects {
		sty := style(tickSize, ink)
		if e.strong {
			sty = bold(tickSize, ink)
		}
		sty.YAlign = draw.YCenter
		c.FillText(sty, vg.Point{X: data.Max.X + vg.Points(6), Y: y(rowAt(i, len(f.effects))) + vg.Points(rise)}, e.text(f.unit))
	}
}

// text is the numbers: the estimate, and its interval if it has one.
func (e effect) text(unit string) string {
	v := e.value
	if !v.Value.Known() {
		return "no pairs"
	}
	digits := e.digits
	if v.Value <= -100 { // which has no room for more
		digits = 0
	}
	out := v.Value.Fixed(digits) + unit
	if v.Low.Known() && v.High.Known() {
		out += fmt.Sprintf(" (%s to %s)", v.Low.Fixed(digits), v.High.Fixed(digits))
	}
	return out
}
