package plots

import (
	"image/color"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The colours of Okabe and Ito, with a grey.
var (
	black      = rgb(0x000000)
	orange     = rgb(0xE69F00)
	sky        = rgb(0x56B4E9)
	green      = rgb(0x009E73)
	yellow     = rgb(0xF0E442)
	blue       = rgb(0x0072B2)
	vermillion = rgb(0xD55E00)
	purple     = rgb(0xCC79A7)
	grey       = rgb(0x999999)
)

// What is drawn around the data.
var (
	ink   = rgb(0x222222)
	quiet = rgb(0x666666)
	faint = rgb(0xE4E4E4)
	band  = rgb(0xF3F3F3)
	paper = rgb(0xFFFFFF)
)

// A colour is one of this page.
type colour = color.NRGBA

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xFF}
}

// armColor is the colour of an arm, by its place: the baseline is vermillion.
// There are twelve.
func armColor(i int) color.NRGBA {
	return []color.NRGBA{vermillion, blue, green, purple, black, orange,
		sky, grey, dark(green), dark(vermillion), dark(purple), dark(yellow)}[i%12]
}

// modelColor is the colour of an option, by its place among those chosen. The
// colours of the first two arms come last; after nine come darker ones.
func modelColor(i int) color.NRGBA {
	c := []color.NRGBA{orange, sky, green, purple, yellow, black, grey, blue, vermillion}[i%9]
	switch {
	case i/9%2 == 0:
		return c
	case c == black:
		return rgb(0x555555)
	}
	return dark(c)
}

// dark is a shade of c that can be told from it.
func dark(c color.NRGBA) color.NRGBA {
	part := func(x uint8) uint8 { return uint8(uint16(x) * 11 / 20) }
	return color.NRGBA{part(c.R), part(c.G), part(c.B), c.A}
}

// phaseColor is the colour of a phase, by its place in stats.PhaseNames.
func phaseColor(i int) color.NRGBA {
	return []color.NRGBA{sky, grey, orange, yellow, purple, green, blue}[i%7]
}

// The sizes of text, in points at the size at which a figure is printed.
const (
	titleSize = 12
	textSize  = 9
	tickSize  = 8.5
)

// style is Liberation Sans, which has the widths of Arial and Helvetica.
func style(size float64, c color.Color) text.Style {
	return text.Style{
		Color: c, Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)},
		Handler: text.Plain{Fonts: font.DefaultCache}, XAlign: draw.XLeft, YAlign: draw.YBottom,
	}
}

// bold is style in bold.
func bold(size float64, c color.Color) text.Style {
	s := style(size, c)
	s.Font.Weight = xfont.WeightBold
	return s
}

// newPlot is an empty plot in the house style: light axes, a small title.
func newPlot(title string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	p.Title.Text = title
	p.Title.Padding = vg.Points(3)
	p.Title.TextStyle = bold(textSize, ink)
	p.Title.TextStyle.XAlign, p.Title.TextStyle.YAlign = draw.XCenter, draw.YTop
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		label, tick := style(textSize, ink), style(tickSize, ink)
		label.XAlign, label.YAlign, label.Rotation = a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign, a.Label.TextStyle.Rotation
		tick.XAlign, tick.YAlign = a.Tick.Label.XAlign, a.Tick.Label.YAlign
		a.Label.TextStyle, a.Tick.Label = label, tick
		a.Label.Padding = vg.Points(2)
		a.Padding = 0
		a.Color, a.Tick.Color = quiet, quiet
		a.Tick.Length = vg.Points(4)
	}
	return p
}

// stroke is a line style.
func stroke(c color.Color, width float64, dashes ...vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: vg.Points(width), Dashes: dashes}
}
