// Package jpeg decodes JPEG files to the very pixels that libjpeg-turbo gives,
// and so Pillow, on which the accuracies of classifiers are published.
//
// The standard library's decoder was tried first. It repeats the samples of
// subsampled colour where libjpeg-turbo draws a triangle through them, which
// moves pixels by up to 80 of 255; and it takes four times as long as this one
// for the part that a classifier looks at, longer than small classifiers take.
// This package decodes the usual files (baseline, one scan) itself, as far as a
// region needs them, and leaves the rest (progressive, several scans) to the
// standard library, whose samples it then treats in the same way.
package jpeg

import (
	"errors"
	"image"
)

// ErrShort is wrapped by the errors of files that end too early.
var ErrShort = errors.New("file is cut short")

// A File is a JPEG file of which the header has been read.
type File struct {
	Width, Height int // pixels, as stored: before Orientation
	// Orientation is what EXIF says: 1 to 8, how the stored pixels are turned; 1
	// (upright) where it says nothing.
	Orientation int

	data       []byte
	components []component
	scan       int // where the entropy-coded data begins
	interval   int // MCUs between restarts; 0: none
	standard   bool
	colour     colour
}

// A component is Y, Cb or another part of the colour.
type component struct {
	id       byte
	h, v     int // sampling factors, 1 to 4
	quant    *[64]int32
	dc, ac   *huffman
	tq       byte
	previous int32 // DC of the block before
}

// A colour is what the components mean.
type colour int

const (
	grey colour = iota
	ycc
	rgb
	cmyk // inverted: 255 is no ink, as Adobe writes it
	ycck
)

// Decode decodes at least the pixels of the region, a part of the image. It
// reads the whole file all the same: data cut short is an error wherever it is.
// Memory is that of the region, in b's, whose last image is no longer valid.
func (f *File) Decode(region image.Rectangle, b *Buffer) (*Image, error) {
	region = region.Intersect(image.Rect(0, 0, f.Width, f.Height))
	if f.standard {
		return f.decodeStandard()
	}
	img := f.planes(region, b)
	s := scanner{file: f, image: img, components: f.components, bits: bits{data: f.data, at: f.scan}}
	if err := s.run(); err != nil {
		return nil, err
	}
	return img, nil
}

// A Buffer keeps the memory of an image for the next. Its zero value is ready.
type Buffer struct {
	image  Image
	planes [4]plane
}

// Len is how many bytes of samples it keeps.
func (b *Buffer) Len() int {
	n := 0
	for i := range b.planes {
		n += cap(b.planes[i].pix)
	}
	return n
}

// An Image is the decoded part of a file. It is for one goroutine at a time.
type Image struct {
	Width, Height int // pixels of the whole

	colour colour
	planes []plane
	// Rows of the image: each plane's, at full width, and a sum of two rows.
	up  [4][]byte
	sum []uint16
}

// A plane is the samples of a component.
type plane struct {
	pix    []byte
	stride int
	x, y   int // of pix[0], samples
	w, h   int // samples of the whole image
	dx, dy int // pixels that a sample is wide and high: 1, 2, or 4 (or 3)
	hull   image.Rectangle
}

// planes makes room for the blocks that the region needs.
func (f *File) planes(region image.Rectangle, b *Buffer) *Image {
	maxH, maxV := f.sampling()
	img := &b.image
	img.Width, img.Height, img.colour, img.planes = f.Width, f.Height, f.colour, b.planes[:len(f.components)]
	for i, c := range f.components {
		p := &img.planes[i]
		p.dx, p.dy = maxH/c.h, maxV/c.v
		p.w, p.h = ceil(f.Width, p.dx), ceil(f.Height, p.dy)
		// One sample more on each side: what upsampling looks at.
		p.hull = image.Rect(
			max(region.Min.X/p.dx-1, 0)/8, max(region.Min.Y/p.dy-1, 0)/8,
			ceil(min(ceil(region.Max.X, p.dx)+1, p.w), 8), ceil(min(ceil(region.Max.Y, p.dy)+1, p.h), 8))
		p.x, p.y, p.stride = 8*p.hull.Min.X, 8*p.hull.Min.Y, 8*p.hull.Dx()
		p.pix = grown(p.pix, 64*p.hull.Dx()*p.hull.Dy())
	}
	return img
}

func (f *File) sampling() (maxH, maxV int) {
	for _, c := range f.components {
		maxH, maxV = max(maxH, c.h), max(maxV, c.v)
	}
	return maxH, maxV
}

func ceil(a, b int) int { return (a + b - 1) / b }

func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
