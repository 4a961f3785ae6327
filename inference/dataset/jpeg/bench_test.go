package jpeg_test

import (
	"bytes"
	"image"
	standard "image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/testbed/testbed/inference/dataset/jpeg"
)

// BenchmarkDecode is this decoder beside that of the standard library, on the
// same photographs.
func BenchmarkDecode(b *testing.B) {
	names, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "shared", "data", "imagenet-sample", "n01*", "*"))
	if err != nil || len(names) == 0 {
		b.Skip("no photographs here")
	}
	var photos [][]byte
	for _, name := range names {
		photo, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		photos = append(photos, photo)
	}
	b.Run("ours", func(b *testing.B) {
		var buffer jpeg.Buffer
		for i := 0; b.Loop(); i++ {
			f, err := jpeg.Open(photos[i%len(photos)])
			if err != nil {
				b.Fatal(err)
			}
			if _, err := f.Decode(image.Rect(0, 0, f.Width, f.Height), &buffer); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("standard", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := standard.Decode(bytes.NewReader(photos[i%len(photos)])); err != nil {
				b.Fatal(err)
			}
		}
	})
}
