package dataset

import (
	"math"

	"github.com/testbed/testbed/inference/model"
)

// precision is the bits of fraction of a weight: what is left of 32 beside the
// 8 of a pixel and 2 for sums beyond it (Pillow, Resample.c).
const precision = 32 - 8 - 2

// weights are how one side of an image is resized: pixel i of the result is the
// sum of taps pixels from first[i], each times its weight. The last weights of
// some are 0, since loops that are all of one length are faster; the pixels there
// may be behind the last.
type weights struct {
	first []int
	w     []int64
	taps  int
	end   int // of the pixels whose weights are not 0

	made   filtering // what these are
	floats []float64
}

// filtering says which pixels of a side are wanted: from skip on, count of the
// out that in become.
type filtering struct {
	in, out, skip, count int
	filter               model.Interpolation
}

// make works the weights out, as Pillow's precompute_coeffs and
// normalize_coeffs_8bpc do, to the bit. It does nothing where they are those of
// the last time. The conversions to float64 keep machines that would from fusing
// a product with a sum, which rounds otherwise.
func (w *weights) make(f filtering) {
	if w.made == f {
		return
	}
	kernel, support := hat, 1.0
	if f.filter == model.Bicubic {
		kernel, support = cubic, 2.0
	}
	scale := float64(f.in) / float64(f.out)
	wide := max(scale, 1)
	support *= wide
	w.first = grown(w.first, f.count)
	w.taps, w.end = 0, 0
	reach := func(i int) (centre float64, from, to int) {
		centre = float64((float64(f.skip+i) + 0.5) * scale)
		return centre, max(int(centre-support+0.5), 0), min(int(centre+support+0.5), f.in)
	}
	for i := range f.count {
		_, from, to := reach(i)
		w.taps, w.end = max(w.taps, to-from), max(w.end, to)
	}
	w.w = grown(w.w, f.count*w.taps)
	clear(w.w)
	w.floats = grown(w.floats, w.taps)
	for i := range f.count {
		centre, from, to := reach(i)
		w.first[i] = from
		w.row(w.w[i*w.taps:], w.floats[:to-from], kernel, float64(from)-centre, 1/wide)
	}
	w.made = f
}

// row sets the weights of a pixel, the first of which is offset from its centre.
func (w *weights) row(to []int64, floats []float64, kernel func(float64) float64, offset, narrow float64) {
	sum := 0.0
	for k := range floats {
		floats[k] = kernel(float64((float64(k) + offset + 0.5) * narrow))
		sum += floats[k]
	}
	for k, x := range floats {
		if sum != 0 {
			x /= sum
		}
		x = float64(x * (1 << precision))
		to[k] = int64(x + math.Copysign(0.5, x))
	}
}

// span is the pixels of the source that the weights look at.
func (w *weights) span() (from, to int) { return w.first[0], w.end }

func (w *weights) of(i int) (first int, by []int64) {
	return w.first[i], w.w[i*w.taps:][:w.taps]
}

func hat(x float64) float64 { return max(1-math.Abs(x), 0) }

// cubic is Keys' kernel with a = -0.5.
func cubic(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return float64(float64(float64((a+2)*x)-(a+3))*x)*x + 1
	case x < 2:
		return float64(float64(float64(float64(float64(x-5)*x)+8)*x)-4) * a
	}
	return 0
}

func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
