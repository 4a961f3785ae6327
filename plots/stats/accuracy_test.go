package stats

import (
	"math"
	"testing"
)

// TestWilson has values that can be worked out: with z = 1.959964, z² = 3.841459,
//
//	8 of 10: (0.8 + 0.192073 ± 1.959964·√(0.016 + 0.009604)) / 1.384146 = 0.490162, 0.943318
//	0 of 10: high = z²/(n + z²) = 3.841459/13.841459 = 0.277533
func TestWilson(t *testing.T) {
	for _, tt := range []struct{ p, n, low, high float64 }{
		{0.8, 10, 0.490162, 0.943318},
		{0, 10, 0, 0.277533},
		{1, 10, 1 - 0.277533, 1},
	} {
		got := wilson(tt.p, tt.n, 0.95)
		if math.Abs(float64(got.Low)-tt.low) > 1e-5 || math.Abs(float64(got.High)-tt.high) > 1e-5 {
			t.Errorf("wilson(%v, %v) = %v, want %v to %v", tt.p, tt.n, got, tt.low, tt.high)
		}
	}
	if got := wilson(math.NaN(), 0, 0.95); got.Low.Known() || got.High.Known() {
		t.Errorf("wilson of nothing = %v, want nothing", got)
	}
}

// TestAccuracyDrop: of four images in two conditions the baseline knows all;
// the other arm does not know image 0 in either, and not image 1 in one. That
// is 3 of 8 pairs: 37.5 points.
func TestAccuracyDrop(t *testing.T) {
	s := newSmall("a", "b")
	for i := range 4 {
		for _, c := range []string{"a", "b"} {
			s.answer(c, "greedy", 0, i, 100*ms, true)
			s.answer(c, "advanced", 0, i, 50*ms, i > 1 || i == 1 && c == "b")
		}
	}
	got := Summarize(s.Run)
	o := got.Overall
	if o.Images != 4 || o.Pairs != 8 || !near(o.AccuracyDrop.Value, 37.5) {
		t.Errorf("%v points over %d pairs of %d images, want 37.5 over 8 of 4", o.AccuracyDrop.Value, o.Pairs, o.Images)
	}
	if a, b := got.Conditions[0].AccuracyDrop.Value, got.Conditions[1].AccuracyDrop.Value; !near(a, 50) || !near(b, 25) {
		t.Errorf("drops %v and %v points, want 50 and 25", a, b)
	}
	if a := got.Conditions[0].Arms[1]; !near(a.Accuracy, 0.5) || a.AccuracyInterval != wilson(0.5, 4, 0.95) {
		t.Errorf("accuracy %v %v, want 0.5 with the interval of 4 images", a.Accuracy, a.AccuracyInterval)
	}
	if r := got.Verdict.Requirements[1]; !near(r.Value, 0.375) || !near(r.Bound, 0.1) {
		t.Errorf("requirement %+v, want fractions", r)
	}
}

// TestAccuracyRepeats: asking for the same images in four times as many
// conditions says no more about images, so the interval must stay as it is.
func TestAccuracyRepeats(t *testing.T) {
	width := func(conditions ...string) float64 {
		s := newSmall(conditions...)
		for i := range 60 {
			for _, c := range conditions {
				s.answer(c, "greedy", 0, i, 100*ms, true)
				s.answer(c, "advanced", 0, i, 50*ms, i%6 != 0)
			}
		}
		e := Summarize(s.Run).Overall.AccuracyDrop
		return float64(e.High - e.Low)
	}
	one, four := width("a"), width("a", "b", "c", "d")
	// Of 60 images the baseline knows all, 0.939827 to 1 by Wilson, and the other 50,
	// 0.719684 to 0.906868: √(0.060173² + 0.073535²) + 0.113649 is 20.8666 points.
	if math.Abs(one-20.8666) > 0.01 {
		t.Errorf("the interval is %v points wide, want 20.87", one)
	}
	if math.Abs(one-four) > 1e-6 {
		t.Errorf("four conditions: %v points wide, one: %v; want the same", four, one)
	}
}
