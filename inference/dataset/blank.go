package dataset

import (
	"fmt"

	"github.com/testbed/testbed/emulator/unit"
)

// Blank is a dataset of images of which nothing is known but how large their
// files are, for simulations: each file is zeros, which nothing can decode, and
// labels say nothing.
type Blank struct {
	n       int
	image   []byte // of all
	classes []string
}

// NewBlank returns n images, of files of size bytes, in labels classes. All
// must be positive.
func NewBlank(n int, size unit.Bytes, labels int) *Blank {
	if n <= 0 || size <= 0 || labels <= 0 {
		panic(fmt.Sprintf("dataset: NewBlank(%d, %d, %d)", n, size, labels))
	}
	b := &Blank{n: n, image: make([]byte, size)}
	for i := range labels {
		b.classes = append(b.classes, fmt.Sprintf("class %d", i))
	}
	return b
}

// Name returns "blank".
func (b *Blank) Name() string { return "blank" }

// Len returns the number of images.
func (b *Blank) Len() int { return b.n }

// Classes returns "class 0" and so on.
func (b *Blank) Classes() []string { return b.classes }

// Labelled returns false.
func (b *Blank) Labelled() bool { return false }

// Sample returns image i, 0 ≤ i < Len. Its label is i modulo the number of
// classes. All share the bytes of their Image, which is not to be changed.
func (b *Blank) Sample(i int) (Sample, error) {
	if i < 0 || i >= b.n {
		return Sample{}, fmt.Errorf("blank: no image %d: want 0 to %d", i, b.n-1)
	}
	return Sample{ID: fmt.Sprintf("blank/%06d", i), Label: i % len(b.classes), Image: b.image}, nil
}
