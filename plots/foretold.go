package plots

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// predictions is what selectors predicted against what then happened, a panel
// an arm.
func predictions(in input) (page, string) {
	s := in.series
	all := s.Foretold[:min(len(s.Foretold), mostForetold)]
	if len(all) == 0 {
		return page{}, "no selector said what it predicted"
	}
	least := 130.0 // points
	if len(all) <= 3 {
		least = 190
	}
	cols := in.form.columns(len(all), 3, least)
	lines := (len(all) + cols - 1) / cols
	p := page{form: in.form,
		name: "predictions", title: "What was predicted, and what happened",
		subtitle: "Each phase of each request by the option that was chosen; both axes are logarithmic, and the same for all panels",
		height:   vg.Length(lines) * (min(in.form.inner()/vg.Length(cols), 4*vg.Inch) + vg.Points(12)),
		caption: "On the line a phase took as long as was predicted; above it less, below it more. The dotted lines are twice and half as long. " +
			"n is the number of decisions; at most 400 of an arm are drawn, and no phase that was predicted or took less than 0.1 ms.",
	}
	for i, name := range stats.PhaseNames {
		p.legend = append(p.legend, key{name, circle, phaseColor(i)})
	}
	p.body = func(c draw.Canvas) {
		lo, hi := foretoldExtent(all)
		panels(c, len(all), cols, draw.Tiles{PadX: vg.Points(12), PadY: vg.Points(8), PadRight: vg.Points(12)}, func(i int, _ bool) *plot.Plot {
			return foretoldPanel(all[i], s.Arms[all[i].Arm], lo, hi)
		})
	}
	return p, ""
}

// mostForetold is how many arms the figure of predictions shows.
const mostForetold = 12

func foretoldExtent(all []stats.Foretold) (lo, hi float64) {
	for _, f := range all {
		for _, phase := range f.Phases {
			for _, q := range phase {
				if lo == 0 {
					lo = q.X
				}
				lo, hi = min(lo, q.X, q.Y), max(hi, q.X, q.Y)
			}
		}
	}
	if lo == 0 {
		return 1, 100
	}
	return lo / 1.2, max(hi, lo*logSpan) * 1.2
}

// foretoldPanel is one arm.
func foretoldPanel(f stats.Foretold, arm string, lo, hi float64) *plot.Plot {
	p := newPlot(fmt.Sprintf("%s (n = %d)", arm, f.Decisions))
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Scale = plot.LogScale{}
		a.Min, a.Max = lo, hi
		a.Tick.Marker = ticks{most: 5, text: asMillis, log: true}
	}
	p.X.Label.Text = "observed"
	p.Y.Label.Text = "predicted"
	p.Add(gridX(), gridY(), shape(func(a area) {
		for _, by := range []float64{0.5, 2} {
			from, to := max(lo, lo/by), min(hi, hi/by)
			a.StrokeLine2(stroke(quiet, 0.7, dot...), a.x(from), a.y(from*by), a.x(to), a.y(to*by))
		}
		a.StrokeLine2(stroke(ink, 0.9), a.x(lo), a.y(lo), a.x(hi), a.y(hi))
		for i, phase := range f.Phases {
			for _, q := range phase {
				glyph(a.Canvas, circle, phaseColor(i), vg.Point{X: a.x(q.X), Y: a.y(q.Y)}, 1.5)
			}
		}
	}))
	return p
}
