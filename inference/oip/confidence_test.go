package oip_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/testbed/testbed/inference/oip"
)

func TestConfidence(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, tt := range []struct {
		name   string
		logits []float32
		want   float64
	}{
		{"none", nil, 0},
		{"one class is certain", []float32{-7}, 1},
		{"equal ones share", []float32{2, 2, 2, 2}, 0.25},
		{"e to 1", []float32{3, 2}, math.E / (math.E + 1)},
		{"only differences count", []float32{101, 100}, math.E / (math.E + 1)},
		{"so large that e^x is not a float64", []float32{10001, 10000}, math.E / (math.E + 1)},
		{"so small that it is 0", []float32{-10001, -10000}, math.E / (math.E + 1)},
		{"probabilities already", []float32{0.1, 0.7, 0.2}, float64(float32(0.7))},
		{"almost", []float32{0.1, 0.7, 0.2004}, float64(float32(0.7))},
		{"not quite: 0.9", []float32{0.1, 0.7, 0.1}, 1 / (1 + 2*math.Exp(-0.6))},
		{"they add up to 1, but not all are positive", []float32{1.5, -0.5}, 1 / (1 + math.Exp(-2))},
		{"an infinite one", []float32{inf, 3}, 1},
		{"two", []float32{inf, 3, inf}, 0.5},
		{"none at all", []float32{-inf, -inf}, 0.5},
		{"not a number", []float32{1, nan, 0}, 0},
	} {
		if got := oip.Confidence(tt.logits); math.Abs(got-tt.want) > 1e-6 {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestConfidenceOfMany: it is never beyond what a probability of n classes can
// be, and softmax of a softmax is not taken.
func TestConfidenceOfMany(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		logits := make([]float32, 1+rng.IntN(1000))
		var sum float64
		for i := range logits {
			logits[i] = float32(20 * rng.NormFloat64())
		}
		got := oip.Confidence(logits)
		if got < 1/float64(len(logits))-1e-9 || got > 1 {
			t.Fatalf("%v of %d classes", got, len(logits))
		}
		soft := make([]float32, len(logits))
		best := float64(logits[0])
		for _, x := range logits {
			best = max(best, float64(x))
		}
		for _, x := range logits {
			sum += math.Exp(float64(x) - best)
		}
		for i, x := range logits {
			soft[i] = float32(math.Exp(float64(x)-best) / sum)
		}
		if again := oip.Confidence(soft); math.Abs(again-got) > 1e-5 {
			t.Fatalf("of logits %v, of their softmax %v", got, again)
		}
	}
}
