package plots

import (
	"bytes"
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// pageWidth is the width of every figure.
const pageWidth = 9 * vg.Inch

// pngDPI is dots per inch of a PNG: sharp on a screen of twice the usual
// density.
const pngDPI = 160

// A page is a figure before it has a size in pixels: a title, a line below it,
// a legend, and a body that is drawn into what is left.
type page struct {
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

// figure draws the page twice.
func (p page) figure() (f Figure, err error) {
	f = Figure{Name: p.name, Title: p.title, Caption: p.caption}
	defer func() {
		if r := recover(); r != nil { // the drawing library panics on what it cannot scale
			f.SVG, f.PNG, f.Note = nil, nil, fmt.Sprintf("not drawn: %v", r)
		}
	}()
	h := p.height + p.headHeight()
	svg := vgsvg.New(pageWidth, h)
	p.draw(draw.New(svg))
	var b bytes.Buffer
	if _, err := svg.WriteTo(&b); err != nil {
		return f, fmt.Errorf("draw %s as SVG: %w", p.name, err)
	}
	f.SVG = portable(b.Bytes(), p.title)

	img := vgimg.NewWith(vgimg.UseWH(pageWidth, h), vgimg.UseDPI(pngDPI))
	p.draw(draw.New(img))
	b = bytes.Buffer{}
	if _, err := (vgimg.PngCanvas{Canvas: img}).WriteTo(&b); err != nil {
		return f, fmt.Errorf("draw %s as PNG: %w", p.name, err)
	}
	f.PNG = b.Bytes()
	return f, nil
}

// portable lets an SVG be shown where the Liberation fonts are not: the fonts
// named beside them have the same widths. It scales with its place, and has a
// title for those who hear it.
func portable(svg []byte, title string) []byte {
	s := string(svg)
	s = strings.ReplaceAll(s, "font-family:Liberation Sans;", "font-family:'Liberation Sans',Arial,Helvetica,sans-serif;")
	if _, rest, ok := strings.Cut(s, "<svg "); ok { // the prologue has no place in a page of HTML
		s = "<svg " + rest
	}
	open := strings.Index(s, ">")
	return []byte(s[:open] + ` role="img">` + "\n<title>" + escape(title) + "</title>" + s[open+1:])
}

// escape makes text safe in SVG.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

const margin = 10 // points around a page

// headHeight is what the title, the line below it and the legend take.
func (p page) headHeight() vg.Length {
	return vg.Points(margin + titleSize + 5 + textSize + 6 + float64(len(p.legendRows()))*legendRow + 14)
}

// draw draws the page on a canvas of its size.
func (p page) draw(c draw.Canvas) {
	c.SetColor(paper)
	c.Fill(c.Rectangle.Path())
	x, y := c.Min.X+vg.Points(margin), c.Max.Y-vg.Points(margin+titleSize)
	c.FillText(bold(titleSize, ink), vg.Point{X: x, Y: y}, p.title)
	y -= vg.Points(5 + textSize)
	c.FillText(style(textSize, quiet), vg.Point{X: x, Y: y}, p.subtitle)
	y -= vg.Points(6)
	for _, row := range p.legendRows() {
		y -= vg.Points(legendRow)
		p.drawKeys(c, row, vg.Point{X: x, Y: y})
	}
	p.body(draw.Crop(c, vg.Points(margin), -vg.Points(margin), vg.Points(margin), -p.headHeight()))
}
