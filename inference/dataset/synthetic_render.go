package dataset

import (
	"image"
	"math/rand/v2"
)

// An exposure is one component of a picture, on which brightness adds up. All is in
// whole numbers, so that all machines draw the same.
type exposure struct {
	w, h int
	v    []int32 // 16 times the sample
}

// renderPhoto draws what has the statistics of a photograph: noise whose strength
// falls with its frequency, more of it in brightness than in colour, and things
// with hard edges in front.
func renderPhoto(rng *rand.Rand) *image.YCbCr {
	img := image.NewYCbCr(image.Rect(0, 0, SyntheticWidth, SyntheticHeight), image.YCbCrSubsampleRatio420)
	half := func(n int) int { return (n + 1) / 2 }
	luma := newExposure(SyntheticWidth, SyntheticHeight)
	cb, cr := newExposure(half(luma.w), half(luma.h)), newExposure(half(luma.w), half(luma.h))
	for shift := 7; shift >= 0; shift-- {
		luma.noise(rng, shift, 16*(12+1<<shift/2))
	}
	for shift := 6; shift >= 4; shift-- {
		cb.noise(rng, shift, 16*(1<<shift/3))
		cr.noise(rng, shift, 16*(1<<shift/3))
	}
	for range 4 + rng.IntN(8) {
		e := newEllipse(rng)
		luma.paint(e, 1, level(rng, 80))
		cb.paint(e, 2, level(rng, 40))
		cr.paint(e, 2, level(rng, 40))
	}
	luma.develop(img.Y, img.YStride)
	cb.develop(img.Cb, img.CStride)
	cr.develop(img.Cr, img.CStride)
	return img
}

func newExposure(w, h int) *exposure { return &exposure{w: w, h: h, v: make([]int32, w*h)} }

// level is a change of brightness, of at most most.
func level(rng *rand.Rand, most int32) int32 { return 16 * (rng.Int32N(2*most+1) - most) }

// noise adds random numbers of at most amplitude on a grid of cells of 1<<shift,
// and planes between them.
func (c *exposure) noise(rng *rand.Rand, shift int, amplitude int32) {
	cell := 1 << shift
	across := c.w>>shift + 2
	upper, lower, row := make([]int32, across), make([]int32, across), make([]int32, across)
	draw := func(to []int32) {
		for i := range to {
			to[i] = rng.Int32N(2*amplitude+1) - amplitude
		}
	}
	draw(lower)
	for y := range c.h {
		down := y & (cell - 1)
		if down == 0 {
			upper, lower = lower, upper
			draw(lower)
		}
		for i := range row {
			row[i] = upper[i] + (lower[i]-upper[i])*int32(down)>>shift
		}
		out := c.v[y*c.w : (y+1)*c.w]
		for x := range out {
			i := x >> shift
			out[x] += row[i] + (row[i+1]-row[i])*int32(x&(cell-1))>>shift
		}
	}
}

// An ellipse stands in front, in pixels of brightness.
type ellipse struct{ x, y, rx, ry int }

func newEllipse(rng *rand.Rand) ellipse {
	return ellipse{x: rng.IntN(SyntheticWidth), y: rng.IntN(SyntheticHeight), rx: 10 + rng.IntN(110), ry: 10 + rng.IntN(110)}
}

// paint adds level within e, where a sample is scale pixels wide and high.
func (c *exposure) paint(e ellipse, scale int, level int32) {
	for y := max((e.y-e.ry)/scale, 0); y < min((e.y+e.ry)/scale, c.h); y++ {
		for x := max((e.x-e.rx)/scale, 0); x < min((e.x+e.rx)/scale, c.w); x++ {
			dx, dy := (scale*x-e.x)*e.ry, (scale*y-e.y)*e.rx
			if dx*dx+dy*dy < e.rx*e.rx*e.ry*e.ry {
				c.v[y*c.w+x] += level
			}
		}
	}
}

// develop writes the samples, around the middle of the range.
func (c *exposure) develop(to []byte, stride int) {
	for y := range c.h {
		row := to[y*stride:]
		for x, v := range c.v[y*c.w : (y+1)*c.w] {
			row[x] = byte(min(max(128+v>>4, 0), 255))
		}
	}
}
