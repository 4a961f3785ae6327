package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// mostFronts is how many conditions the figure of fronts shows.
const mostFronts = 6

// fronts is the accuracy of every option against the time that it takes, with
// the front of those that nothing beats, a panel a condition.
func fronts(in input) (page, string) {
	cells := in.series.Cells
	if !anyFront(cells) {
		return page{}, "the accuracy of no option is known"
	}
	cols := in.form.columns(len(cells), 3, 190)
	lines := (len(cells) + cols - 1) / cols
	p := page{form: in.form,
		name: "pareto", title: "Accuracy against time",
		subtitle: "Every option by its accuracy and its median t, the front of those that no other beats in both, and where the arms are",
		height:   vg.Length(lines) * panelHeight(cols, 2.1, 1.6),
		caption: "Up is more accurate, left is faster. On the line are the options of which none is both faster and at least as accurate: who chooses another gives something away. " +
			"The shaded part is below the budget: no selector may go there. An arm lies where its choices put it, on average; the baseline at the top, a good selector left of it, near the line and above the shade. " +
			"Accuracies are those known before the run, of an arm the mean over its requests. " +
			"Options that no arm chose have their names beside them, where there is room. " + timesOf(cells[0].Front.From),
		legend: []key{{"the front", line, ink}},
	}
	for i, a := range in.series.Arms {
		p.legend = append(p.legend, key{a, diamond, armColor(i)})
	}
	p.legend = append(p.legend, optionKeys(in.series.Models, optionMark(cells[0].Front), func(used map[int]bool) {
		for _, c := range cells {
			for _, o := range c.Front.Options {
				used[o.Option] = true
			}
		}
	})...)
	p.body = func(c draw.Canvas) {
		panels(c, len(cells), cols, draw.Tiles{PadX: vg.Points(12), PadY: vg.Points(8), PadRight: vg.Points(10)}, func(i int, first bool) *plot.Plot {
			return frontPanel(in.form, cells[i], first)
		})
	}
	return p, ""
}

// timesOf says what the times are of.
func timesOf(from string) string {
	switch from {
	case stats.Replayed:
		return "Times are medians over the n instants at which all options were replayed, of arms those of their own requests there."
	case stats.Predicted:
		return "Nothing was replayed: the times of options (rings) are medians of what the second arm's selector predicted, those of arms are of their n requests, so an arm left of its option took less time than was predicted."
	}
	return "Nothing was replayed: times are medians of the requests that each option answered; n is how many each arm has."
}

// optionMark is that of options: hollow where they were only predicted.
func optionMark(f stats.Front) mark {
	if f.From == stats.Predicted {
		return ring
	}
	return circle
}

func anyFront(cells []stats.Cell) bool {
	for _, c := range cells {
		if len(c.Front.Options) > 0 {
			return true
		}
	}
	return false
}

// frontPanel is one condition.
func frontPanel(form Form, cell stats.Cell, first bool) *plot.Plot {
	f := cell.Front
	n := 0
	for _, a := range f.Arms {
		n = max(n, a.N)
	}
	p := newPlot(fmt.Sprintf("%s (n = %d)", cell.Label, n))
	frontAxes(form, p, f)
	if first {
		p.Y.Label.Text = "accuracy"
	}
	p.Add(shape(func(a area) {
		if f.Floor > p.Y.Min {
			rectangle(a.Canvas, band, a.Min.X, a.Min.Y, a.Max.X, a.y(min(f.Floor, p.Y.Max)))
		}
	}), gridX(), gridY(), shape(func(a area) { frontMarks(a, f) }))
	return p
}

// frontAxes spans all that is drawn.
func frontAxes(form Form, p *plot.Plot, f stats.Front) {
	low, high, lo, hi := 1.0, 0.0, math.Inf(1), 0.0
	see := func(millis, accuracy float64) {
		low, high, lo, hi = min(low, accuracy), max(high, accuracy), min(lo, millis), max(hi, millis)
	}
	for _, o := range f.Options {
		see(o.Millis, o.Accuracy)
	}
	for _, a := range f.Arms {
		see(a.Millis, a.Accuracy)
	}
	if hi == 0 {
		low, high, lo, hi = 0, 1, 1, 10
	}
	form.timeAxis(&p.X, lo, hi, 6)
	p.X.Label.Text = "median t"
	pad := max(0.08*(high-low), 0.005)
	p.Y.Min, p.Y.Max = max(low-pad, 0), high+pad
	p.Y.Tick.Marker = ticks{most: 4, text: asPercent}
}

// frontLine joins the options on the front by steps: right of one, its accuracy
// can be had.
func frontLine(a area, f stats.Front) (line []vg.Point) {
	for _, o := range f.Options {
		if !o.Best {
			continue
		}
		at := vg.Point{X: a.x(o.Millis), Y: a.y(o.Accuracy)}
		if len(line) > 0 {
			line = append(line, vg.Point{X: at.X, Y: line[len(line)-1].Y})
		}
		line = append(line, at)
	}
	if len(line) > 0 {
		line = append(line, vg.Point{X: a.Max.X, Y: line[len(line)-1].Y})
	}
	return line
}

// frontMarks are the front, the arms and the options; those that were never
// chosen, which no legend names, with their names where there is room.
func frontMarks(a area, f stats.Front) {
	names := labels{area: a}
	line := frontLine(a, f)
	a.StrokeLines(stroke(ink, 1), line)
	for i := 1; i < len(line); i++ {
		names.taken(line[i-1], line[i], 1.5)
	}
	for _, arm := range f.Arms {
		at := vg.Point{X: a.x(arm.Millis), Y: a.y(arm.Accuracy)}
		glyph(a.Canvas, diamond, armColor(arm.Arm), at, max(6.5-1.5*float64(arm.Arm), 3.5)) // those below show
		names.taken(at, at, 5)
	}
	for _, o := range f.Options {
		at := vg.Point{X: a.x(o.Millis), Y: a.y(o.Accuracy)}
		glyph(a.Canvas, circle, optionColor(o.Option), at, 2.8)
		if optionMark(f) == ring {
			glyph(a.Canvas, circle, paper, at, 1.5)
		}
		names.taken(at, at, 3)
	}
	for _, best := range []bool{true, false} { // those on the front first
		for _, o := range f.Options {
			if o.Best == best && o.Option < 0 {
				names.put(o.Name, vg.Point{X: a.x(o.Millis), Y: a.y(o.Accuracy)})
			}
		}
	}
}
