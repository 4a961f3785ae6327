package plots

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// How a legend is laid out, in points.
const (
	legendRow  = 15 // height of a row
	legendMark = 20 // width of a mark with the gap after it
	legendGap  = 16 // between entries
)

// legendRows breaks the legend into rows that fit the page.
func (p page) legendRows() (rows [][]key) {
	room := p.form.inner() + vg.Points(legendGap) // nothing follows the last
	var used vg.Length
	for _, k := range p.keys() {
		w := keyWidth(k)
		if len(rows) == 0 || used+w > room {
			rows, used = append(rows, nil), 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], k)
		used += w
	}
	return rows
}

func keyWidth(k key) vg.Length {
	return vg.Points(legendMark+legendGap) + style(textSize, ink).Width(k.label)
}

// keys is the legend, each entry no wider than the page.
func (p page) keys() []key {
	out := slices.Clone(p.legend)
	for i := range out {
		out[i].label = shorten(style(textSize, ink), out[i].label, p.form.inner()-vg.Points(legendMark))
	}
	return out
}

// drawKeys draws one row of a legend from at to the right.
func (p page) drawKeys(c draw.Canvas, row []key, at vg.Point) {
	for _, k := range row {
		drawMark(c, k, vg.Point{X: at.X, Y: at.Y + vg.Points(textSize*0.36)})
		c.FillText(style(textSize, ink), vg.Point{X: at.X + vg.Points(legendMark), Y: at.Y}, k.label)
		at.X += keyWidth(k)
	}
}

// drawMark draws the mark of a key, its middle at the height of at.
func drawMark(c draw.Canvas, k key, at vg.Point) {
	middle := vg.Point{X: at.X + vg.Points(7), Y: at.Y}
	switch k.mark {
	case line:
		c.StrokeLine2(stroke(k.color, 2), at.X, at.Y, at.X+vg.Points(15), at.Y)
	case dashed:
		c.StrokeLine2(stroke(k.color, 2, dash...), at.X, at.Y, at.X+vg.Points(15), at.Y)
	case dotted:
		c.StrokeLine2(stroke(k.color, 2, dot...), at.X, at.Y, at.X+vg.Points(15), at.Y)
	case ring:
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: k.color, Radius: vg.Points(3), Shape: draw.RingGlyph{}}, middle)
	case circle, triangle, diamond:
		glyph(c, k.mark, k.color, middle, 3.2)
	default:
		rectangle(c, k.color, at.X+vg.Points(2), at.Y-vg.Points(4.5), at.X+vg.Points(13), at.Y+vg.Points(4.5))
	}
}

// dash is the dashes of the baseline's lines: an arm is known without colours.
var dash = []vg.Length{vg.Points(4), vg.Points(2)}

// dot is that of the arms after the sixth, whose colours are like those of
// others.
var dot = []vg.Length{vg.Points(1.4), vg.Points(1.6)}

// glyph draws a filled mark of a radius in points.
func glyph(c draw.Canvas, m mark, col color.Color, at vg.Point, radius float64) {
	r := vg.Points(radius)
	switch m {
	case triangle:
		c.FillPolygon(col, []vg.Point{{X: at.X - r, Y: at.Y - 0.8*r}, {X: at.X + r, Y: at.Y - 0.8*r}, {X: at.X, Y: at.Y + r}})
	case diamond:
		c.FillPolygon(col, []vg.Point{{X: at.X - r, Y: at.Y}, {X: at.X, Y: at.Y - r}, {X: at.X + r, Y: at.Y}, {X: at.X, Y: at.Y + r}})
	default:
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: col, Radius: r, Shape: draw.CircleGlyph{}}, at)
	}
}

// rectangle fills a rectangle.
func rectangle(c draw.Canvas, col color.Color, x0, y0, x1, y1 vg.Length) {
	c.FillPolygon(col, []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
}
