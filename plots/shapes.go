package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// An area is what a shape is drawn on: a plot's data canvas with its scales.
type area struct {
	draw.Canvas
	x, y func(float64) vg.Length
	plot *plot.Plot
}

// A shape is a plot.Plotter made of a function.
type shape func(area)

// Plot implements plot.Plotter.
func (s shape) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	s(area{c, x, y, p})
}

// gridX draws a line at every labelled tick of the horizontal axis.
func gridX() shape {
	return func(a area) {
		for _, t := range a.plot.X.Tick.Marker.Ticks(a.plot.X.Min, a.plot.X.Max) {
			if !t.IsMinor() && t.Value >= a.plot.X.Min && t.Value <= a.plot.X.Max {
				a.StrokeLine2(stroke(faint, 0.6), a.x(t.Value), a.Min.Y, a.x(t.Value), a.Max.Y)
			}
		}
	}
}

// gridY is gridX for the vertical axis.
func gridY() shape {
	return func(a area) {
		for _, t := range a.plot.Y.Tick.Marker.Ticks(a.plot.Y.Min, a.plot.Y.Max) {
			if !t.IsMinor() && t.Value >= a.plot.Y.Min && t.Value <= a.plot.Y.Max {
				a.StrokeLine2(stroke(faint, 0.6), a.Min.X, a.y(t.Value), a.Max.X, a.y(t.Value))
			}
		}
	}
}

// course draws a line through points, or steps that hold each value until the
// next. A Y that is NaN is a gap; one below the axis is drawn at its edge.
func course(points []stats.Point, sty draw.LineStyle, steps bool) shape {
	return func(a area) {
		var run []vg.Point
		flush := func() {
			if len(run) > 1 {
				a.StrokeLines(sty, run)
			}
			run = nil
		}
		for _, p := range points {
			if math.IsNaN(p.Y) || math.IsInf(p.Y, 0) {
				if steps && len(run) > 0 { // what was held ends here
					run = append(run, vg.Point{X: a.x(p.X), Y: run[len(run)-1].Y})
				}
				flush()
				continue
			}
			at := vg.Point{X: a.x(p.X), Y: a.y(clamp(p.Y, a.plot.Y))}
			if steps && len(run) > 0 {
				run = append(run, vg.Point{X: at.X, Y: run[len(run)-1].Y})
			}
			run = append(run, at)
		}
		flush()
	}
}

// clamp keeps v on an axis.
func clamp(v float64, axis plot.Axis) float64 { return min(max(v, axis.Min), axis.Max) }

// box draws a box plot in a row of height h: the box from the first to the
// third quartile, a line at the median, whiskers to the outer values, and a
// dot at the mean.
func box(d stats.Distribution, row, h float64, col color.NRGBA) shape {
	return func(a area) {
		y0, y1, mid := a.y(row-h/2), a.y(row+h/2), a.y(row)
		x := func(i int) vg.Length { return a.x(d.Box[i]) }
		a.StrokeLine2(stroke(col, 1), x(0), mid, x(4), mid)
		for _, i := range []int{0, 4} {
			a.StrokeLine2(stroke(col, 1), x(i), a.y(row-h/4), x(i), a.y(row+h/4))
		}
		light := col
		light.A = 0x66
		left, right := x(1), x(3)
		if right-left < vg.Points(1.5) { // a box must be seen
			left, right = left-vg.Points(0.75), right+vg.Points(0.75)
		}
		rectangle(a.Canvas, paper, left, y0, right, y1)
		rectangle(a.Canvas, light, left, y0, right, y1)
		a.StrokeLines(stroke(col, 1), []vg.Point{{X: left, Y: y0}, {X: right, Y: y0}, {X: right, Y: y1}, {X: left, Y: y1}, {X: left, Y: y0}})
		a.StrokeLine2(stroke(col, 2), x(2), y0, x(2), y1)
	}
}

// rise puts the middle of the small letters, not of the whole font, at a row.
const rise = 1.2

// label writes text beside a place of the plot, dx points to the right of it,
// in the middle of the row.
func label(txt string, x, row float64, dx float64, sty draw.TextStyle) shape {
	sty.YAlign = draw.YCenter
	return func(a area) {
		a.FillText(sty, vg.Point{X: a.x(x) + vg.Points(dx), Y: a.y(row) + vg.Points(rise)}, txt)
	}
}
