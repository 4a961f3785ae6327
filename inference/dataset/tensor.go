package dataset

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"

	"github.com/testbed/testbed/inference/dataset/jpeg"
	"github.com/testbed/testbed/inference/model"
)

// Tensor makes img the input of a model, as the recipe says: Crop, and then each
// channel of RGB becomes (x/Scale - Mean)/Std, laid out as [3, Size, Size].
//
// The result is in dst if it has room, else in a new slice.
func Tensor(img image.Image, r model.Recipe, dst []float32) ([]float32, error) {
	b := img.Bounds()
	p, err := planned(b.Dx(), b.Dy(), r)
	if err != nil {
		return nil, err
	}
	s := scratches.Get().(*scratch)
	defer s.free()
	return p.tensor(sourceOf(img, s), s, dst), nil
}

// Crop is what Tensor makes of img before it becomes numbers, 8 bits a channel
// and opaque, as Pillow and torchvision do it, to the bit: the shorter side is
// resized to Resize, the longer in proportion, rounded down, by a filter as wide
// as the reduction (Interpolation), and the middle of Size by Size cut out.
//
// Grey images and palettes are converted; opacity is left out. An image that is
// more than maxAspect times as long as it is wide is an error.
func Crop(img image.Image, r model.Recipe) (*image.RGBA, error) {
	b := img.Bounds()
	p, err := planned(b.Dx(), b.Dy(), r)
	if err != nil {
		return nil, err
	}
	s := scratches.Get().(*scratch)
	defer s.free()
	out := image.NewRGBA(image.Rect(0, 0, r.Size, r.Size))
	p.rows(sourceOf(img, s), s, func(y int, row []uint32) {
		for x, pixel := range row {
			binary.LittleEndian.PutUint32(out.Pix[y*out.Stride+4*x:], pixel|0xff000000)
		}
	})
	return out, nil
}

// Preprocess is Decode and then Tensor, of the file of an image. It is faster:
// only the part of a JPEG file that the crop needs becomes pixels. It is what a
// node does with a request.
func Preprocess(file []byte, r model.Recipe, dst []float32) ([]float32, error) {
	if isJPEG(file) {
		f, err := openJPEG(file)
		if err != nil {
			return nil, err
		}
		if f.Orientation == 1 {
			return preprocessJPEG(f, r, dst)
		}
	}
	img, err := Decode(file)
	if err != nil {
		return nil, err
	}
	return Tensor(img, r, dst)
}

func preprocessJPEG(f *jpeg.File, r model.Recipe, dst []float32) ([]float32, error) {
	p, err := planned(f.Width, f.Height, r)
	if err != nil {
		return nil, err
	}
	s := scratches.Get().(*scratch)
	defer s.free()
	img, err := f.Decode(p.needed(s), &s.jpeg)
	if err != nil {
		return nil, fmt.Errorf("image: jpeg: %w", err)
	}
	return p.tensor(img, s, dst), nil
}

// maxAspect bounds the work that resizing a long strip would take.
const maxAspect = 32

// A plan is how an image of width by height becomes a crop.
type plan struct {
	recipe        model.Recipe
	width, height int // of the image
	w, h          int // resized
	x, y          int // of the crop in that
}

func planned(width, height int, r model.Recipe) (plan, error) {
	if err := r.Check(); err != nil {
		return plan{}, fmt.Errorf("recipe: %w", err)
	}
	if width <= 0 || height <= 0 || width > maxAspect*height || height > maxAspect*width {
		return plan{}, fmt.Errorf("image of %d x %d pixels: want sides of 1:%d to %d:1", width, height, maxAspect, maxAspect)
	}
	short := r.Resize
	if short == 0 {
		short = r.Size
	}
	// torchvision truncates the longer side and rounds the corner, halves to even.
	p := plan{recipe: r, width: width, height: height, w: short, h: short}
	if width > height {
		p.w = int(int64(short) * int64(width) / int64(height))
	} else {
		p.h = int(int64(short) * int64(height) / int64(width))
	}
	p.x = int(math.RoundToEven(float64(p.w-r.Size) / 2))
	p.y = int(math.RoundToEven(float64(p.h-r.Size) / 2))
	return p, nil
}

// unchanged says that the crop is a part of the image itself.
func (p *plan) unchanged() bool { return p.w == p.width && p.h == p.height }

// needed is the part of the image that the crop is made of.
func (p *plan) needed(s *scratch) image.Rectangle {
	n := p.recipe.Size
	if p.unchanged() {
		return image.Rect(p.x, p.y, p.x+n, p.y+n)
	}
	p.weigh(s)
	x0, x1 := s.across.span()
	y0, y1 := s.down.span()
	return image.Rect(x0, y0, x1, y1)
}

func (p *plan) weigh(s *scratch) {
	n, filter := p.recipe.Size, p.recipe.Interpolation
	s.across.make(filtering{in: p.width, out: p.w, skip: p.x, count: n, filter: filter})
	s.down.make(filtering{in: p.height, out: p.h, skip: p.y, count: n, filter: filter})
}

// rows calls emit with each row of the crop, which the next overwrites.
func (p *plan) rows(src source, s *scratch, emit func(y int, row []uint32)) {
	n := p.recipe.Size
	if !p.unchanged() {
		p.weigh(s)
		s.resize(src, emit)
		return
	}
	s.out = grown(s.out, n)
	for y := range n {
		src.Row(p.y+y, p.x, p.x+n, s.out)
		emit(y, s.out)
	}
}

func (p *plan) tensor(src source, s *scratch, dst []float32) []float32 {
	n := p.recipe.Size
	dst = grown(dst, 3*n*n)
	if s.recipe != p.recipe {
		s.recipe, s.tables = p.recipe, lookup(p.recipe)
	}
	p.rows(src, s, func(y int, row []uint32) {
		at := dst[y*n:]
		fill(at[:n], at[n*n:][:n], at[2*n*n:][:n], row, &s.tables)
	})
	return dst
}

// A table maps the byte of a pixel to a number of the tensor.
type table [256]float32

func lookup(r model.Recipe) (t [3]table) {
	scale := r.Scale
	if scale == 0 {
		scale = 255
	}
	for ch := range t {
		for x := range t[ch] {
			t[ch][x] = (float32(x)/scale - r.Mean[ch]) / r.Std[ch]
		}
	}
	return t
}

func fill(red, green, blue []float32, row []uint32, t *[3]table) {
	n := len(row)
	red, green, blue = red[:n], green[:n], blue[:n]
	for x, p := range row {
		red[x] = t[0][p&0xff]
		green[x] = t[1][p>>8&0xff]
		blue[x] = t[2][p>>16&0xff]
	}
}
