package plots

import (
	"fmt"
	"image/color"
	"slices"

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
	sure   bool // that the bound is met, among all conditions
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
func savings(in input) (page, string) {
	s := in.summary
	if s.Overall.Pairs == 0 && !anyPairs(s.Conditions) {
		return page{}, "there are no pairs to compare"
	}
	saving, drop := forests(s)
	narrow, wide := in.form.narrow(), in.form.inner()
	c := stats.Number(s.Run.Require.Confidence).Percent(0)
	first, second := in.form.sides()
	p := page{form: in.form,
		name: "savings", title: "What " + armName(s) + " saves, and what it costs",
		subtitle: fmt.Sprintf("Each condition and all together, with %s intervals; n = %d pairs in %d valid conditions", c, s.Overall.Pairs, s.Overall.Conditions),
		height:   saving.height(0.62 * wide),
		caption: first + ": Δt, the mean over pairs of (t_b − t_a)/t_b, in percent of the baseline's time; to the right is faster, and the dashed line is the saving asked for. " +
			second + ": how many points of accuracy are given up; to the left is better, and the dashed line is the most allowed. " +
			"A requirement is met where the interval of the last rows lies wholly on the good side of the line. Hollow rows are invalid conditions, which count in no total. An interval with an arrow goes on." +
			" The number of a condition is bold where it saves at least what is asked, with " + c + " confidence in all conditions together (Holm).",
		legend: []key{{"a condition", circle, armColor(1)}, {"all valid conditions", diamond, ink}, {"asked for", dashed, quiet}},
	}
	if narrow { // one below the other
		p.height = saving.height(wide) + drop.height(wide)
	}
	p.body = func(c draw.Canvas) {
		if narrow {
			saving.draw(saving.plot(true), draw.Crop(c, 0, 0, drop.height(wide), 0))
			drop.draw(drop.plot(true), draw.Crop(c, 0, 0, 0, -saving.height(wide)))
			return
		}
		left, right := draw.Crop(c, 0, -0.38*wide, 0, 0), draw.Crop(c, 0.62*wide+vg.Points(8), 0, 0, 0)
		a, b := saving.plot(true), drop.plot(false)
		drawBeside(a, b, saving.main(left), drop.main(right))
		saving.numbers(a, left)
		drop.numbers(b, right)
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
		saving.effects = append(saving.effects, effect{name: name, value: percent, color: col, mark: m, digits: 1, strong: strong, hollow: hollow})
		drop.effects = append(drop.effects, effect{name: name, value: c.AccuracyDrop, color: col, mark: m, digits: 1, strong: strong, hollow: hollow})
	}
	for _, c := range s.Conditions {
		col, name := armColor(1), c.Label
		if !c.Valid {
			col, name = grey, c.Label+" (invalid)"
		}
		add(name, c.Comparison, col, circle, false, !c.Valid)
		saving.effects[len(saving.effects)-1].sure = c.Valid && c.Test.Holm <= 1-stats.Number(s.Run.Require.Confidence) // a missing one is not
	}
	if s.Overall.Pairs > 0 {
		add("all pairs", s.Overall.Comparison, ink, diamond, true, false)
		for i, k := range s.Overall.Others {
			if k.Pairs == 0 { // it was left out, or failed throughout
				continue
			}
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
	wide := f.wide()
	for i, e := range f.effects {
		if names {
			labels[i] = e.name
		}
		within := []stats.Number{e.value.Value}
		if e.value.High-e.value.Low <= wide {
			within = append(within, e.value.Low, e.value.High)
		}
		for _, v := range within {
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

// wide is the width from which an interval goes beyond the axis, so that a few
// that say nothing do not hide what the others say: wider than all values are
// apart, and six times as wide as a quarter of all intervals are.
func (f forest) wide() stats.Number {
	lo, hi := min(stats.Number(f.bound), 0), max(stats.Number(f.bound), 0)
	var widths []stats.Number
	for _, e := range f.effects {
		if e.value.Value.Known() {
			lo, hi = min(lo, e.value.Value), max(hi, e.value.Value)
		}
		if w := e.value.High - e.value.Low; w.Known() {
			widths = append(widths, w)
		}
	}
	if len(widths) == 0 {
		return 0
	}
	slices.Sort(widths)
	return max(hi-lo, 6*widths[(len(widths)-1)/4])
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
			lo, hi := max(a.x(float64(e.value.Low)), a.Min.X), min(a.x(float64(e.value.High)), a.Max.X)
			a.StrokeLine2(stroke(e.color, width), lo, y, hi, y)
			end(a, e.color, lo, y, lo == a.Min.X, 1)
			end(a, e.color, hi, y, hi == a.Max.X, -1)
		}
		at := vg.Point{X: a.x(float64(e.value.Value)), Y: y}
		glyph(a.Canvas, e.mark, e.color, at, 3.6)
		if e.hollow {
			glyph(a.Canvas, e.mark, paper, at, 2.2)
		}
	}
}

// end ends an interval with a bar or, where it goes on beyond the axis, with a
// head that points there; inward is the direction of the other end.
func end(a area, c color.Color, x, y vg.Length, beyond bool, inward vg.Length) {
	back := vg.Length(0)
	if beyond {
		back = inward * vg.Points(3.5)
	}
	for _, side := range []vg.Length{-1, 1} {
		a.StrokeLine2(stroke(c, 1), x, y, x+back, y+side*vg.Points(2.5))
	}
}

// height is that of a forest so wide, with its axis and the name of its bound.
func (f forest) height(width vg.Length) vg.Length {
	return vg.Points(float64(len(f.effects))*rowPitch(f.names(), width-f.room(), 17) + 60)
}

func (f forest) names() (names []string) {
	for _, e := range f.effects {
		names = append(names, e.name)
	}
	return names
}

// room is what the numbers at the right take.
func (f forest) room() vg.Length {
	return besideRoom(len(f.effects), func(i int) string { return f.effects[i].text(f.unit) })
}

// draw draws the plot, and the numbers beside it.
func (f forest) draw(p *plot.Plot, c draw.Canvas) {
	drawPlot(p, f.main(c))
	f.numbers(p, c)
}

// main is the part of a canvas that the plot is drawn on.
func (f forest) main(c draw.Canvas) draw.Canvas { return draw.Crop(c, 0, -f.room(), 0, 0) }

// numbers writes the numbers beside the rows of a plot that was drawn.
func (f forest) numbers(p *plot.Plot, c draw.Canvas) {
	besides(p, f.main(c), c, len(f.effects), func(i int) (string, bool) { return f.effects[i].text(f.unit), f.effects[i].strong || f.effects[i].sure })
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
