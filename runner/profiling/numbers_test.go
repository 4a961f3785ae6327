package profiling

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/profile"
)

func TestQuantile(t *testing.T) {
	twenty := make([]time.Duration, 20)
	for i := range twenty {
		twenty[i] = time.Duration(20 - i)
	}
	for _, tt := range []struct {
		all  []time.Duration
		p    float64
		want time.Duration
	}{
		{nil, 0.5, 0},
		{[]time.Duration{7}, 0.95, 7},
		{[]time.Duration{3, 1, 2}, 0.5, 2}, // ⌈1.5⌉ = 2nd
		{twenty, 0.5, 10},                  // 10th of 20
		{twenty, 0.95, 19},
		{twenty, 0.951, 20},
	} {
		if got := quantile(tt.all, tt.p); got != tt.want {
			t.Errorf("quantile(%v, %v) = %v, want %v", tt.all, tt.p, got, tt.want)
		}
	}
	if twenty[0] != 20 {
		t.Error("quantile has sorted what it was given")
	}
}

func TestRounded(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{0: 0, 9999: 9999, 12345: 12350, 12_344_999: 12_340_000, 999_951: 1_000_000, 3 * time.Second: 3 * time.Second} {
		if got := rounded(d); got != want {
			t.Errorf("rounded(%d) = %d, want %d", d, got, want)
		}
	}
}

func TestMiddle(t *testing.T) {
	if got := middle([]time.Duration{9, 1, 5}); got != 5 {
		t.Errorf("of three: %v", got)
	}
	if got := middle([]time.Duration{9, 1, 5, 3}); got != 4 {
		t.Errorf("of four: %v, want (3 + 5)/2", got)
	}
	if got := middle(nil); got != 0 {
		t.Errorf("of none: %v", got)
	}
}

// TestSample: three visits have means of 2, 4 and 30; the middle one counts, and
// not that of all runs, 7.6. Of ten runs the 5th is the median and the 10th is
// above 95 of 100.
func TestSample(t *testing.T) {
	visits := []node.Measured{
		{Infer: []time.Duration{1, 2, 3}},
		{Infer: []time.Duration{30}},
		{Infer: []time.Duration{4, 4, 4, 4, 4, 4}},
	}
	want := profile.Sample{Mean: 4, P50: 4, P95: 30, Runs: 10}
	if diff := cmp.Diff(want, sample(visits)); diff != "" {
		t.Errorf("sample (-want +got):\n%s", diff)
	}
}

// TestRuns: all rounds together make at least as many as are asked for.
func TestRuns(t *testing.T) {
	for _, tt := range []struct{ runs, rounds, want int }{{30, 6, 5}, {31, 6, 6}, {1, 6, 1}} {
		if got := (Options{Runs: tt.runs, Rounds: tt.rounds}).runs(); got != tt.want {
			t.Errorf("%d runs in %d rounds: %d each, want %d", tt.runs, tt.rounds, got, tt.want)
		}
	}
}

// TestHeldOut: never what is measured, and never past it, where nothing but the
// last point could be said.
func TestHeldOut(t *testing.T) {
	for _, tt := range []struct{ loads, want []float64 }{
		{[]float64{0, 0.25, 0.5, 0.75, 1}, []float64{0.4, 0.6}},
		{[]float64{0, 0.4, 1}, []float64{0.44, 0.6}},
		{[]float64{0, 0.41, 0.58, 0.62, 1}, []float64{0.44, 0.68}}, // 60 and 64 are next to 58 and 62
		{[]float64{0, 0.5}, []float64{0.4}},
		{[]float64{0, 0.3}, nil},
	} {
		if diff := cmp.Diff(tt.want, (Options{Loads: tt.loads}).heldOut()); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.loads, diff)
		}
	}
}

func TestPass(t *testing.T) {
	for predicted, want := range map[time.Duration]bool{1150: true, 1151: false, 850: true, 849: false} {
		if p := (Prediction{Predicted: predicted, Measured: 1000}); p.Pass() != want || math.Abs(p.Error()-float64(predicted-1000)/1000) > 1e-9 {
			t.Errorf("%v against 1000 passes: %v (off by %v)", predicted, p.Pass(), p.Error())
		}
	}
}
