package dataset_test

import (
	"testing"

	"github.com/testbed/testbed/inference/dataset"
)

func TestBlank(t *testing.T) {
	d, err := dataset.Open(dataset.Spec{Name: "blank", Images: 25, Size: 3073, Labels: 10})
	if err != nil {
		t.Fatal(err)
	}
	if d.Name() != "blank" || d.Len() != 25 || len(d.Classes()) != 10 || d.Classes()[9] != "class 9" || d.Labelled() {
		t.Errorf("%s: %d images of %d classes", d.Name(), d.Len(), len(d.Classes()))
	}
	s, err := d.Sample(24)
	if err != nil || s.ID != "blank/000024" || s.Label != 4 || len(s.Image) != 3073 {
		t.Errorf("image 24: %s of class %d, %d bytes, %v", s.ID, s.Label, len(s.Image), err)
	}
	for _, i := range []int{-1, 25} {
		if _, err := d.Sample(i); err == nil {
			t.Errorf("there is an image %d of 25", i)
		}
	}
}
