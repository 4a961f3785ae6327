package jpeg

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
)

// decodeStandard decodes the whole image with the standard library.
func (f *File) decodeStandard() (*Image, error) {
	img, err := jpeg.Decode(bytes.NewReader(f.data))
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %w", ErrShort, err)
	}
	if err != nil {
		return nil, err
	}
	if size := img.Bounds().Size(); size != image.Pt(f.Width, f.Height) {
		return nil, fmt.Errorf("%d x %d pixels: want %d x %d, as the header says", size.X, size.Y, f.Width, f.Height)
	}
	switch img := img.(type) {
	case *image.YCbCr:
		return FromYCbCr(img), nil
	case *image.Gray:
		return &Image{Width: f.Width, Height: f.Height, colour: grey, planes: []plane{
			{pix: img.Pix, stride: img.Stride, w: f.Width, h: f.Height, dx: 1, dy: 1},
		}}, nil
	case *image.RGBA:
		return interleaved(img.Pix, img.Stride, img.Rect, rgb), nil
	case *image.CMYK:
		for i, ink := range img.Pix { // the standard library has no ink as 0
			img.Pix[i] = 255 - ink
		}
		return interleaved(img.Pix, img.Stride, img.Rect, cmyk), nil
	}
	return nil, fmt.Errorf("decoded to %T: want YCbCr, grey, RGB or CMYK", img)
}

// FromYCbCr takes an image that was decoded otherwise. It uses img's memory.
func FromYCbCr(img *image.YCbCr) *Image {
	r := img.Rect
	dx, dy := 1, 1
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		dx = 2
	case image.YCbCrSubsampleRatio420:
		dx, dy = 2, 2
	case image.YCbCrSubsampleRatio440:
		dy = 2
	case image.YCbCrSubsampleRatio411:
		dx = 4
	case image.YCbCrSubsampleRatio410:
		dx, dy = 4, 2
	}
	chroma := func(pix []byte) plane {
		return plane{pix: pix[img.COffset(r.Min.X, r.Min.Y):], stride: img.CStride, w: ceil(r.Dx(), dx), h: ceil(r.Dy(), dy), dx: dx, dy: dy}
	}
	return &Image{Width: r.Dx(), Height: r.Dy(), colour: ycc, planes: []plane{
		{pix: img.Y[img.YOffset(r.Min.X, r.Min.Y):], stride: img.YStride, w: r.Dx(), h: r.Dy(), dx: 1, dy: 1},
		chroma(img.Cb), chroma(img.Cr),
	}}
}

// interleaved takes pixels of four bytes apart.
func interleaved(pix []byte, stride int, r image.Rectangle, c colour) *Image {
	img := &Image{Width: r.Dx(), Height: r.Dy(), colour: c, planes: make([]plane, 4)}
	if c == rgb {
		img.planes = img.planes[:3]
	}
	for i := range img.planes {
		p := &img.planes[i]
		*p = plane{pix: make([]byte, r.Dx()*r.Dy()), stride: r.Dx(), w: r.Dx(), h: r.Dy(), dx: 1, dy: 1}
		for y := range r.Dy() {
			row := pix[y*stride:]
			for x := range r.Dx() {
				p.pix[y*p.stride+x] = row[4*x+i]
			}
		}
	}
	return img
}
