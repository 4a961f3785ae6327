package stats

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// normalDraws are the quantiles of a normal distribution around middle.
func normalDraws(middle float64) spread {
	var s spread
	for i := range 10_000 {
		s = append(s, middle+distuv.UnitNormal.Quantile((float64(i)+0.5)/10_000))
	}
	return s
}

// spreading is a deviation of 1 with so many degrees of freedom, and the cubes that
// make an acceleration.
func spreading(freedom, acceleration float64) deviation {
	return deviation{variance: 1, squares: 1, cubes: 6 * acceleration, least: freedom, most: freedom}
}

// TestCurve: draws around the value are the interval, ±1.960. Draws around 0.2
// of which 42.07 % are below the value have z₀ = −0.2, so that the upper bound
// of 97.5 % is at Φ(−0.2 − 0.2 + 1.960) of them, 0.2 + 1.560, and with a = 0.05 at
// Φ(−0.2 + 1.760/(1 − 0.05·1.760)), 0.2 + 1.730. Student's t with two degrees of
// freedom is 4.303, and with 2 for a deviation twice as much. Beyond Φ(±3.09) it goes
// on as t: 4.753 at 1 − 10⁻⁶.
func TestCurve(t *testing.T) {
	for _, tt := range []struct {
		name     string
		middle   float64
		by       deviation
		p, bound float64
	}{
		{"upper", 0, spreading(1e9, 0), 0.975, 1.960},
		{"lower", 0, spreading(1e9, 0), 0.025, -1.960},
		{"middle", 0, spreading(1e9, 0), 0.5, 0},
		{"bias", 0.2, spreading(1e9, 0), 0.975, 1.760},
		{"bias, below", 0.2, spreading(1e9, 0), 0.025, 0.2 - 2.360},
		{"acceleration", 0.2, spreading(1e9, 0.05), 0.975, 1.930},
		{"two degrees of freedom", 0, spreading(2, 0), 0.975, 4.303},
		{"two degrees of freedom, below", 0, spreading(2, 0), 0.025, -4.303},
		{"twice the deviation", 0, deviation{variance: 4, squares: 1, least: 1e9, most: 1e9}, 0.975, 3.920},
		{"far out", 0, spreading(1e9, 0), 1 - 1e-6, 4.753},
	} {
		c := curveOf(0, normalDraws(tt.middle), false, tt.by)
		if got := c.at(tt.p); math.Abs(got-tt.bound) > 0.005*(1+math.Abs(tt.bound)) {
			t.Errorf("%s: at %v it is %.3f, want %.3f", tt.name, tt.p, got, tt.bound)
		}
		if got := c.above(tt.bound); math.Abs(got-(1-tt.p)) > 0.02*min(tt.p, 1-tt.p)+1e-7 {
			t.Errorf("%s: above %v is %.3g, want %.3g", tt.name, tt.bound, got, 1-tt.p)
		}
	}
}

// TestCurveOfLogarithms: draws that are lognormal around 0.5 have e^±1.960 times
// that, if their logarithm has the deviation that they have.
func TestCurveOfLogarithms(t *testing.T) {
	var draws spread
	for _, x := range normalDraws(0) {
		draws = append(draws, 0.5*math.Exp(0.1*x))
	}
	c := curveOf(0.5, draws, true, deviation{variance: 0.01, most: 1e9, least: 1e9})
	if got := math.Exp(c.at(0.975)); math.Abs(got-0.5*math.Exp(0.196)) > 0.002 {
		t.Errorf("upper bound %.4f, want %.4f", got, 0.5*math.Exp(0.196))
	}
}

// TestCurveWithout draws, or differences.
func TestCurveWithout(t *testing.T) {
	if c := curveOf(1, normalDraws(1), false, deviation{}); c != nil || !math.IsNaN(c.at(0.5)) || !math.IsNaN(c.above(1)) {
		t.Errorf("a single unit has the curve %+v, want none", c)
	}
	same := make(spread, 100)
	if c := curveOf(0, same, false, spreading(2, 0)); math.Abs(c.at(0.975)-4.3027) > 1e-3 || math.Abs(c.above(4.3027)-0.025) > 1e-4 {
		t.Errorf("draws that are all alike: %v, want Student's t", c.at(0.975))
	}
	// All draws are on one side of the value: percentiles, no bias of infinity.
	if c := curveOf(10, normalDraws(0), false, spreading(1e9, 0.1)); math.Abs(c.at(0.975)-1.96) > 0.01 {
		t.Errorf("draws on one side: %v, want the percentile 1.96", c.at(0.975))
	}
}

