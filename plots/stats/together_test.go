package stats

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMixture(t *testing.T) {
	// 10, 20 once each and 15, 15, 20, 40: of six times 10 is 1/6, 15 is 3/6,
	// 20 is 5/6, 40 all; the 25th percentile is the 2nd, the median the 3rd.
	got := Together([]Distribution{
		{N: 2, Mean: 15, Steps: []Point{{10, .5}, {20, 1}}},
		{},
		{N: 4, Mean: 22.5, Steps: []Point{{15, .25}, {15, .5}, {20, .75}, {40, 1}}},
	})
	want := Distribution{N: 6, Mean: 20, Box: [5]float64{10, 15, 15, 20, 40},
		Steps: []Point{{10, 1. / 6}, {15, 2. / 6}, {15, 3. / 6}, {20, 4. / 6}, {20, 5. / 6}, {40, 1}}}
	near := cmp.Comparer(func(a, b float64) bool { return a-b < 1e-12 && b-a < 1e-12 })
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Distribution{}, Together([]Distribution{{}, {}})); diff != "" {
		t.Errorf("of nothing:\n%s", diff)
	}
}

// TestMixtureIsThinned: of many steps the last of each of 200 groups is left.
func TestMixtureIsThinned(t *testing.T) {
	var parts []Distribution
	for k := range 30 {
		d := Distribution{N: 100}
		for i := range 100 {
			d.Steps = append(d.Steps, Point{float64(30*i + k), float64(i+1) / 100})
		}
		parts = append(parts, d)
	}
	got := Together(parts) // times 0 to 2999
	if len(got.Steps) != mostSteps || got.Steps[0] != (Point{14, 15. / 3000}) || got.Steps[mostSteps-1] != (Point{2999, 1}) {
		t.Errorf("%d steps from %v to %v", len(got.Steps), got.Steps[0], got.Steps[len(got.Steps)-1])
	}
	if got.Box[2] != 1499 {
		t.Errorf("the median is %v, want 1499: the 1500th of 0, 1, …", got.Box[2])
	}
}
