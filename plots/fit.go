package plots

import (
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A thinner is marks of an axis that can be fewer; nil: they cannot.
type thinner interface{ thinner() plot.Ticker }

// fit makes what is written around a plot fit the canvas that it is drawn on:
// titles are broken into lines, names of rows too or shortened, and marks of an
// axis are fewer.
func fit(p *plot.Plot, c draw.Canvas) {
	width := c.Max.X - c.Min.X
	p.Title.Text = refit(p.Title.TextStyle, p.Title.Text, width, 2)
	if names, ok := p.Y.Tick.Marker.(named); ok {
		pitch := (c.Max.Y - c.Min.Y - vg.Points(40)) / vg.Length(p.Y.Max-p.Y.Min)
		p.Y.Tick.Marker = names.fitted(p.Y.Tick.Label, namesRoom(width), max(int((pitch.Points()-2)/nameRow), 1))
	}
	data := p.DataCanvas(c)
	thin(&p.Y, data.Max.Y-data.Min.Y, func(string) vg.Length { return vg.Points(tickSize + 2) })
	data = p.DataCanvas(c)
	thin(&p.X, data.Max.X-data.Min.X, func(s string) vg.Length { return p.X.Tick.Label.Width(s) + vg.Points(6) })
	// A label stands in the middle of the axis.
	middle := (data.Min.X + data.Max.X) / 2
	p.X.Label.Text = refit(p.X.Label.TextStyle, p.X.Label.Text, 2*min(middle-c.Min.X, c.Max.X-middle), 4)
	middle = (data.Min.Y + data.Max.Y) / 2
	p.Y.Label.Text = refit(p.Y.Label.TextStyle, p.Y.Label.Text, 2*min(middle-c.Min.Y, c.Max.Y-middle), 2)
}

// refit is inLines of a text that may be in lines already.
func refit(sty text.Style, s string, room vg.Length, most int) string {
	return inLines(sty, strings.ReplaceAll(s, "\n", " "), room, most)
}

// thin takes marks off an axis of a length until no two touch. Where but one
// would be left, some are without their text instead.
func thin(a *plot.Axis, length vg.Length, size func(string) vg.Length) {
	all := a.Tick.Marker
	for range 20 {
		fewer, ok := a.Tick.Marker.(thinner)
		if !ok || !touch(a, length, size) {
			return
		}
		next := fewer.thinner()
		if next == nil || labelled(next.Ticks(a.Min, a.Max)) < 2 {
			a.Tick.Marker = sparse{all, *a, length, size}
			return
		}
		a.Tick.Marker = next
	}
}

// labelled is how many marks have a text.
func labelled(marks []plot.Tick) (n int) {
	for _, t := range marks {
		if !t.IsMinor() {
			n++
		}
	}
	return n
}

// touch says whether two labels of an axis do.
func touch(a *plot.Axis, length vg.Length, size func(string) vg.Length) bool {
	s := sparse{a.Tick.Marker, *a, length, size}
	return labelled(s.Ticks(a.Min, a.Max)) < labelled(a.Tick.Marker.Ticks(a.Min, a.Max))
}

// A sparse is marks of an axis of a length of which those that would touch the
// one before have no text.
type sparse struct {
	plot.Ticker
	axis   plot.Axis
	length vg.Length
	size   func(string) vg.Length
}

// Ticks implements plot.Ticker.
func (s sparse) Ticks(lo, hi float64) []plot.Tick {
	marks := s.Ticker.Ticks(lo, hi)
	end := vg.Length(math.Inf(-1))
	for i, t := range marks {
		if t.IsMinor() {
			continue
		}
		at, half := vg.Length(s.axis.Norm(t.Value))*s.length, s.size(t.Label)/2
		if at-half < end {
			marks[i].Label = ""
			continue
		}
		end = at + half
	}
	return marks
}

// drawPlot draws a plot so that it fits.
func drawPlot(p *plot.Plot, c draw.Canvas) {
	fit(p, c)
	p.Draw(c)
}

// drawBeside draws two plots of the same rows at the same height: their axes
// take the same room.
func drawBeside(left, right *plot.Plot, leftCanvas, rightCanvas draw.Canvas) {
	fit(left, leftCanvas)
	fit(right, rightCanvas)
	lines := func(p *plot.Plot) int { return strings.Count(p.X.Label.Text, "\n") }
	for _, p := range []*plot.Plot{left, right} {
		p.X.Label.Text += strings.Repeat("\n ", max(lines(left), lines(right))-lines(p))
	}
	left.Draw(leftCanvas)
	right.Draw(rightCanvas)
}

// nameRow is the height of a line of the name of a row, in points.
const nameRow = 10

// namesRoom is what the names of rows may take of a plot so wide.
func namesRoom(width vg.Length) vg.Length { return max(0.5*width, width-vg.Points(230)) }

// rowPitch is the height of a row, in points: least, or what the longest name
// needs in a plot so wide, of at most three lines.
func rowPitch(names []string, width vg.Length, least float64) float64 {
	lines := 1
	for _, n := range names {
		lines = max(lines, min(len(wrap(style(tickSize, ink), n, namesRoom(width))), 3))
	}
	return max(least, nameRow*float64(lines)+4)
}
