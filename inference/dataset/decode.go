package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"

	"github.com/testbed/testbed/inference/dataset/jpeg"
)

// MaxPixels is the most pixels of an image that Decode accepts.
const MaxPixels = 64 << 20

// Decode reads a PNG or JPEG file, whichever it is by its first bytes. It looks
// at the dimensions before it allocates anything for them: an image of more than
// MaxPixels, or of more than a file of that length can hold, is an error, and so
// is a file cut short.
//
// A JPEG file (baseline or progressive; grey, RGB, YCbCr, CMYK or YCCK) gives the
// pixels that Pillow's convert("RGB") has, turned upright as EXIF says, which
// Pillow leaves to its caller.
func Decode(file []byte) (image.Image, error) {
	switch {
	case isJPEG(file):
		f, err := openJPEG(file)
		if err != nil {
			return nil, err
		}
		s := scratches.Get().(*scratch)
		defer s.free()
		return upright(f, &s.jpeg)
	case isPNG(file):
		return decodePNG(file)
	}
	return nil, fmt.Errorf("image: want PNG or JPEG, the file begins with %x", file[:min(len(file), 8)])
}

func openJPEG(file []byte) (*jpeg.File, error) {
	f, err := jpeg.Open(file)
	if err != nil {
		return nil, fmt.Errorf("image: jpeg: %w", err)
	}
	return f, checkSize("jpeg", f.Width, f.Height)
}

func checkSize(format string, width, height int) error {
	if width <= 0 || height <= 0 || width > MaxPixels/height {
		return fmt.Errorf("image: %s of %d x %d: want 1 to %d pixels", format, width, height, MaxPixels)
	}
	return nil
}

func decodePNG(file []byte) (image.Image, error) {
	c, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("image: png: %w", err)
	}
	if err := checkSize("png", c.Width, c.Height); err != nil {
		return nil, err
	}
	// A pixel takes a bit or more, and deflate makes at most 1032 bytes of one.
	if c.Width*c.Height/8 > 1032*len(file) {
		return nil, fmt.Errorf("image: png of %d x %d in %d bytes: cut short", c.Width, c.Height, len(file))
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("image: png: %w", err)
	}
	return img, nil
}

// upright decodes the whole file and turns it.
func upright(f *jpeg.File, b *jpeg.Buffer) (*image.RGBA, error) {
	whole := image.Rect(0, 0, f.Width, f.Height)
	planes, err := f.Decode(whole, b)
	if err != nil {
		return nil, fmt.Errorf("image: jpeg: %w", err)
	}
	img, row := image.NewRGBA(whole), make([]uint32, f.Width)
	for y := range f.Height {
		planes.Row(y, 0, f.Width, row)
		for x, p := range row {
			binary.LittleEndian.PutUint32(img.Pix[y*img.Stride+4*x:], p)
		}
	}
	return turned(img, f.Orientation), nil
}

// turned returns the picture upright, given how EXIF says it is stored: its
// first row and column are the top and left (1), top and right (2), bottom and
// right (3), bottom and left (4), left and top (5), right and top (6), right and
// bottom (7), left and bottom (8).
func turned(img *image.RGBA, orientation int) *image.RGBA {
	if orientation == 1 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	size := image.Pt(w, h)
	if orientation >= 5 {
		size = image.Pt(h, w)
	}
	out := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			sx, sy := x, y
			if orientation >= 5 {
				sx, sy = y, x
			}
			switch orientation {
			case 2, 3, 7, 8: // mirrored along the stored rows
				sx = w - 1 - sx
			}
			switch orientation {
			case 3, 4, 6, 7: // and along the columns
				sy = h - 1 - sy
			}
			copy(out.Pix[out.PixOffset(x, y):][:4], img.Pix[img.PixOffset(sx, sy):][:4])
		}
	}
	return out
}
