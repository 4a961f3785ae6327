package oip

import "math"

// sumsToOne is how far from 1 the sum of probabilities may be for float32: a
// thousand of them, each wrong by half a unit in the last place.
const sumsToOne = 1e-3

// Confidence is the largest softmax of the logits of one image, 0 to 1: how sure
// the model says it is of its answer. Outputs that are probabilities already,
// none below 0 and 1 together, are taken as they are. It is 0, which is not
// known, of no logits and where one of them is not a number.
func Confidence(logits []float32) float64 {
	if len(logits) == 0 {
		return 0
	}
	best, least, sum := math.Inf(-1), math.Inf(1), 0.0
	for _, x := range logits {
		x := float64(x)
		if math.IsNaN(x) {
			return 0
		}
		best, least, sum = max(best, x), min(least, x), sum+x
	}
	if least >= 0 && math.Abs(sum-1) < sumsToOne {
		return best
	}
	return 1 / weights(logits, best)
}

// weights is the sum of e^(x-best), which no logit is large enough to overflow.
func weights(logits []float32, best float64) (sum float64) {
	for _, x := range logits {
		if x := float64(x); x == best {
			sum++ // infinite ones too, which share the probability
		} else {
			sum += math.Exp(x - best)
		}
	}
	return sum
}
