package stats

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// table are images of one pair each: both arms right, the baseline alone, the
// other alone, neither.
func table(both, base, other, neither int) drops {
	d := drops{}
	for _, k := range []struct {
		n     int
		image image
	}{{both, image{1, 1, 1}}, {base, image{1, 1, 0}}, {other, image{1, 0, 1}}, {neither, image{1, 0, 0}}} {
		for range k.n {
			d[fmt.Sprint("image", len(d))] = k.image
		}
	}
	return d
}

// repeated is d with every pair so many times.
func (d drops) repeated(times int) drops {
	out := drops{}
	for name, k := range d {
		out[name] = image{times * k.pairs, times * k.base, times * k.other}
	}
	return out
}

// TestNewcombe holds the interval to published ones: 36, 12, 2, 0 is Newcombe's
// own (1998, table III, method 10); the complete responses of Cavo et al. and the
// airways of Bentur et al. are of Fagerland, Lydersen and Laake, Statistical
// Analysis of Contingency Tables, 2017, chapter 8. The others are by hand, with
// z² = 3.841459: where all answers of 50 are right, either Wilson's interval
// reaches down by z²/(50 + z²) = 0.071348, and there is no correlation; where 49
// of 50 are right in both arms and they do not differ, φ = (49 − 25)/49 = 0.489796,
// Wilson's interval of 0.98 is 0.895046 to 0.996461, and the drop is within
// √(0.084954² − 2·0.489796·0.084954·0.016461 + 0.016461²) = 0.078220.
func TestNewcombe(t *testing.T) {
	for _, tt := range []struct {
		d         drops
		low, high float64
		digits    float64
	}{
		{table(36, 12, 2, 0), 0.0569, 0.3404, 4},
		{table(59, 6, 16, 80), -0.1186, -0.0046, 4},
		{table(1, 1, 7, 12), -0.507, -0.026, 3},
		{table(50, 0, 0, 0), -0.071348, 0.071348, 6},
		{table(49, 0, 0, 1), -0.078220, 0.078220, 6},
	} {
		for _, times := range []int{1, 12} { // an image in twelve conditions alike is one image
			b := tt.d.repeated(times).bounds(0.95, 0.975)
			slack := 0.5 * math.Pow(10, -tt.digits)
			if math.Abs(b.low-tt.low) > slack || math.Abs(b.high-tt.high) > slack {
				t.Errorf("%v × %d: %.6f to %.6f, want %v to %v", tt.d.mcnemar(), times, b.low, b.high, tt.low, tt.high)
			}
			if b.lower != b.low || b.upper != b.high {
				t.Errorf("one-sided bounds of 97.5 %% are %v and %v, want those of the interval of 95 %%", b.lower, b.upper)
			}
		}
	}
	if b := (drops{}).bounds(0.95, 0.95); !math.IsNaN(b.low) || !math.IsNaN(b.upper) {
		t.Errorf("bounds of nothing %v", b)
	}
}

// TestClusters: 4 images in 2 conditions each, the baseline right 2, 2, 1, 1 times
// and the other arm 2, 1, 1, 0 times, so p = 6/8 and q = 4/8. Were answers to an image
// all alike, the effect would be 16/8 = 2.
//
//	Σ (x − 2p)² = 4·0.25 = 1, of 8·3/16 = 1.5: no effect, 1, and with (2 − 1)/(1 + 2) n = 8/(4/3) = 6
//	Σ (y − 2q)² = 1 + 0 + 0 + 1 = 2, of 8/4 = 2: 1, and with (2 − 1)/(1 + 4) n = 8/1.2 = 6.667
//	Σ (x − 2p)(y − 2q) = 0.5 + 0.5 = 1: φ = 1/√(1·2) = 0.707107
func TestClusters(t *testing.T) {
	p := drops{"a": {2, 2, 2}, "b": {2, 2, 1}, "c": {2, 1, 1}, "d": {2, 1, 0}}.proportions()
	want := proportions{images: 4, base: 0.75, other: 0.5, baseN: 6, otherN: 8 / 1.2, phi: math.Sqrt(0.5)}
	near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
	if diff := cmp.Diff(want, p, near, cmp.AllowUnexported(p)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// Half of four images over √(3/16·1/4) is 0.577350.
	if got := p.corrected(); math.Abs(got-(0.707107-0.577350)) > 1e-6 {
		t.Errorf("corrected correlation %v, want 0.129757", got)
	}
}

// TestMcNemar has values that can be added up: of 0 and 5 images p = 2/2⁵, of 1
// and 7 it is 2·(1 + 8)/2⁸, of as many of either more than 1, which is 1.
func TestMcNemar(t *testing.T) {
	for _, tt := range []struct {
		d    drops
		want McNemar
	}{
		{table(3, 5, 0, 1), McNemar{5, 0, 0.0625}},
		{table(1, 1, 7, 12), McNemar{1, 7, 0.0703125}},
		{table(9, 2, 2, 9), McNemar{2, 2, 1}},
		{table(9, 0, 0, 0), McNemar{0, 0, 1}},
		{drops{"a": {12, 12, 11}, "b": {2, 1, 1}, "c": {3, 0, 2}}, McNemar{1, 1, 1}},
	} {
		if got := tt.d.mcnemar(); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.d, got, tt.want)
		}
	}
	if got := (drops{}).mcnemar(); got.P.Known() {
		t.Errorf("p of nothing is %v", got.P)
	}
}

// TestNoDifference: where no image tells the arms apart and all are right, the
// one-sided bound is z²/(n + z²) with z² = 2.705543: 0.1013 of 24 images, 0.0977 of 25.
func TestNoDifference(t *testing.T) {
	for _, tt := range []struct {
		images int
		upper  float64
		met    bool
	}{{24, 0.101310, false}, {25, 0.097654, true}} {
		s := newSmall("c")
		s.many("c", tt.images, 100*ms, 50*ms)
		r := Summarize(s.Run).Verdict.Requirements[1]
		if math.Abs(float64(r.Upper)-tt.upper) > 1e-5 || (r.Met != nil) != tt.met {
			t.Errorf("%d images: upper bound %v, met %v; want %v, %v", tt.images, r.Upper, r.Met, tt.upper, tt.met)
		}
		if want := "needs about 1 more images (now 24; about 1 more repetition), if the value stays what it is"; !tt.met && r.Advice != want {
			t.Errorf("advice %q, want %q", r.Advice, want)
		}
	}
}

// TestNeededImages: what is said to be enough is, and a hundredth less is not.
func TestNeededImages(t *testing.T) {
	for _, d := range []drops{table(40, 6, 2, 2), table(40, 4, 4, 2), table(30, 20, 0, 0), table(20, 4, 2, 14).repeated(5)} {
		p, z := d.proportions(), oneSided(0.95)
		n := p.needs(0.1, z)
		decided := func(times float64) bool {
			low, high := p.times(times * n / p.images).interval(z)
			return high <= 0.1 || low > 0.1
		}
		if n < p.images || !decided(1.0001) || n > p.images*1.02 && decided(0.99) {
			t.Errorf("%+v: needs %v images", p, n)
		}
	}
	twice, want := table(40, 6, 2, 2).proportions().times(2), table(80, 12, 4, 4).proportions()
	near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
	if diff := cmp.Diff(want, twice, near, cmp.AllowUnexported(want)); diff != "" {
		t.Errorf("twice as many images (-want +got)\n%s", diff)
	}
	if n := table(80, 10, 0, 10).proportions().needs(0.1, oneSided(0.95)); !math.IsInf(n, 1) {
		t.Errorf("a drop that is the bound itself needs %v images", n)
	}
}
