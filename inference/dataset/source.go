package dataset

import (
	"encoding/binary"
	"image"
	"image/color"

	"github.com/testbed/testbed/inference/dataset/jpeg"
)

// A source gives the rows of a picture.
type source interface {
	// Row writes the pixels from x0 to x1 of row y to dst: red, green and blue from
	// the lowest byte up; the highest means nothing.
	Row(y, x0, x1 int, dst []uint32)
}

// pixels are bytes of red, green, blue and something else.
type pixels struct {
	pix    []byte
	stride int
}

func (s *pixels) Row(y, x0, x1 int, dst []uint32) {
	row := s.pix[y*s.stride+4*x0 : y*s.stride+4*x1]
	for x := range dst[:x1-x0] {
		dst[x] = binary.LittleEndian.Uint32(row[4*x:])
	}
}

// palette is an image of at most 256 colours, grey ones among them.
type palette struct {
	pix     []byte
	stride  int
	colours [256]uint32
}

func (s *palette) Row(y, x0, x1 int, dst []uint32) {
	for x, p := range s.pix[y*s.stride+x0 : y*s.stride+x1] {
		dst[x] = s.colours[p]
	}
}

// anyImage is an image of another kind.
type anyImage struct{ image.Image }

func (s anyImage) Row(y, x0, x1 int, dst []uint32) {
	b := s.Bounds()
	for x := x0; x < x1; x++ {
		dst[x-x0] = rgb(s.At(b.Min.X+x, b.Min.Y+y))
	}
}

// rgb leaves the opacity of a colour out, as Pillow does.
func rgb(c color.Color) uint32 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return uint32(n.R) | uint32(n.G)<<8 | uint32(n.B)<<16
}

// sourceOf is img as a source, which may be in s.
func sourceOf(img image.Image, s *scratch) source {
	b := img.Bounds()
	switch img := img.(type) {
	case *image.RGBA:
		s.pixels = pixels{img.Pix[img.PixOffset(b.Min.X, b.Min.Y):], img.Stride}
		return &s.pixels
	case *image.NRGBA:
		s.pixels = pixels{img.Pix[img.PixOffset(b.Min.X, b.Min.Y):], img.Stride}
		return &s.pixels
	case *image.Gray:
		p := &palette{pix: img.Pix[img.PixOffset(b.Min.X, b.Min.Y):], stride: img.Stride}
		for i := range p.colours {
			p.colours[i] = uint32(i) * 0x010101
		}
		return p
	case *image.Paletted:
		p := &palette{pix: img.Pix[img.PixOffset(b.Min.X, b.Min.Y):], stride: img.Stride}
		for i, c := range img.Palette[:min(len(img.Palette), 256)] {
			p.colours[i] = rgb(c)
		}
		return p
	case *image.YCbCr:
		if b.Min.X%4 == 0 && b.Min.Y%2 == 0 { // where samples begin
			return jpeg.FromYCbCr(img)
		}
	}
	return anyImage{img}
}
