package runner

import (
	"errors"
	"testing"

	"github.com/testbed/testbed/inference/dataset"
)

// counted is a dataset of images of half of what is kept, and counts how often one
// is drawn.
type counted struct {
	dataset.Dataset
	times map[int]int
}

func (d counted) Sample(i int) (dataset.Sample, error) {
	if i < 0 {
		return dataset.Sample{}, errors.New("no such image")
	}
	d.times[i]++
	return dataset.Sample{Label: i, Image: make([]byte, keptBytes/2)}, nil
}

// TestImagesAreKept: two have room; the others are drawn each time.
func TestImagesAreKept(t *testing.T) {
	d := counted{times: map[int]int{}}
	kept := &images{Dataset: d}
	for range 3 {
		for i := range 4 {
			if s, err := kept.Sample(i); err != nil || s.Label != i {
				t.Errorf("image %d: %d, %v", i, s.Label, err)
			}
		}
	}
	if d.times[0] != 1 || d.times[1] != 1 || d.times[2] != 3 || d.times[3] != 3 {
		t.Errorf("drawn %v times", d.times)
	}
	if _, err := kept.Sample(-1); err == nil {
		t.Error("image -1 was drawn")
	}
}
