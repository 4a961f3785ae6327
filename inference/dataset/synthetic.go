package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
)

// SyntheticWidth and SyntheticHeight are the pixels of each synthetic image:
// what most files of ImageNet have.
const (
	SyntheticWidth   = 500
	SyntheticHeight  = 375
	syntheticClasses = 1000
	syntheticQuality = 95 // which makes files of 110 kB, the mean of ImageNet
)

// Synthetic is the built-in dataset of pictures of nothing: JPEG files of the
// size and the detail of a photograph, as large as those of ImageNet are, for work on latency where no images can be
// had. Its labels, of 1000 classes, say nothing.
type Synthetic struct {
	seed uint64
	n    int
}

// NewSynthetic returns the first n images of a seed. n must be positive.
func NewSynthetic(seed uint64, n int) *Synthetic {
	if n <= 0 {
		panic(fmt.Sprintf("dataset: NewSynthetic(%d)", n))
	}
	return &Synthetic{seed: seed, n: n}
}

// Name returns "synthetic".
func (s *Synthetic) Name() string { return "synthetic" }

// Len returns the number of images.
func (s *Synthetic) Len() int { return s.n }

// Classes returns "class 0" to "class 999".
func (s *Synthetic) Classes() []string {
	names := make([]string, syntheticClasses)
	for i := range names {
		names[i] = fmt.Sprintf("class %d", i)
	}
	return names
}

// Labelled returns false.
func (s *Synthetic) Labelled() bool { return false }

// Sample returns image i, 0 ≤ i < Len, as a JPEG file. Its label is i mod 1000.
func (s *Synthetic) Sample(i int) (Sample, error) {
	if i < 0 || i >= s.n {
		return Sample{}, fmt.Errorf("synthetic: no image %d: want 0 to %d", i, s.n-1)
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, s.Render(i), &jpeg.Options{Quality: syntheticQuality}); err != nil {
		return Sample{}, fmt.Errorf("synthetic: image %d: %w", i, err)
	}
	return Sample{ID: fmt.Sprintf("synthetic/%06d", i), Label: i % syntheticClasses, Image: buf.Bytes()}, nil
}

// Render draws image i: the same samples on any machine. (The bytes of the file
// are those of the standard library's encoder, of the release that is in use.)
func (s *Synthetic) Render(i int) *image.YCbCr {
	return renderPhoto(rand.New(rand.NewPCG(s.seed, uint64(i))))
}
