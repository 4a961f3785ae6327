package dataset

import (
	"image"
	"image/color"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// rgba returns p as a colour, clamped to what a pixel can hold.
func (p paint) rgba() color.RGBA {
	return color.RGBA{clamp8(255 * p.r), clamp8(255 * p.g), clamp8(255 * p.b), 255}
}

func clamp8(x float64) uint8 { return uint8(min(max(x+0.5, 0), 255)) }

// fillPolygon fills the polygon through pts, in pixels, antialiased.
func fillPolygon(img *image.RGBA, pts []point, p paint) {
	r := vector.NewRasterizer(SignsSize, SignsSize)
	r.MoveTo(float32(pts[0].x), float32(pts[0].y))
	for _, q := range pts[1:] {
		r.LineTo(float32(q.x), float32(q.y))
	}
	r.ClosePath()
	r.Draw(img, img.Bounds(), image.NewUniform(p.rgba()), image.Point{})
}

// goBold is the font of every sign: the Go Bold outlines, in units of the em.
var goBold = sync.OnceValue(func() *sfnt.Font {
	f, err := sfnt.Parse(gobold.TTF)
	if err != nil {
		panic("dataset: the built-in font does not parse: " + err.Error())
	}
	return f
})

// em is the scale at which outlines are read; capitals of Go Bold are 0.72 em.
const (
	em        = 1024
	capHeight = 0.72
)

// text writes s centred on the sign, capitals of the given height.
func (c canvas) text(s string, height float64, p paint) {
	f, buf := goBold(), &sfnt.Buffer{}
	k := height / (capHeight * em)
	var width fixed.Int26_6
	var glyphs []sfnt.GlyphIndex
	var advances []fixed.Int26_6
	for _, ch := range s {
		g, err := f.GlyphIndex(buf, ch)
		if err != nil {
			panic("dataset: " + err.Error())
		}
		adv, err := f.GlyphAdvance(buf, g, fixed.I(em), font.HintingNone)
		if err != nil {
			panic("dataset: " + err.Error())
		}
		glyphs, advances, width = append(glyphs, g), append(advances, adv), width+adv
	}
	r := vector.NewRasterizer(SignsSize, SignsSize)
	pen := -float64(width) / 64 / 2
	for i, g := range glyphs {
		segments, err := f.LoadGlyph(buf, g, fixed.I(em), nil)
		if err != nil {
			panic("dataset: " + err.Error())
		}
		at := func(q fixed.Point26_6) (x, y float32) {
			v := c.v.apply(point{(pen + float64(q.X)/64) * k, float64(q.Y)/64*k + height/2})
			return float32(v.x), float32(v.y)
		}
		outlineGlyph(r, segments, at)
		pen += float64(advances[i]) / 64
	}
	tinted := paint{p.r + c.tint.r, p.g + c.tint.g, p.b + c.tint.b}
	r.Draw(c.img, c.img.Bounds(), image.NewUniform(tinted.rgba()), image.Point{})
}

// outlineGlyph adds the contours of one glyph to r. A perspective of a
// quadratic curve is not quite a quadratic curve; at 32 pixels nobody can tell.
func outlineGlyph(r *vector.Rasterizer, segments sfnt.Segments, at func(fixed.Point26_6) (x, y float32)) {
	for j, s := range segments {
		x0, y0 := at(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if j > 0 {
				r.ClosePath()
			}
			r.MoveTo(x0, y0)
		case sfnt.SegmentOpLineTo:
			r.LineTo(x0, y0)
		case sfnt.SegmentOpQuadTo:
			x1, y1 := at(s.Args[1])
			r.QuadTo(x0, y0, x1, y1)
		case sfnt.SegmentOpCubeTo:
			x1, y1 := at(s.Args[1])
			x2, y2 := at(s.Args[2])
			r.CubeTo(x0, y0, x1, y1, x2, y2)
		}
	}
	r.ClosePath()
}
