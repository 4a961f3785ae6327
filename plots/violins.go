package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// violins is where the times lie across conditions, the arms side by side.
func violins(in input) (page, string) {
	p, note := boxes(in)
	p.name, p.title = "violins", "Where times lie across conditions"
	p.subtitle = "Density of t, each as thick as it gets; inside: quartiles and median" + perArm(in.series.Cells)
	p.caption = "A kernel density of ln t (normal kernel, bandwidth by Sheather's and Jones's rule) from the shortest time to the longest. Two bulges are two kinds of requests, " +
		"such as two models, or a first request that fetched one: a median between them is no time that anything took. Percentiles are by nearest rank, of the requests that were answered."
	p.body = func(c draw.Canvas) { drawPlot(spreads(in, violinEnds, violin), c) }
	return p, note
}

// violinEnds are the shortest and the longest time.
func violinEnds(d stats.Distribution) (lo, hi float64) {
	return d.Steps[0].X, d.Steps[len(d.Steps)-1].X
}

// violin draws a density in a row of height h, and its quartiles and median. Of
// times that hardly differ it is a box.
func violin(d stats.Distribution, row, h float64, col color.NRGBA) shape {
	density, _ := d.Density()
	if len(density) == 0 {
		return box(d, row, h, col)
	}
	return func(a area) {
		light := col
		light.A = 0x66
		var up, down []vg.Point
		for _, p := range density {
			up = append(up, vg.Point{X: a.x(p.X), Y: a.y(row + p.Y*h/2)})
			down = append(down, vg.Point{X: a.x(p.X), Y: a.y(row - p.Y*h/2)})
		}
		for i := range down {
			up = append(up, down[len(down)-1-i])
		}
		a.FillPolygon(light, up)
		a.StrokeLines(stroke(col, 0.8), append(up, up[0]))
		mid := a.y(row)
		a.StrokeLine2(stroke(col, 2.6), a.x(d.Box[1]), mid, a.x(d.Box[3]), mid)
		half := vg.Length(math.Abs(float64(a.y(row+h/2)-mid))) * 0.8
		a.StrokeLine2(stroke(paper, 3), a.x(d.Box[2]), mid-half, a.x(d.Box[2]), mid+half)
		a.StrokeLine2(stroke(col, 1.6), a.x(d.Box[2]), mid-half, a.x(d.Box[2]), mid+half)
	}
}
