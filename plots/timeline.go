package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// mostCourses is how many links, and how many nodes, a timeline shows.
const mostCourses = 4

// timeline is what was asked of the world and what it gave, in the course of
// the run, above the requests that were made in it.
func timeline(in input) (page, string) {
	s := in.series
	t := s.Timeline
	var panels []*plot.Plot
	for _, l := range t.Links[:min(len(t.Links), mostCourses)] {
		panels = append(panels, linkPanel(l, t.Trials))
	}
	for _, c := range t.CPUs[:min(len(t.CPUs), mostCourses)] {
		panels = append(panels, cpuPanel(c, t.Trials))
	}
	for _, l := range t.Loads[:min(len(t.Loads), mostCourses)] {
		panels = append(panels, loadPanel(l, t.Trials))
	}
	if len(t.Dots) > 0 {
		panels = append(panels, dotPanel(t))
	}
	if len(panels) == 0 {
		return page{}, "neither telemetry nor requests are recorded"
	}
	p := page{form: in.form,
		name: "timeline", title: "The run over time",
		subtitle: "Asked against achieved, and every request by the model that answered it" + thinned(t) + shadeWords(t),
		legend:   timelineKeys(s),
		height:   vg.Length(len(panels)) * 1.35 * vg.Inch,
		caption: "Black: what was asked of a link or of the background load. Rings: what probes found the link to carry before each trial; they should lie on the black line. " +
			"Blue: what passed over the link, which is below the line whenever little is sent. For CPU, memory, GPU and traffic, the blue line is what the background load achieved and should lie on the black one; " +
			"grey is all that ran on the node. Below: each request at the time it was sent (circle: baseline, triangle: other arms).",
	}
	p.body = func(c draw.Canvas) {
		end := max(t.Length().Seconds(), 1)
		grid := make([][]*plot.Plot, len(panels))
		for i, q := range panels {
			q.X.Min, q.X.Max = 0, end
			q.X.Tick.Marker = ticks{most: 10, text: noText}
			if i == len(panels)-1 {
				q.X.Tick.Marker = ticks{most: 10, text: asPlain}
				q.X.Label.Text = "time since the start of the run, s"
			}
			grid[i] = []*plot.Plot{q}
		}
		drawGrid(grid, draw.Tiles{Rows: len(grid), Cols: 1, PadY: vg.Points(6)}, c)
	}
	return p, ""
}

func shadeWords(t stats.Timeline) string {
	if len(t.Trials) > mostBands {
		return ""
	}
	return "; each change of shade is another trial"
}

func thinned(t stats.Timeline) string {
	if len(t.Dots) == t.Requests {
		return fmt.Sprintf(" (n = %d)", t.Requests)
	}
	return fmt.Sprintf(" (%d of n = %d are drawn)", len(t.Dots), t.Requests)
}

func timelineKeys(s stats.Series) (keys []key) {
	if len(s.Timeline.Links)+len(s.Timeline.CPUs)+len(s.Timeline.Loads) > 0 {
		keys = append(keys, key{"asked", line, black}, key{"found by probes", ring, vermillion}, key{"delivered, or background load achieved", line, blue})
	}
	if len(s.Timeline.CPUs) > 0 {
		keys = append(keys, key{"CPU busy with anything", line, grey})
	}
	for i, m := range s.Models {
		keys = append(keys, key{m, circle, modelColor(i)})
	}
	return keys
}

// mostBands is how many trials can be told apart.
const mostBands = 150

// trialBands shades every second trial, where they are not too many.
func trialBands(trials []stats.Span) shape {
	if len(trials) > mostBands {
		return func(area) {}
	}
	return func(a area) {
		for i, s := range trials {
			if i%2 == 1 {
				rectangle(a.Canvas, band, a.x(s.From), a.Min.Y, a.x(s.To), a.Max.Y)
			}
		}
	}
}

