package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
)

// SignsSize is the width and height in pixels of every image of the signs.
const SignsSize = 32

// A Split is a part of a dataset. No seed of one split occurs in another, so
// that a model trained on Train has never seen an image of Test.
type Split uint64

// The splits of the signs. The values are the upper halves of the seeds.
const (
	Train Split = 0x7472_6169_6e00_0001
	Test  Split = 0x7465_7374_0000_0002
)

// Signs is the built-in dataset: traffic-sign-like images, rendered when they
// are asked for. Sample i of a split is always the same image, on any machine
// of the same floating-point behaviour, and has label i mod 40, so that every
// prefix of a split is balanced.
type Signs struct {
	split Split
	n     int
}

// NewSigns returns the first n images of a split. n must be positive.
func NewSigns(split Split, n int) *Signs {
	if n <= 0 {
		panic(fmt.Sprintf("dataset: NewSigns(%d)", n))
	}
	return &Signs{split: split, n: n}
}

// Name returns "signs".
func (s *Signs) Name() string { return "signs" }

// Len returns the number of images.
func (s *Signs) Len() int { return s.n }

// Classes returns the names of the classes; the index is the label.
func (s *Signs) Classes() []string {
	names := make([]string, len(signs))
	for i, c := range signs {
		names[i] = c.name
	}
	return names
}

// Labelled returns true.
func (s *Signs) Labelled() bool { return true }

// Sample returns image i, 0 ≤ i < Len, as a PNG file.
func (s *Signs) Sample(i int) (Sample, error) {
	if i < 0 || i >= s.n {
		return Sample{}, fmt.Errorf("signs: no image %d: want 0 to %d", i, s.n-1)
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, s.Render(i)); err != nil {
		return Sample{}, fmt.Errorf("signs: image %d: %w", i, err)
	}
	return Sample{ID: fmt.Sprintf("signs/%06d", i), Label: i % len(signs), Image: buf.Bytes()}, nil
}

// Render draws image i. Alpha is 255 throughout.
func (s *Signs) Render(i int) *image.RGBA {
	rng := rand.New(rand.NewPCG(uint64(s.split), uint64(i)))
	return renderSign(rng, signs[i%len(signs)])
}
