package dataset

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/testbed/testbed/inference/model"
	"golang.org/x/image/draw"
)

// Tensor makes img the input of a model: the shorter side is resized to
// r.Size (a triangle filter as wide as the reduction, as PIL's BILINEAR), the
// centre is cut out, and each channel of RGB becomes (x/255 - Mean)/Std, laid
// out as [3, Size, Size]. An image that has the size already is taken as it is.
// Grey images and palettes are converted; images are taken to be opaque. One
// that is more than maxAspect times as long as it is wide is an error.
//
// The result is in dst if it has room, else in a new slice.
func Tensor(img image.Image, r model.Recipe, dst []float32) ([]float32, error) {
	if err := check(r); err != nil {
		return nil, err
	}
	if b := img.Bounds(); b.Empty() || b.Dx() > maxAspect*b.Dy() || b.Dy() > maxAspect*b.Dx() {
		return nil, fmt.Errorf("image of %d x %d pixels: want sides of 1:%d to %d:1", b.Dx(), b.Dy(), maxAspect, maxAspect)
	}
	img = fitted(img, r.Size)
	n := r.Size * r.Size
	if cap(dst) < 3*n {
		dst = make([]float32, 3*n)
	}
	dst = dst[:3*n]
	tables := lookup(r)
	switch img := img.(type) {
	case *image.RGBA:
		fill(dst, img.Pix, img.Stride, r.Size, &tables)
	case *image.NRGBA:
		fill(dst, img.Pix, img.Stride, r.Size, &tables)
	default:
		fillSlow(dst, img, r.Size, &tables)
	}
	return dst, nil
}

// maxAspect bounds the work that resizing a long strip would take.
const maxAspect = 32

func check(r model.Recipe) error {
	if r.Size <= 0 {
		return fmt.Errorf("recipe: size %d: want a positive number of pixels", r.Size)
	}
	for _, s := range r.Std {
		if !(s > 0) {
			return fmt.Errorf("recipe: std %v: want positive numbers", r.Std)
		}
	}
	return nil
}

// fitted returns img resized and cropped to size by size, or img itself if it
// is that.
func fitted(img image.Image, size int) image.Image {
	b := img.Bounds()
	if b.Dx() == size && b.Dy() == size {
		return img
	}
	// The longer side is truncated and the crop's corner rounded, as
	// torchvision does.
	w, h := size, size
	if b.Dx() > b.Dy() {
		w = max(int(int64(size)*int64(b.Dx())/int64(b.Dy())), size)
	} else {
		h = max(int(int64(size)*int64(b.Dy())/int64(b.Dx())), size)
	}
	x := int(math.RoundToEven(float64(w-size) / 2))
	y := int(math.RoundToEven(float64(h-size) / 2))
	// Only the part that the crop keeps is computed: out is a window on the
	// resized image.
	out := image.NewRGBA(image.Rect(0, 0, size, size))
	draw.BiLinear.Scale(out, image.Rect(-x, -y, w-x, h-y), img, b, draw.Src, nil)
	return out
}

// A table maps the byte of a pixel to a number of the tensor.
type table [256]float32

func lookup(r model.Recipe) (t [3]table) {
	for ch := range t {
		for x := range t[ch] {
			t[ch][x] = (float32(x)/255 - r.Mean[ch]) / r.Std[ch]
		}
	}
	return t
}

// fill reads pixels of four bytes, red first; the first is the top left one of
// the image, also of one that is a part of another.
func fill(dst []float32, pix []byte, stride, size int, t *[3]table) {
	n := size * size
	red, green, blue := dst[:n], dst[n:2*n], dst[2*n:]
	for y := range size {
		row := pix[y*stride : y*stride+4*size]
		for x := range size {
			i := y*size + x
			red[i] = t[0][row[4*x]]
			green[i] = t[1][row[4*x+1]]
			blue[i] = t[2][row[4*x+2]]
		}
	}
}

func fillSlow(dst []float32, img image.Image, size int, t *[3]table) {
	n, b := size*size, img.Bounds()
	for y := range size {
		for x := range size {
			c := color.NRGBAModel.Convert(img.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA)
			i := y*size + x
			dst[i], dst[n+i], dst[2*n+i] = t[0][c.R], t[1][c.G], t[2][c.B]
		}
	}
}
