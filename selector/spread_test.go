package selector

import (
	"math"
	"testing"
)

func TestNormalQuantile(t *testing.T) {
	for _, tt := range []struct{ q, z float64 }{{0.5, 0}, {0.95, z95}, {0.975, 1.959963984540054}, {0.99, 2.3263478740408408}} {
		if got := normalQuantile(tt.q); math.Abs(got-tt.z) > 1e-9 {
			t.Errorf("quantile %v is %v, want %v", tt.q, got, tt.z)
		}
		if got := 1 - above(tt.z); math.Abs(got-tt.q) > 1e-9 {
			t.Errorf("%v below %v, want %v", got, tt.z, tt.q)
		}
	}
}

// TestWilson: 45 of 50 is 0.786 to 0.957 by the score interval (Newcombe 1998
// has 81 of 263, 0.2553 to 0.3662, and 0 of 20, 0 to 0.1611).
func TestWilson(t *testing.T) {
	for _, tt := range []struct {
		right, n int
		want     float64
	}{{81, 263, 0.2553}, {0, 20, 0}, {45, 50, 0.7864}, {20, 20, 0.8389}} {
		if got := wilson(float64(tt.right)/float64(tt.n), tt.n); math.Abs(got-tt.want) > 5e-5 {
			t.Errorf("%d of %d: %.4f, want %.4f", tt.right, tt.n, got, tt.want)
		}
	}
	if got := wilson(0.7, 0); got != 0.7 {
		t.Errorf("a declared accuracy of 0.7 is %v at least", got)
	}
}

// TestRegression: by coefficients that it does not believe at first, and 300
// noisy observations, what is drawn comes to be these.
func TestRegression(t *testing.T) {
	rng := random64(1, 0)
	truth := vector{3, 0, 1, -1, 2, 0.5, 4}
	r := newRegression(believed, priorSD, 0.1)
	for range 300 {
		var x vector
		for i := range x {
			x[i] = rng.Float64()
		}
		r.learn(x, x.dot(&truth)+0.1*rng.NormFloat64())
	}
	for range 100 {
		got := r.draw(rng)
		for i := range got {
			if math.Abs(got[i]-truth[i]) > 0.2 {
				t.Fatalf("coefficients %.2f, want about %v", got, truth)
			}
		}
	}
}

// TestRegressionDraws: before anything was learnt it draws what it believes,
// give or take the prior.
func TestRegressionDraws(t *testing.T) {
	rng := random64(1, 0)
	r := newRegression(believed, priorSD, priorNoise)
	const n = 20000
	var sum, square vector
	for range n {
		d := r.draw(rng)
		for i := range d {
			sum[i] += d[i] / n
			square[i] += d[i] * d[i] / n
		}
	}
	for i := range sum {
		sd := math.Sqrt(square[i] - sum[i]*sum[i])
		if math.Abs(sum[i]-believed[i]) > 0.02 || math.Abs(sd-priorSD) > 0.02 {
			t.Errorf("coefficient %d is %.3f ± %.3f, want %v ± %v", i, sum[i], sd, believed[i], priorSD)
		}
	}
}
