package profile

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

var about = cmpopts.EquateApprox(0, 1e-9)

// TestAt is of the curve 1 → 2 → 2.5 at 0, 0.5 and 1. At 0.25, halfway, the
// speed is (1 + 1/2)/2 = 3/4, so the factor is 4/3; at 0.75 it is (1/2 +
// 2/5)/2 = 9/20, so 20/9.
func TestAt(t *testing.T) {
	c := Curve{Points: []Point{{0, 1, 0, 0}, {0.5, 2, 0, 0}, {0.8, 2.5, 0, 0}}}
	for _, tt := range []struct{ u, want float64 }{
		{-1, 1}, {0, 1}, {0.25, 4.0 / 3}, {0.5, 2}, {0.65, 20.0 / 9}, {0.8, 2.5}, {0.9, 2.5}, {7, 2.5}, {math.NaN(), 1},
	} {
		if got := c.At(tt.u); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("At(%v) = %v, want %v", tt.u, got, tt.want)
		}
	}
	if got := (Curve{}).At(0.5); got != 1 {
		t.Errorf("a curve without points is %v, want 1", got)
	}
}

// TestAtIsPriorBetweenItsPoints: through points of 1/(1 − α·min(u, u*)), of
// which one is the knee, goes that curve itself.
func TestAtIsPriorBetweenItsPoints(t *testing.T) {
	var c Curve
	for _, u := range []float64{0, 0.25, 0.5, 0.72, 1} {
		c.Points = append(c.Points, Point{Utilization: u, Slowdown: selector.Prior(u)})
	}
	for u := 0.0; u <= 1; u += 0.01 {
		if got, want := c.At(u), selector.Prior(u); math.Abs(got-want) > 1e-12 {
			t.Errorf("At(%v) = %v, want %v", u, got, want)
		}
	}
}

func TestRaise(t *testing.T) {
	for _, tt := range []struct {
		name     string
		in, want []float64
	}{
		{"in order", []float64{1, 1.2, 1.5}, []float64{1, 1.2, 1.5}},
		{"the last two change places: both get their mean", []float64{1, 2.2, 1.74}, []float64{1, 1.97, 1.97}},
		{"a mean that is below the one before takes it in, too", []float64{1, 2, 2.4, 1.3}, []float64{1, 1.9, 1.9, 1.9}}, // 2.4, 1.3 → 1.85 < 2 → 5.7/3
		{"below 1 is 1", []float64{1, 0.98, 1.4}, []float64{1, 1, 1.4}},
		{"one alone", []float64{1}, []float64{1}},
	} {
		points := make([]Point, len(tt.in))
		for i, s := range tt.in {
			points[i].Slowdown = s
		}
		raise(points)
		var got []float64
		for _, p := range points {
			got = append(got, p.Slowdown)
		}
		if diff := cmp.Diff(tt.want, got, about); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestRaiseIsTheClosest checks the promise of least squares against trying: no
// nondecreasing neighbour of what raise gives is closer to what it was given.
func TestRaiseIsTheClosest(t *testing.T) {
	distance := func(a, b []Point) (sum float64) {
		for i := range a {
			sum += (a[i].Slowdown - b[i].Slowdown) * (a[i].Slowdown - b[i].Slowdown)
		}
		return sum
	}
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		given := []Point{{Slowdown: 1}}
		for range 5 {
			given = append(given, Point{Slowdown: 1 + 2*rng.Float64()})
		}
		raised := append([]Point{}, given...)
		raise(raised)
		for range 2000 {
			other := append([]Point{}, raised...)
			last := 1.0
			for i := 1; i < len(other); i++ {
				other[i].Slowdown = max(last, other[i].Slowdown+0.2*(rng.Float64()-0.5))
				last = other[i].Slowdown
			}
			if distance(other, given) < distance(raised, given)-1e-12 {
				t.Fatalf("seed %d: of %v, %v is closer than %v", seed, given, other, raised)
			}
		}
	}
}

// TestTwoParameters: points of a curve with an α and a knee on the grid of the
// search give these back.
func TestTwoParameters(t *testing.T) {
	for _, want := range []struct{ alpha, knee float64 }{{0.65, 0.72}, {0.95, 0.5}, {0.3, 1}, {0.99, 0.4}} {
		var points []Point
		for percent := 0; percent <= 100; percent += 5 {
			u := float64(percent) / 100
			points = append(points, Point{Utilization: u, Slowdown: 1 / (1 - want.alpha*min(u, want.knee))})
		}
		if alpha, knee := twoParameters(points); math.Abs(alpha-want.alpha) > 0.011 || math.Abs(knee-want.knee) > 0.011 {
			t.Errorf("α %v, u* %v: got %v, %v", want.alpha, want.knee, alpha, knee)
		}
	}
	if alpha, _ := twoParameters([]Point{{Slowdown: 1}, {Utilization: 1, Slowdown: 1}}); alpha != 0 {
		t.Errorf("no slowdown: α is %v, want 0", alpha)
	}
}

// TestFit: three models are 1.4, 1.5 and 1.9 times slower at 0.5, of which 1.5
// is the median, with one thread; with two there is but one model, 3 to 2.
func TestFit(t *testing.T) {
	idle := func(d time.Duration) Sample { return Sample{Mean: d} }
	models := []Model{
		{Name: "a", Threads: []Timing{
			{Threads: 1, Sample: idle(10 * ms), Loaded: []Loaded{{0.5, 0.5, idle(14 * ms)}, {1, 0.6, idle(13 * ms)}}},
			{Threads: 2, Sample: idle(6 * ms), Loaded: []Loaded{{0.5, 0.5, idle(9 * ms)}}},
		}},
		{Name: "b", Threads: []Timing{{Threads: 1, Sample: Sample{P50: 100 * ms}, Loaded: []Loaded{{0.5, 0.5, Sample{P50: 150 * ms}}}}}},
		{Name: "c", Threads: []Timing{{Threads: 1, Sample: idle(10 * ms), Loaded: []Loaded{{0.5, 0.5, idle(19 * ms)}}}}},
		{Name: "idle only", Threads: []Timing{{Threads: 1, Sample: idle(10 * ms)}}},
	}
	want := []Curve{
		// At 1 the factor is 1.3: both get (1.5 + 1.3)/2.
		{Threads: 1, Points: []Point{{0, 1, 0, 0}, {0.5, 1.4, 1.4, 1.9}, {1, 1.4, 1.3, 1.3}}},
		{Threads: 2, Points: []Point{{0, 1, 0, 0}, {0.5, 1.5, 1.5, 1.5}}},
	}
	if diff := cmp.Diff(want, Fit(models), about, cmpopts.IgnoreFields(Curve{}, "Alpha", "Knee")); diff != "" {
		t.Errorf("Fit (-want +got):\n%s", diff)
	}
	if got := Fit(models[3:]); got != nil {
		t.Errorf("of what was not measured under load: %v", got)
	}
}
