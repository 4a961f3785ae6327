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
	// Of 60 images 10 differ: ±1.96·√(1/6·5/6/60) is 18.9 points wide.
	if math.Abs(one-18.9) > 1.8 {
		t.Errorf("the interval is %v points wide, want about 18.9", one)
	}
	if math.Abs(one-four) > 1.7 { // one image of 60
		t.Errorf("four conditions: %v points wide, one: %v; want the same", four, one)
	}
}

// TestNoDifference: where no image shows a difference no resampling can, and
// the bound is 1 − (1 − 0.95)^(1/n): 0.0980 for 29 images, 0.1015 for 28.
func TestNoDifference(t *testing.T) {
	for _, tt := range []struct {
		images int
		upper  float64
		met    bool
	}{{28, 0.101466, false}, {29, 0.098139, true}} {
		s := newSmall("c")
		s.many("c", tt.images, 100*ms, 50*ms)
		r := Summarize(s.Run).Verdict.Requirements[1]
		if math.Abs(float64(r.Upper)-tt.upper) > 1e-4 || (r.Met != nil) != tt.met {
			t.Errorf("%d images: upper bound %v, met %v; want %v, %v", tt.images, r.Upper, r.Met, tt.upper, tt.met)
		}
		if want := "needs about 1 more images (now 28), if none shows a difference"; !tt.met && r.Advice != want {
			t.Errorf("advice %q, want %q", r.Advice, want)
		}
	}
}

// TestDropSpread: drawing kinds by a multinomial has the mean and variance of
// drawing images one by one: for shares p of n images that lose one point,
// p and p(1−p)/n.
func TestDropSpread(t *testing.T) {
	for _, n := range []int{20, 400} { // the two ways in which a binomial is drawn
		d := drops{}
		for i := range n {
			k := kind{pairs: 1}
			if i%4 == 0 {
				k.drop = 1
			}
			d[string(rune('a'+i))] = k
		}
		s := d.spread(source(7, "test"))
		var sum, square float64
		for _, v := range s {
			sum += v
			square += v * v
		}
		m := sum / Resamples
		v := square/Resamples - m*m
		// The mean of 10 000 draws has a deviation of √(0.1875/n)/100.
		if sd := math.Sqrt(0.1875 / float64(n)); math.Abs(m-0.25) > 5*sd/100 {
			t.Errorf("n = %d: mean %v, want 0.25", n, m)
		}
		if want := 0.1875 / float64(n); math.Abs(v/want-1) > 0.08 {
			t.Errorf("n = %d: variance %v, want %v", n, v, want)
		}
	}
}
