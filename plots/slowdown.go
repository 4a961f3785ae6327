package plots

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// slowdowns is how inference slowed down under background load, a panel a node.
func slowdowns(in input) (page, string) {
	s := in.series
	all := s.Slowdowns[:min(len(s.Slowdowns), mostCourses)]
	if len(all) == 0 {
		return page{}, "no node had different background loads of its CPU"
	}
	cols := in.form.columns(len(all), 2, 230)
	lines := (len(all) + cols - 1) / cols
	p := page{form: in.form,
		name: "slowdown", title: "How background load slows inference down",
		subtitle: "Median time of inference over that at the least load, by the load that was achieved; bars: quartiles",
		height:   vg.Length(lines) * 3 * vg.Inch,
		caption: "Each mark is one model at one level of background load, on the horizontal axis by what the load achieved, not by what was asked; all conditions with that level are taken together, " +
			"those that are not valid among them; a hollow mark is a load that fell short of what was asked, and so never paused. An inference that takes less than the scheduler's slice, some 3 ms, " +
			"is hardly slowed: who wakes up goes first. A model on the dashed line slows down as selectors expect before they have learnt anything" + curveWords(all) + ".",
	}
	models := slowedModels(all)
	for i, m := range models {
		p.legend = append(p.legend, key{m, circle, modelColor(i)})
	}
	p.legend = append(p.legend, key{"expected by selectors", dashed, ink})
	p.body = func(c draw.Canvas) {
		panels(c, len(all), cols, draw.Tiles{PadX: vg.Points(12), PadY: vg.Points(8), PadRight: vg.Points(12)}, func(i int, _ bool) *plot.Plot {
			return slowPanel(all[i], models)
		})
	}
	return p, ""
}

// curveWords says what the expectation is from.
func curveWords(all []stats.Slowdown) string {
	prior, profiled := false, false
	for _, s := range all {
		prior, profiled = prior || s.Prior, profiled || !s.Prior
	}
	switch {
	case prior && profiled:
		return ": the node's own curve where it was profiled under load, else the common prior"
	case prior:
		return ", which is the common prior, as the node was not profiled under load"
	}
	return ", which is the node's own curve from its profile"
}

// slowedModels are the models of all panels, in order.
func slowedModels(all []stats.Slowdown) (names []string) {
	seen := map[string]bool{}
	for _, s := range all {
		for _, m := range s.Models {
			if !seen[m.Model] {
				seen[m.Model] = true
				names = append(names, m.Model)
			}
		}
	}
	return names
}

// slowPanel is one node.
func slowPanel(s stats.Slowdown, models []string) *plot.Plot {
	p := newPlot(s.Node)
	p.X.Min, p.X.Max, p.Y.Min = -0.03, 1.03, 0.9
	top := 1.2
	for _, m := range s.Models {
		for _, q := range m.Points {
			top = max(top, q.Ratio, min(q.High, 2*q.Ratio))
			p.Y.Min = min(p.Y.Min, q.Ratio-0.05, max(q.Low-0.05, 0.5))
		}
	}
	for _, q := range s.Curve {
		top = max(top, min(q.Y, 2*top))
	}
	p.Y.Max = top * 1.05
	p.X.Tick.Marker = ticks{most: 6, text: asPercent}
	p.Y.Tick.Marker = ticks{most: 6, text: func(v float64) string { return stats.Number(v).Significant(3) + "×" }}
	p.X.Label.Text, p.Y.Label.Text = "background load achieved, share of the node's CPUs", "time of inference"
	p.Add(gridX(), gridY(), course(s.Curve, stroke(ink, 1.1, dash...), false))
	for i, m := range s.Models {
		p.Add(slowed(m, modelColor(slices.Index(models, m.Model)), i, len(s.Models)))
	}
	return p
}

// slowed draws one model, the i-th of n of its panel, a little beside the others
// so that bars can be told apart.
func slowed(m stats.ModelSlowdown, col colour, i, n int) shape {
	return func(a area) {
		aside := vg.Points(3 * (float64(i) - float64(n-1)/2))
		var line []vg.Point
		for _, q := range m.Points {
			at := vg.Point{X: a.x(q.Achieved) + aside, Y: a.y(clamp(q.Ratio, a.plot.Y))}
			a.StrokeLine2(stroke(col, 1), at.X, a.y(clamp(q.Low, a.plot.Y)), at.X, a.y(clamp(q.High, a.plot.Y)))
			if q.Short {
				a.DrawGlyphNoClip(draw.GlyphStyle{Color: col, Radius: vg.Points(3), Shape: draw.RingGlyph{}}, at)
				continue
			}
			line = append(line, at)
		}
		a.StrokeLines(stroke(col, 1.4), line)
		for _, at := range line {
			glyph(a.Canvas, circle, col, at, 3)
		}
	}
}
