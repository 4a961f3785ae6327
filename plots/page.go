package plots

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A page is a figure before it is drawn: a title, a line below it, a legend,
// and a body that is drawn into what is left. Lengths are those at which it is
// drawn, before Form.scale.
type page struct {
	form                  Form
	name, title, subtitle string
	caption               string
	legend                []key
	height                vg.Length // of the body
	body                  func(draw.Canvas)
}

// A key is an entry of a legend.
type key struct {
	label string
	mark  mark
	color color.Color
}

// A mark is how a key shows its colour.
type mark int

const (
	fill mark = iota
	line
	dashed
	dotted
	circle
	triangle
	diamond
	ring
)

const margin = 10 // points around a page

// inner is the width between the margins of a page of that form.
func (f Form) inner() vg.Length { return f.width() - vg.Points(2*margin) }

// headings are the lines of the title and of what stands below it.
func (p page) headings() (title, below []string) {
	if p.form.Bare {
		return nil, nil
	}
	room := p.form.inner()
	return wrap(bold(titleSize, ink), p.title, room), wrap(style(textSize, quiet), p.subtitle, room)
}

// The distances between the lines of a heading, in points.
const (
	titleRow = titleSize + 2.5
	textRow  = textSize + 2.5
)

// headHeight is what the title, the line below it and the legend take.
func (p page) headHeight() vg.Length {
	title, below := p.headings()
	rows := len(p.legendRows())
	h := margin + titleRow*float64(len(title)) + textRow*float64(len(below)) + legendRow*float64(rows)
	if len(title) > 0 {
		h += 6
	}
	if rows > 0 {
		h += 10
	}
	return vg.Points(h)
}

// size is the width and height of the page as it is drawn.
func (p page) size() (w, h vg.Length) { return p.form.width(), p.height + p.headHeight() }

// draw draws the page on a canvas of its size.
func (p page) draw(c draw.Canvas) {
	c.SetColor(paper)
	c.Fill(c.Rectangle.Path())
	x, y := c.Min.X+vg.Points(margin), c.Max.Y-vg.Points(margin)
	title, below := p.headings()
	for _, text := range title {
		y -= vg.Points(titleRow)
		c.FillText(bold(titleSize, ink), vg.Point{X: x, Y: y + vg.Points(titleRow-titleSize)}, text)
	}
	for _, text := range below {
		y -= vg.Points(textRow)
		c.FillText(style(textSize, quiet), vg.Point{X: x, Y: y}, text)
	}
	if len(title) > 0 {
		y -= vg.Points(6)
	}
	for _, row := range p.legendRows() {
		y -= vg.Points(legendRow)
		p.drawKeys(c, row, vg.Point{X: x, Y: y})
	}
	p.body(draw.Crop(c, vg.Points(margin), -vg.Points(margin), vg.Points(margin), -p.headHeight()))
}
