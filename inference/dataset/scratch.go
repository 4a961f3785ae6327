package dataset

import (
	"sync"

	"github.com/testbed/testbed/inference/dataset/jpeg"
	"github.com/testbed/testbed/inference/model"
)

// A scratch is the memory of preprocessing one image, kept for the next.
type scratch struct {
	jpeg jpeg.Buffer

	across, down weights // of width and height
	wide         []wide  // a pair of rows of the source
	rows         [2][]uint32
	ring         []byte
	taken        [][]byte
	out          []uint32

	recipe model.Recipe // that of tables
	tables [3]table

	pixels pixels
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// maxKept is the most bytes of pixels that a scratch keeps: what a crop of a
// photograph of 12 million pixels takes.
const maxKept = 48 << 20

// free gives s back, unless a huge image has made it huge.
func (s *scratch) free() {
	s.pixels = pixels{}
	if s.jpeg.Len() <= maxKept {
		scratches.Put(s)
	}
}
