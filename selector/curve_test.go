package selector

import (
	"math"
	"testing"
	"time"
)

func TestCurve(t *testing.T) {
	c := Curve{{0.2, 1.1}, {0.5, 1.4}, {1, 2.4}}
	for _, tt := range []struct {
		name    string
		c       Curve
		u, want float64
	}{
		{"before the first point it is as there", c, 0, 1.1},
		{"at a point", c, 0.5, 1.4},
		{"between two points, half of the way in speed: 2/(1/1.1 + 1/1.4)", c, 0.35, 2 / (1/1.1 + 1/1.4)},
		{"between the last two, a fifth of the way", c, 0.6, 1 / (0.8/1.4 + 0.2/2.4)},
		{"after the last point it is as there", c, 1.5, 2.4},
		{"of none it is the prior, 1/(1-0.65·0.5)", nil, 0.5, 1 / (1 - 0.325)},
	} {
		if got := tt.c.At(tt.u); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%s: At(%v) = %v, want %v", tt.name, tt.u, got, tt.want)
		}
	}
}

// TestCurvePredicts: a selector that was given the curve of its node predicts by
// that, one that was not by the prior.
func TestCurvePredicts(t *testing.T) {
	opts := []Option{{Model: "large", Node: "edge", Accuracy: 0.80, Infer: 100 * time.Millisecond}}
	o := Observation{Devices: []Device{{Name: "edge", Utilization: 0.5, Loaded: []string{"large"}}}}
	for _, tt := range []struct {
		curve Curve
		want  time.Duration
	}{
		{nil, 148148148}, // 100 ms / (1 - 0.325)
		{Curve{{0, 1}, {0.5, 10}}, time.Second},
	} {
		s, err := New(Config{Policy: "advanced", Curves: map[string]Curve{"edge": tt.curve, "cloud": {{1, 7}}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Select(o, opts).Candidates[0].Predicted.Infer; got != tt.want {
			t.Errorf("curve %v: inference predicted at %v, want %v", tt.curve, got, tt.want)
		}
	}
}
