package plots

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// A stack is a row of a figure of stacked bars.
type stack struct {
	name  string // at the axis
	group int    // the place of its condition
	parts []float64
	total float64
	text  string // at the end
}

// phases is where the time of a request goes.
func phases(in input) (page, string) {
	stacks := phaseStacks(in.summary.Conditions)
	if len(stacks) == 0 {
		return page{}, "no phases are recorded"
	}
	p := page{form: in.form,
		name: "phases", title: "Where the time goes",
		subtitle: "Mean time of each phase of a request, by condition and arm; the number is the mean of all phases together",
		height:   vg.Points(float64(len(stacks))*rowPitch(stackNames(stacks), stackShare*in.form.inner(), 15) + 46),
		caption: "Left: the mean time of each phase; right: the same as shares of the whole, so that short requests can be read too. " +
			"A choice of model can only save in phases that depend on the model (fetch, load, preprocess, infer); what upload and download take is the same for all models on a node.",
	}
	for i, name := range stats.PhaseNames {
		p.legend = append(p.legend, key{label: name, color: phaseColor(i)})
	}
	p.body = func(c draw.Canvas) {
		left, right := stackPlot(stacks, false, phaseColor), stackPlot(stacks, true, phaseColor)
		left.X.Max *= textPart(stacks, stackShare*in.form.inner())
		left.X.Label.Text, right.X.Label.Text = "mean time", "share of the mean time"
		pairOf(left, right, c, stackShare)
	}
	return p, ""
}

// stackShare is how much of the width times take; their shares take the rest.
const stackShare = 0.6

func stackNames(stacks []stack) (names []string) {
	for _, k := range stacks {
		names = append(names, k.name)
	}
	return names
}

// phaseStacks has a row for each arm of each condition that has answers.
func phaseStacks(conditions []stats.Condition) (out []stack) {
	for place, c := range conditions {
		named := false
		for _, a := range c.Arms {
			if !a.Total.Known() {
				continue
			}
			k := stack{name: a.Selector, group: place}
			if !named { // the first of those that answered
				k.name, named = c.Label+" — "+a.Selector, true
			}
			for _, v := range a.Phases.List() {
				k.parts = append(k.parts, max(float64(v), 0))
				k.total += max(float64(v), 0)
			}
			k.text = stats.Number(k.total).Millis()
			out = append(out, k)
		}
	}
	return out
}

// stackPlot draws stacks, each as long as its total or, as shares, all alike.
// Only times have names at the axis: shares stand beside them.
func stackPlot(stacks []stack, shares bool, colors func(int) colour) *plot.Plot {
	p := newPlot("")
	names, longest := make([]string, len(stacks)), 0.0
	for i, k := range stacks {
		longest = max(longest, k.total)
		if !shares {
			names[i] = k.name
		}
	}
	rows(p, names)
	p.Add(groups(stacks))
	p.X.Min, p.X.Max = 0, longest
	p.X.Tick.Marker = ticks{most: 5, text: asMillis}
	if shares {
		p.X.Max = 1
		p.X.Tick.Marker = ticks{most: 4, text: asPercent}
	}
	if longest == 0 {
		p.X.Max = 1
	}
	p.Add(gridX())
	for i, k := range stacks {
		at, from := rowAt(i, len(stacks)), 0.0
		scale := 1.0
		if shares && k.total > 0 {
			scale = 1 / k.total
		}
		for part, v := range k.parts {
			p.Add(bar(from, from+v*scale, at, colors(part)))
			from += v * scale
		}
		if !shares {
			p.Add(label(k.text, from, at, 4, style(tickSize, ink)))
		}
	}
	return p
}

// textPart is by how much the axis of a plot so wide must be longer than its
// bars, for what is written at their ends.
func textPart(stacks []stack, width vg.Length) float64 {
	names, texts := vg.Length(0), vg.Length(0)
	for _, k := range stacks {
		names = max(names, min(style(tickSize, ink).Width(k.name), namesRoom(width)))
		texts = max(texts, style(tickSize, ink).Width(k.text))
	}
	return 1 / (1 - min(float64((texts+vg.Points(8))/(width-names-vg.Points(12))), 0.6))
}

// groups shades the rows of every second condition.
func groups(stacks []stack) shape {
	return func(a area) {
		for i, k := range stacks {
			if at := rowAt(i, len(stacks)); k.group%2 == 1 {
				rectangle(a.Canvas, band, a.Min.X, a.y(at-0.5), a.Max.X, a.y(at+0.5))
			}
		}
	}
}

// bar fills from x0 to x1 in a row.
func bar(x0, x1, row float64, col colour) shape {
	return func(a area) {
		if x1 > x0 {
			rectangle(a.Canvas, col, a.x(x0), a.y(row-0.36), a.x(x1), a.y(row+0.36))
		}
	}
}

// pairOf draws two plots of the same rows side by side; the left one takes a
// share of the width.
func pairOf(left, right *plot.Plot, c draw.Canvas, share float64) {
	width := c.Max.X - c.Min.X
	drawBeside(left, right, draw.Crop(c, 0, -width*vg.Length(1-share)-vg.Points(10), 0, 0), draw.Crop(c, width*vg.Length(share)+vg.Points(6), 0, 0, 0))
}
