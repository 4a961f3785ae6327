package dataset

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg" // Decode reads these two
	_ "image/png"
)

// MaxPixels is the most pixels of an image that Decode accepts.
const MaxPixels = 64 << 20

// Decode reads a PNG or JPEG file. It looks at the dimensions before it
// allocates anything for them: an image of more than MaxPixels is an error.
func Decode(file []byte) (image.Image, error) {
	c, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("image: %w: want PNG or JPEG", err)
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > MaxPixels/c.Height {
		return nil, fmt.Errorf("image: %s of %d x %d: want 1 to %d pixels", format, c.Width, c.Height, MaxPixels)
	}
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	return img, nil
}
