package plots

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// gridColumns is how many columns n panels have, of at most most.
func gridColumns(n, most int) int {
	if n == 4 && most > 2 {
		return 2
	}
	return max(min(n, most), 1)
}

// panels draws n plots in so many columns, with aligned axes and the padding of
// tiles; first says that one begins a line.
func panels(c draw.Canvas, n, cols int, tiles draw.Tiles, panel func(i int, first bool) *plot.Plot) {
	tiles.Rows, tiles.Cols = (n+cols-1)/cols, cols
	grid := make([][]*plot.Plot, tiles.Rows)
	for i := range n {
		if i%cols == 0 {
			grid[i/cols] = make([]*plot.Plot, cols)
		}
		grid[i/cols][i%cols] = panel(i, i%cols == 0)
	}
	drawGrid(grid, tiles, c)
}

// drawGrid draws plots with aligned axes, so that each fits its place.
func drawGrid(grid [][]*plot.Plot, tiles draw.Tiles, c draw.Canvas) {
	each := func(do func(p *plot.Plot, part draw.Canvas), place func(i, k int) draw.Canvas) {
		for i, line := range grid {
			for k, p := range line {
				if p != nil {
					do(p, place(i, k))
				}
			}
		}
	}
	each(fit, func(i, k int) draw.Canvas { return tiles.At(c, k, i) })
	aligned := plot.Align(grid, tiles, c)
	each(fit, func(i, k int) draw.Canvas { return aligned[i][k] }) // which may be smaller
	aligned = plot.Align(grid, tiles, c)
	each((*plot.Plot).Draw, func(i, k int) draw.Canvas { return aligned[i][k] })
}

// columns is how many columns of at least a width, in points, a page has for n
// panels, at most most.
func (f Form) columns(n, most int, least float64) int {
	return gridColumns(n, max(min(most, int(f.inner().Points()/least)), 1))
}
