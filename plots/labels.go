package plots

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// labels writes names beside marks where they lie on nothing; a name for which
// there is no such place is left out.
type labels struct {
	area
	filled []vg.Rectangle
}

// taken keeps names so many points off a straight line, or a mark.
func (l *labels) taken(from, to vg.Point, off float64) {
	r := vg.Points(off)
	l.filled = append(l.filled, vg.Rectangle{Min: vg.Point{X: min(from.X, to.X) - r, Y: min(from.Y, to.Y) - r},
		Max: vg.Point{X: max(from.X, to.X) + r, Y: max(from.Y, to.Y) + r}})
}

// put writes a name beside a mark: to the right, the left, above or below.
func (l *labels) put(name string, at vg.Point) {
	sty := style(tickSize, ink)
	sty.YAlign = draw.YCenter
	w, h, gap := sty.Width(name), vg.Points(tickSize), vg.Points(5)
	for _, at := range []vg.Point{{X: at.X + gap, Y: at.Y - h/2}, {X: at.X - gap - w, Y: at.Y - h/2},
		{X: at.X - w/2, Y: at.Y + gap}, {X: at.X - w/2, Y: at.Y - gap - h},
		{X: at.X - gap, Y: at.Y + gap}, {X: at.X - gap, Y: at.Y - gap - h},
		{X: at.X + gap - w, Y: at.Y + gap}, {X: at.X + gap - w, Y: at.Y - gap - h}} {
		box := vg.Rectangle{Min: at, Max: vg.Point{X: at.X + w, Y: at.Y + h}}
		if !l.free(box) {
			continue
		}
		l.filled = append(l.filled, box)
		l.FillText(sty, vg.Point{X: at.X, Y: at.Y + h/2 + vg.Points(rise)}, name)
		return
	}
}

// free says that nothing is in a box, and that it is within the plot.
func (l *labels) free(box vg.Rectangle) bool {
	if box.Min.X < l.Min.X || box.Max.X > l.Max.X || box.Min.Y < l.Min.Y || box.Max.Y > l.Max.Y {
		return false
	}
	for _, f := range l.filled {
		if box.Min.X < f.Max.X && f.Min.X < box.Max.X && box.Min.Y < f.Max.Y && f.Min.Y < box.Max.Y {
			return false
		}
	}
	return true
}
