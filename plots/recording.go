package plots

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// A Course is one quantity over time, to be drawn.
type Course struct {
	Name   string
	Unit   string        // of the values, for the axis
	Points []stats.Point // seconds and values, which hold until the next
	End    float64       // seconds

	// Over all of it, weighted by time.
	Mean, Low, High float64 // low and high are the 5th and 95th percentile
	Outages         []stats.Span
}

// mostRecorded is how many quantities a figure shows.
const mostRecorded = 8

// Recording draws quantities over time below each other, on one axis of time.
func Recording(title, subtitle string, courses []Course) (Figure, error) {
	courses = courses[:min(len(courses), mostRecorded)]
	p := page{
		name: "recording", title: title, subtitle: subtitle,
		legend: []key{{"value", line, blue}, {"mean", dashed, vermillion}, {"5th to 95th percentile", fill, band}, {"zero: outage", fill, grey}},
		height: vg.Length(max(len(courses), 1)) * 1.7 * vg.Inch,
		caption: "Each value holds until the next. Dashed: the mean over time. Light band: from the 5th to the 95th percentile of time. " +
			"Grey: nothing passes.",
	}
	p.body = func(c draw.Canvas) {
		end := 0.0
		for _, q := range courses {
			end = max(end, q.End)
		}
		grid := make([][]*plot.Plot, len(courses))
		for i, q := range courses {
			panel := coursePanel(q)
			panel.X.Min, panel.X.Max = 0, max(end, 1e-9)
			panel.X.Tick.Marker = ticks{most: 10, text: noText}
			if i == len(courses)-1 {
				panel.X.Tick.Marker = ticks{most: 10, text: asPlain}
				panel.X.Label.Text = "time, s"
			}
			grid[i] = []*plot.Plot{panel}
		}
		drawGrid(grid, draw.Tiles{Rows: len(grid), Cols: 1, PadY: vg.Points(6)}, c)
	}
	return p.figure()
}

// coursePanel is one quantity.
func coursePanel(q Course) *plot.Plot {
	p := newPlot(q.Name)
	p.Y.Label.Text = q.Unit
	most := q.High
	for _, at := range q.Points {
		most = max(most, at.Y)
	}
	if most == 0 {
		most = 1
	}
	p.Y.Min, p.Y.Max = 0, most*1.06
	p.Y.Tick.Marker = ticks{most: 4, text: func(v float64) string { return stats.Number(v).Significant(4) }}
	points := q.Points
	if n := len(points); n > 0 {
		points = append(points[:n:n], stats.Point{X: q.End, Y: points[n-1].Y})
	}
	p.Add(shape(func(a area) {
		rectangle(a.Canvas, band, a.Min.X, a.y(q.Low), a.Max.X, a.y(q.High))
		light := grey
		light.A = 0x99
		for _, s := range q.Outages {
			from, to := a.x(s.From), a.x(s.To)
			rectangle(a.Canvas, light, from, a.Min.Y, max(to, from+vg.Points(1)), a.Max.Y) // a short one must be seen
		}
	}), gridY(), course(points, stroke(blue, 0.9), true), shape(func(a area) {
		a.StrokeLine2(stroke(vermillion, 1.1, vg.Points(4), vg.Points(3)), a.Min.X, a.y(q.Mean), a.Max.X, a.y(q.Mean))
	}))
	return p
}