// linkPanel is one direction of a link.
func linkPanel(l stats.LinkCourse, trials []stats.Span) *plot.Plot {
	p := newPlot(l.Node + " " + l.Direction + "link")
	p.Y.Label.Text = "Mbps"
	lo, hi := math.Inf(1), 0.0
	for _, asked := range [][]stats.Point{l.Asked, l.Probes} {
		for _, q := range asked {
			if q.Y > 0 {
				lo, hi = min(lo, q.Y), max(hi, q.Y)
			}
		}
	}
	for _, q := range l.Delivered {
		if q.Y > hi { // not for a gap, which is NaN
			hi = q.Y
		}
	}
	rateAxis(p, lo, hi)
	p.Add(trialBands(trials), gridY(), course(l.Delivered, stroke(blue, 1), true), course(l.Asked, stroke(black, 1.2), true))
	p.Add(shape(func(a area) {
		for _, q := range l.Probes {
			a.DrawGlyphNoClip(draw.GlyphStyle{Color: vermillion, Radius: vg.Points(2.4), Shape: draw.RingGlyph{}}, vg.Point{X: a.x(q.X), Y: a.y(clamp(q.Y, a.plot.Y))})
		}
	}))
	return p
}

// rateAxis is in Mbps, logarithmic if the asked rates are far apart.
func rateAxis(p *plot.Plot, lo, hi float64) {
	asMbps := func(v float64) string { return stats.Number(v / 1e6).Significant(3) }
	if hi == 0 {
		hi = 1e6
	}
	if hi/lo >= logSpan && !math.IsInf(lo, 1) {
		p.Y.Scale = plot.LogScale{}
		p.Y.Min, p.Y.Max = lo/10, hi*1.6
		p.Y.Tick.Marker = ticks{most: 4, text: asMbps, log: true}
		return
	}
	p.Y.Min, p.Y.Max = 0, hi*1.12
	p.Y.Tick.Marker = ticks{most: 4, text: asMbps}
}

// cpuPanel is the utilization of a node.
func cpuPanel(c stats.CPUCourse, trials []stats.Span) *plot.Plot {
	p := newPlot(c.Node + " CPU")
	p.Y.Label.Text = "share of CPUs"
	p.Y.Min, p.Y.Max = 0, 1.04
	p.Y.Tick.Marker = ticks{most: 4, text: asPercent}
	p.Add(trialBands(trials), gridY(), course(c.Busy, stroke(grey, 1), true), course(c.Achieved, stroke(blue, 1.4), true), course(c.Asked, stroke(black, 1.2), true))
	return p
}

// loadPanel is background load of another resource of a node.
func loadPanel(l stats.LoadCourse, trials []stats.Span) *plot.Plot {
	p := newPlot(l.Node + " " + l.Resource)
	p.Y.Label.Text = "share"
	p.Y.Min, p.Y.Max = 0, 1.04
	p.Y.Tick.Marker = ticks{most: 4, text: asPercent}
	if l.Resource == "resident" { // no share, but bytes
		most := 1e6
		for _, q := range append(l.Asked[:len(l.Asked):len(l.Asked)], l.Achieved...) {
			if q.Y > most { // not for a gap, which is NaN
				most = q.Y
			}
		}
		p.Y.Label.Text, p.Y.Max = "GB", most*1.12
		p.Y.Tick.Marker = ticks{most: 4, text: func(v float64) string { return stats.Number(v / 1e9).Significant(3) }}
	}
	p.Add(trialBands(trials), gridY(), course(l.Achieved, stroke(blue, 1.4), true), course(l.Asked, stroke(black, 1.2), true))
	return p
}

// dotPanel is the requests.
func dotPanel(t stats.Timeline) *plot.Plot {
	p := newPlot("requests")
	p.Y.Label.Text = "t"
	lo, hi := t.Dots[0].Millis, t.Dots[0].Millis
	for _, d := range t.Dots {
		lo, hi = min(lo, d.Millis), max(hi, d.Millis)
	}
	timeAxis(&p.Y, lo, hi, 4)
	p.Add(trialBands(t.Trials), gridY(), shape(func(a area) {
		for _, d := range t.Dots {
			m := circle
			if d.Arm > 0 {
				m = triangle
			}
			glyph(a.Canvas, m, modelColor(d.Model), vg.Point{X: a.x(d.At), Y: a.y(d.Millis)}, 1.8)
		}
	}))
	return p
}
