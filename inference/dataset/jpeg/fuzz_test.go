package jpeg_test

import (
	"bytes"
	"image"
	"testing"

	standard "image/jpeg"

	"github.com/testbed/testbed/inference/dataset/jpeg"
)

// FuzzDecode: no file makes the decoder panic; a region is the same part of the
// whole; and what decodes here has the size that the standard library reads.
func FuzzDecode(f *testing.F) {
	for _, file := range kinds(f) {
		f.Add(file, uint8(3), uint8(5))
	}
	f.Fuzz(func(t *testing.T, file []byte, x, y uint8) {
		header, err := jpeg.Open(file)
		if err != nil || header.Width > 4096 || header.Height > 4096 {
			return
		}
		whole, err := decode(file, everything)
		if err != nil {
			return
		}
		c, err := standard.DecodeConfig(bytes.NewReader(file))
		if err != nil {
			t.Skip("the standard library has more against it")
		}
		if size := whole.Rect.Size(); size.X != c.Width || size.Y != c.Height {
			t.Fatalf("%v, the standard library has %d x %d", size, c.Width, c.Height)
		}
		at := image.Pt(int(x)%header.Width, int(y)%header.Height)
		r := image.Rectangle{Min: at, Max: at.Add(image.Pt(9, 17))}.Intersect(whole.Rect)
		part, err := decode(file, r)
		if err != nil {
			t.Fatalf("region %v: %v, the whole is no error", r, err)
		}
		if d := distance(part, whole); d > 0 {
			t.Fatalf("region %v is off by %d", r, d)
		}
	})
}
