package oip

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRanked: of equal logits the first comes first, and what is no number
// last, whether one or all are asked for.
func TestRanked(t *testing.T) {
	nan := float32(math.NaN())
	for _, tt := range []struct {
		row  []float32
		want []int
	}{
		{[]float32{3}, []int{0}},
		{[]float32{1, 3, 2}, []int{1, 2, 0}},
		{[]float32{2, 3, 3, 2}, []int{1, 2, 0, 3}},
		{[]float32{nan, -1, nan, 5}, []int{3, 1, 0, 2}},
		{[]float32{nan, nan}, []int{0, 1}},
	} {
		if diff := cmp.Diff(tt.want, ranked(tt.row)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.row, diff)
		}
		if got := best(tt.row); got != tt.want[0] {
			t.Errorf("%v: best %d; want %d", tt.row, got, tt.want[0])
		}
	}
}

// TestLabels: a class that has no name is told by its number.
func TestLabels(t *testing.T) {
	logits := []float32{0, 9, 1, 0, 1, 9} // classes 1 and 2, two images of three
	m := Metadata{Labels: []string{"go", "stop"}}
	got, err := outputs(m, []Output{{Name: LabelOutput}, {Name: LogitsOutput, Classes: 2}}, logits, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []Tensor{
		BytesTensors(LabelOutput, []int64{2}, []byte("stop"), []byte("2")),
		BytesTensors(LogitsOutput, []int64{2, 2}, []byte("9:1:stop"), []byte("1:2"), []byte("9:2"), []byte("1:1:stop")),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, n := range []int{0, 4} {
		if _, err := outputs(m, nil, logits, n); err == nil {
			t.Errorf("6 logits of %d images: no error", n)
		}
	}
	if _, err := outputs(m, nil, nil, 1); err == nil {
		t.Error("no logits: no error")
	}
}
