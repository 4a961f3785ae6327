package dataset

import (
	"image"
	"math"
	"math/rand/v2"
)

// An outline is the border of a sign of radius 1.
type outline []point

var (
	circle       = regular(32, 0)
	octagon      = regular(8, math.Pi/8)
	diamond      = regular(4, 0)
	square       = outline{{-0.82, -0.82}, {0.82, -0.82}, {0.82, 0.82}, {-0.82, 0.82}}
	triangle     = outline{{0, -0.98}, {1.0, 0.72}, {-1.0, 0.72}}
	triangleDown = outline{{0, 0.98}, {-1.0, -0.72}, {1.0, -0.72}}
)

func regular(n int, phase float64) outline {
	o := make(outline, n)
	for i := range o {
		s, c := math.Sincos(phase + 2*math.Pi*float64(i)/float64(n))
		o[i] = point{c, s}
	}
	return o
}

// shrunk returns o pulled towards the origin by factor k.
func (o outline) shrunk(k float64) outline {
	out := make(outline, len(o))
	for i, p := range o {
		out[i] = point{p.x * k, p.y * k}
	}
	return out
}

// A view maps the frame of a sign to pixels: a rotation, two scales, a shear
// and a perspective division, then a shift.
type view struct {
	a, b, c, d float64 // linear part, pixels
	px, py     float64 // perspective
	x, y       float64 // centre, pixels
}

func randomView(rng *rand.Rand) view {
	r := SignsSize / 2 * (0.41 + 0.48*rng.Float64())
	s, c := math.Sincos(0.28 * rng.NormFloat64())
	sx, sy := r*(0.8+0.3*rng.Float64()), r*(0.8+0.3*rng.Float64())
	shear := 0.15 * rng.NormFloat64()
	return view{
		a: sx * c, b: sx*shear - sy*s, c: sx * s, d: sy*c + sx*shear*s,
		px: 0.17 * rng.NormFloat64(), py: 0.17 * rng.NormFloat64(),
		x: SignsSize/2 + 2*rng.NormFloat64(), y: SignsSize/2 + 2*rng.NormFloat64(),
	}
}

func (v view) apply(p point) point {
	w := 1 + v.px*p.x + v.py*p.y
	w = math.Max(w, 0.4)
	return point{(v.a*p.x+v.b*p.y)/w + v.x, (v.c*p.x+v.d*p.y)/w + v.y}
}

// renderSign draws one image of s: clutter, the sign seen from somewhere,
// what hides part of it, the light, and what the camera adds.
func renderSign(rng *rand.Rand, s sign) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, SignsSize, SignsSize))
	clutter(rng, img)
	c := canvas{img: img, v: randomView(rng), tint: randomTint(rng)}
	c.fill(s.shape, s.rim)
	c.fill(s.shape.shrunk(0.80), s.face)
	// Symbols of signs with corners get less room.
	scale := 0.9
	if len(s.shape) == 3 {
		scale = 0.78
	}
	for _, m := range s.symbol {
		c.mark(m, s.symbolPaint, scale)
	}
	occlude(rng, img)
	expose(rng, img)
	return img
}

// A canvas draws in the frame of a sign, seen by v, every colour shifted by tint.
type canvas struct {
	img  *image.RGBA
	v    view
	tint paint
}

func randomTint(rng *rand.Rand) paint {
	f := func() float64 { return 0.05 * rng.NormFloat64() }
	return paint{f(), f(), f()}
}

func (c canvas) fill(o []point, p paint) {
	pts := make([]point, len(o))
	for i, q := range o {
		pts[i] = c.v.apply(q)
	}
	fillPolygon(c.img, pts, paint{p.r + c.tint.r, p.g + c.tint.g, p.b + c.tint.b})
}

func (c canvas) mark(m mark, p paint, scale float64) {
	if m.fill != nil {
		p = *m.fill
	}
	at := func(q point) point { return point{q.x * scale, q.y * scale} }
	switch {
	case m.text != "":
		c.text(m.text, m.size*scale, p)
	case m.disc > 0:
		o := make([]point, len(circle))
		for i, q := range circle {
			o[i] = at(point{m.at.x + m.disc*q.x, m.at.y + m.disc*q.y})
		}
		c.fill(o, p)
	case m.closed:
		o := make([]point, len(m.line))
		for i, q := range m.line {
			o[i] = at(q)
		}
		c.fill(o, p)
	default:
		for i := 1; i < len(m.line); i++ {
			a, b := at(m.line[i-1]), at(m.line[i])
			n := math.Hypot(b.x-a.x, b.y-a.y)
			ux, uy := (b.x-a.x)/n*m.width/2*scale, (b.y-a.y)/n*m.width/2*scale
			// Ends reach half a width further, so that corners close.
			c.fill([]point{{a.x - ux - uy, a.y - uy + ux}, {a.x - ux + uy, a.y - uy - ux}, {b.x + ux + uy, b.y + uy - ux}, {b.x + ux - uy, b.y + uy + ux}}, p)
		}
	}
}
