package plots

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// mostStripPanels is how many conditions the figure of decisions shows.
const mostStripPanels = 12

// leastLoadSeen is the background load from which on it has a line: less is
// noise.
const leastLoadSeen = 0.05

// strips is what each arm chose in the course of each condition, and what the
// judged arm saw of its network and of background load.
func strips(in input) (page, string) {
	var cells []stats.Cell
	for _, c := range in.series.Cells {
		if longest(c) > 0 {
			cells = append(cells, c)
		}
	}
	if len(cells) == 0 || len(in.series.Models) == 0 {
		return page{}, "no choices are recorded"
	}
	cols := in.form.columns(len(cells), 2, 220)
	lines := (len(cells) + cols - 1) / cols
	most := 0
	for _, c := range cells {
		most = max(most, len(stripRows(in.series.Arms, c)))
	}
	p := page{form: in.form,
		name: "decisions", title: "What was chosen, request by request",
		subtitle: "The option that each arm chose for each request of a condition, in order; lines part the trials",
		height:   vg.Length(lines) * vg.Points(float64(most)*15+46),
		caption: "Each row is one arm; where its colour changes, it chose another option. Above, what the second arm's selector saw before it decided: the goodput of its downloads and, where there was any, " +
			"the share of the CPUs that others used, each from 0 to the most, which is written beside it. " +
			"A selector that adapts changes its colour when the lines do; one that learns changes it early in the first trial and then keeps to it.",
	}
	p.legend = optionKeys(in.series.Models, fill, func(used map[int]bool) {
		for _, c := range cells {
			for _, s := range c.Strips {
				for _, part := range s.Parts {
					used[part.Option] = part.Option >= 0
				}
			}
		}
	})
	p.body = func(c draw.Canvas) {
		panels(c, len(cells), cols, draw.Tiles{PadX: vg.Points(58), PadY: vg.Points(8), PadRight: vg.Points(46)}, func(i int, _ bool) *plot.Plot {
			return stripPanel(in.series.Arms, cells[i], most, i >= len(cells)-cols)
		})
	}
	return p, ""
}

// longest is how many requests the longest strip of a condition has.
func longest(c stats.Cell) (n int) {
	for _, s := range c.Strips {
		n = max(n, s.Requests)
	}
	return n
}

// A stripRow is a row of a panel: what was seen, or what an arm chose.
type stripRow struct {
	name string
	draw func(at float64) shape
}

// stripRows are those of a condition.
func stripRows(arms []string, c stats.Cell) (out []stripRow) {
	sparkline := func(name string, points []stats.Point, text func(float64) string) {
		most := 0.0
		for _, q := range points {
			most = max(most, q.Y)
		}
		out = append(out, stripRow{name, func(at float64) shape { return spark(points, most, at, text(most)) }})
	}
	if len(c.Seen.Down) > 1 {
		sparkline("downlink seen", c.Seen.Down, func(v float64) string { return metric(v, "bps") })
	}
	for _, q := range c.Seen.Load {
		if q.Y > leastLoadSeen {
			sparkline("load seen", c.Seen.Load, asShare)
			break
		}
	}
	for i, s := range c.Strips {
		if i < len(arms) && s.Requests > 0 {
			out = append(out, stripRow{arms[i], func(at float64) shape { return stripShape(s, at) }})
		}
	}
	return out
}

// asShare writes a share without digits that were not seen.
func asShare(v float64) string { return stats.Number(v).Percent(0) }

// stripPanel is one condition, its rows below room for as many as another has.
func stripPanel(arms []string, c stats.Cell, most int, last bool) *plot.Plot {
	p := newPlot(c.Label)
	all := stripRows(arms, c)
	names := make([]string, most)
	for i, r := range all {
		names[most-len(all)+i] = r.name
		p.Add(r.draw(rowAt(i, len(all))))
	}
	rows(p, names)
	p.X.Min, p.X.Max = 0, float64(max(longest(c), 1))
	p.X.Tick.Marker = ticks{most: 5, text: asPlain}
	if last {
		p.X.Label.Text = "request"
	}
	return p
}

// stripShape is the choices of one arm in a row.
func stripShape(s stats.Strip, at float64) shape {
	return func(a area) {
		y0, y1 := a.y(at-0.36), a.y(at+0.36)
		for _, part := range s.Parts {
			rectangle(a.Canvas, optionColor(part.Option), a.x(float64(part.From)), y0, a.x(float64(part.To)), y1)
		}
		for _, t := range s.Trials[1:] {
			a.StrokeLine2(stroke(paper, 1.6), a.x(float64(t)), y0, a.x(float64(t)), y1)
			a.StrokeLine2(stroke(ink, 0.6), a.x(float64(t)), y0, a.x(float64(t)), y1)
		}
	}
}

// spark is a line in a row, from 0 to the greatest value, which is written beside
// it.
func spark(points []stats.Point, most, at float64, text string) shape {
	return func(a area) {
		var line []vg.Point
		for _, q := range points {
			line = append(line, vg.Point{X: a.x(q.X + 0.5), Y: a.y(at - 0.36 + 0.72*q.Y/most)})
		}
		a.StrokeLine2(stroke(faint, 0.6), a.Min.X, a.y(at-0.36), a.Max.X, a.y(at-0.36))
		a.StrokeLines(stroke(ink, 1), line)
		sty := style(tickSize, quiet)
		sty.YAlign = draw.YCenter
		a.FillText(sty, vg.Point{X: a.Max.X + vg.Points(3), Y: a.y(at) + vg.Points(rise)}, text)
	}
}
