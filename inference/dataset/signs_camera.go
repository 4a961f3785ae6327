package dataset

import (
	"image"
	"math"
	"math/rand/v2"
)

// clutter fills img with a background: a gradient between two colours, and
// shapes and bars in front of it.
func clutter(rng *rand.Rand, img *image.RGBA) {
	a, b := randomPaint(rng), randomPaint(rng)
	s, c := math.Sincos(2 * math.Pi * rng.Float64())
	for y := range SignsSize {
		for x := range SignsSize {
			t := 0.5 + (c*float64(x-SignsSize/2)+s*float64(y-SignsSize/2))/SignsSize
			img.SetRGBA(x, y, paint{a.r + t*(b.r-a.r), a.g + t*(b.g-a.g), a.b + t*(b.b-a.b)}.rgba())
		}
	}
	for range 2 + rng.IntN(5) {
		fillPolygon(img, randomBlob(rng, 3+8*rng.Float64()), randomPaint(rng))
	}
}

// occlude hides a part of most images behind a leaf, a pole or a sticker.
func occlude(rng *rand.Rand, img *image.RGBA) {
	if rng.Float64() > 0.55 {
		return
	}
	for range 1 + rng.IntN(2) {
		fillPolygon(img, randomBlob(rng, 2.5+4.5*rng.Float64()), randomPaint(rng))
	}
}

func randomPaint(rng *rand.Rand) paint {
	return paint{rng.Float64(), rng.Float64(), rng.Float64()}
}

// randomBlob is a polygon of 3 to 6 corners, at most r pixels from a centre
// anywhere in the image.
func randomBlob(rng *rand.Rand, r float64) []point {
	cx, cy := SignsSize*rng.Float64(), SignsSize*rng.Float64()
	n, phase := 3+rng.IntN(4), 2*math.Pi*rng.Float64()
	pts := make([]point, n)
	for i := range pts {
		s, c := math.Sincos(phase + 2*math.Pi*float64(i)/float64(n))
		d := r * (0.5 + 0.5*rng.Float64())
		pts[i] = point{cx + d*c, cy + d*s}
	}
	return pts
}

// expose is the camera: light and shade, blur, then noise, in that order, as
// a sensor meets them.
func expose(rng *rand.Rand, img *image.RGBA) {
	const n = SignsSize
	var px [3][n * n]float64
	gain := min(max(math.Exp(0.4*rng.NormFloat64()-0.3), 0.3), 1.3)
	haze := 0.3 * rng.Float64() * rng.Float64()
	gamma := math.Exp(0.2 * rng.NormFloat64())
	s, c := math.Sincos(2 * math.Pi * rng.Float64())
	shade := 0.5 * rng.Float64()
	for ch := range 3 {
		cast := gain * math.Exp(0.1*rng.NormFloat64())
		for i := range n * n {
			t := (c*float64(i%n-n/2) + s*float64(i/n-n/2)) / n
			v := math.Pow(float64(img.Pix[4*i+ch])/255, gamma) * cast * (1 + shade*t)
			px[ch][i] = haze*0.8 + (1-haze)*v
		}
	}
	sigma := 0.3 + 1.6*rng.Float64()*rng.Float64()
	dx, dy := 0.0, 0.0
	if rng.Float64() < 0.35 { // the camera moves
		dx, dy = 1.3*rng.NormFloat64(), 0.7*rng.NormFloat64()
	}
	noise := 0.015 + 0.1*rng.Float64()*rng.Float64()
	for ch := range 3 {
		px[ch] = smeared(blurred(px[ch], sigma), dx, dy)
		for i := range n * n {
			img.Pix[4*i+ch] = clamp8(255 * (px[ch][i] + noise*rng.NormFloat64()))
		}
	}
}

// blurred convolves with a Gaussian of the given standard deviation in pixels;
// 0 changes nothing. Edges repeat.
func blurred(in [SignsSize * SignsSize]float64, sigma float64) (out [SignsSize * SignsSize]float64) {
	if sigma == 0 {
		return in
	}
	const n, reach = SignsSize, 4
	var k [2*reach + 1]float64
	sum := 0.0
	for i := range k {
		k[i] = math.Exp(-float64((i-reach)*(i-reach)) / (2 * sigma * sigma))
		sum += k[i]
	}
	var mid [n * n]float64
	for y := range n {
		for x := range n {
			for i, w := range k {
				mid[y*n+x] += w / sum * in[y*n+min(max(x+i-reach, 0), n-1)]
			}
		}
	}
	for y := range n {
		for x := range n {
			for i, w := range k {
				out[y*n+x] += w / sum * mid[min(max(y+i-reach, 0), n-1)*n+x]
			}
		}
	}
	return out
}

// smeared averages five copies shifted along (dx, dy) pixels: motion blur.
func smeared(in [SignsSize * SignsSize]float64, dx, dy float64) (out [SignsSize * SignsSize]float64) {
	if dx == 0 && dy == 0 {
		return in
	}
	const n = SignsSize
	for y := range n {
		for x := range n {
			for k := -2; k <= 2; k++ {
				out[y*n+x] += bilinear(&in, float64(x)+dx*float64(k)/2, float64(y)+dy*float64(k)/2) / 5
			}
		}
	}
	return out
}

// bilinear reads in between pixels; edges repeat.
func bilinear(in *[SignsSize * SignsSize]float64, x, y float64) float64 {
	const n = SignsSize
	x, y = min(max(x, 0), n-1), min(max(y, 0), n-1)
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, n-1), min(y0+1, n-1)
	fx, fy := x-float64(x0), y-float64(y0)
	return (1-fy)*((1-fx)*in[y0*n+x0]+fx*in[y0*n+x1]) + fy*((1-fx)*in[y1*n+x0]+fx*in[y1*n+x1])
}