// TestDeviation: three units that move a number by 2, −1 and −1 have squares 6
// and the variance 6·3/2 = 9, cubes 6 and the acceleration 6/(6·6^1.5) = 0.068; two
// that move it by ±1 the variance 2·2/1 = 4. Together 13 with
// 13²/(9²/3 + 4²/2) − 1 = 3.829 → at most 3 degrees of freedom. What units have in
// common is taken out, and one alone says nothing.
func TestDeviation(t *testing.T) {
	var d deviation
	d.add([]float64{5, 2, 2})
	if d.variance != 9 || d.freedom() != 2 || math.Abs(d.acceleration()-0.06804) > 1e-5 {
		t.Errorf("variance %v, freedom %v, acceleration %v; want 9, 2, 0.068", d.variance, d.freedom(), d.acceleration())
	}
	d.add([]float64{7})
	d.add([]float64{1, -1})
	if d.variance != 13 || d.freedom() != 3 {
		t.Errorf("variance %v, freedom %v; want 13 and 3", d.variance, d.freedom())
	}
	// One condition varies, another hardly: 9²/(9²/3) − 1 = 2.
	d = deviation{}
	d.add([]float64{5, 2, 2})
	d.add([]float64{1e-6, -1e-6, 0})
	if f := d.freedom(); math.Abs(f-2) > 1e-6 {
		t.Errorf("freedom %v, want 2", f)
	}
}

// TestIntervalByHand: of 100 pairs whose t_a/t_b is 0 or 1 in turns the mean is
// 0.5 with a deviation of √(0.25/99), 0.1005 of it. Draws have 0.1 of it, so
// that the bounds 0.402 and 0.598 of draws (0.5 ± 1.960·0.05) are
// 0.5·(0.402/0.5)^k and 0.5·(0.598/0.5)^k with k = 1.005·1.984/1.960 = 1.017: of
// the saving 0.4005 and 0.5995. Ten batches are all alike, and are not used.
//
// Two trials of which t_a/t_b is 0.6 and 0.4 throughout have a deviation of
// 0.1, 0.2 of the mean, and draws (0.6, 0.5, 0.5 and 0.4) one of 0.1414: the bounds
// are 0.5·(0.6/0.5)^k and 0.5·(0.4/0.5)^k with k = √2·12.706/1.960 = 9.168.
func TestIntervalByHand(t *testing.T) {
	of := func(n int, ratio float64) block {
		b := block{}
		b[measured] = sums{n: float64(n), ratio: float64(n) * (1 - ratio), base: float64(n), other: float64(n) * ratio}
		return b
	}
	var blocks []block
	for i := range 100 {
		blocks = append(blocks, of(1, float64(i%2)))
	}
	for _, tt := range []struct {
		name      string
		of        stratum
		low, high float64
		tolerance float64
	}{
		{"one trial", stratum{blocks}, 0.4005, 0.5995, 0.0101},
		{"two trials", stratum{{of(4, 0.6), of(4, 0.6)}, {of(4, 0.4), of(4, 0.4)}}, 1 - 0.5*math.Pow(1.2, 9.168), 1 - 0.5*math.Pow(0.8, 9.168), 0.05},
	} {
		e := draw(tt.of, 1, "c", 0.95).saving.MeanOfRatios
		if !near(e.Value, 0.5) || math.Abs(float64(e.Low)-tt.low) > tt.tolerance || math.Abs(float64(e.High)-tt.high) > tt.tolerance {
			t.Errorf("%s: %+v, want 0.5 from %.4f to %.4f", tt.name, e, tt.low, tt.high)
		}
	}
}

// TestMeanOfOneTrial: of 40 values 1 and 3 by turns, ten batches are alike, so it
// is the values that the interval is by: 2 ± 2.023·√(1/39).
func TestMeanOfOneTrial(t *testing.T) {
	var values []float64
	for i := range 40 {
		values = append(values, float64(1+2*(i%2)))
	}
	e := meanOfStrata([]meanStratum{{meanBlocks(values, 1000)}}, newRand(source(1, "test")), 0.95)
	if e.Value != 2 || math.Abs(float64(e.Low)-1.676) > 0.02 || math.Abs(float64(e.High)-2.324) > 0.02 {
		t.Errorf("%+v, want 2 from 1.676 to 2.324", e)
	}
}
