package stats

import (
	"math"
	"testing"
)

// steps is the distribution of some times.
func steps(times ...float64) (d Distribution) {
	d.N = len(times)
	for i, v := range times {
		d.Steps = append(d.Steps, Point{v, float64(i+1) / float64(len(times))})
	}
	return d
}

// TestDensityBandwidth: the logs to base e of five times are 0, 1, 2, 3 and 4.
// s = √2.5 = 1.5811; the quartiles are the 2nd and the 4th, so IQR/1.349 = 1.4826,
// which is less. Then g6 = 1.52552, ψ6 = −0.0130738, g4 = 1.67257, ψ4 = 0.00804009
// and h = (1/(2√π·5·ψ4))^(1/5) = 1.47650, as computed apart from this with Hermite
// polynomials by their recurrence.
func TestDensityBandwidth(t *testing.T) {
	points, factor := steps(1, math.E, math.Exp(2), math.Exp(3), math.Exp(4)).Density()
	if h := math.Log(factor); math.Abs(h-1.47650) > 1e-5 {
		t.Errorf("bandwidth %v, want 1.47650", h)
	}
	// It is the same on both sides of the middle, where it is greatest.
	n := len(points)
	for i, p := range points {
		if q := points[n-1-i]; math.Abs(p.Y-q.Y) > 1e-9 || math.Abs(math.Log(p.X)+math.Log(q.X)-4) > 1e-9 {
			t.Fatalf("%v and %v are not each other's image", p, q)
		}
	}
	if points[0].X != 1 || math.Abs(points[n-1].X-math.Exp(4)) > 1e-9 || points[n/2].Y < 0.999 || points[0].Y > 0.9 {
		t.Errorf("from %v over %v to %v", points[0], points[n/2], points[n-1])
	}
}

// TestDensityModes: two kinds of times, some 10 and some 1000 ms, are two
// bulges with nothing between them, the one with more times the greater.
func TestDensityModes(t *testing.T) {
	var times []float64
	for i := range 60 {
		times = append(times, 10+float64(i)/30)
	}
	for i := range 40 {
		times = append(times, 1000+float64(i))
	}
	points, _ := steps(times...).Density()
	var low, between, high float64
	for _, p := range points {
		switch {
		case p.X < 30:
			low = max(low, p.Y)
		case p.X < 300:
			between = max(between, p.Y)
		default:
			high = max(high, p.Y)
		}
	}
	if low != 1 || high > 0.9 || high < 0.4 || between > 0.5*high {
		t.Errorf("%v at 10 ms, %v between, %v at 1 s", low, between, high)
	}
}

// TestNoDensity: few times, or such as are all the same, have none.
func TestNoDensity(t *testing.T) {
	for _, d := range []Distribution{{}, steps(1, 2, 3, 4), steps(7, 7, 7, 7, 7, 7)} {
		if points, _ := d.Density(); points != nil {
			t.Errorf("%v has a density", d)
		}
	}
}
