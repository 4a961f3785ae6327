package virtual

import (
	"math"
)

// An answer is made up. An image is as hard for all models, but each has luck of
// its own with it: a model's luck with an image is
//
//	z = √ρ·hard + √(1−ρ)·own        hard, own ~ N(0, 1)
//
// and it is right where z < Φ⁻¹(accuracy), so that it is as often right as its
// accuracy says, and of models of 70 % and 78 % one alone is right on 18 % of the
// images, as of ResNets (a Gaussian copula). How sure it is comes from what it can feel of
// its luck, s with a correlation of κ to z: it says the share of right answers
// among all those where it feels the same,
//
//	confidence = P(right | s) = Φ((Φ⁻¹(accuracy) − κ·s) / √(1−κ²))
//
// but at least 1/classes; so it is surer where it is right, and calibrated. What
// a model answers depends on the plan's seed, the image and the model alone: on
// a device by whose profile it is less accurate it is right of fewer images, all
// of them among those of the other.
type answers struct {
	seed    uint64
	classes int
}

// ρ and κ.
const (
	alike   = 0.79
	feeling = 0.85
)

// of is what a model answers that is right where its luck is below bound.
func (a answers) of(sample, model string, label int, bound float64) (prediction int, confidence float64) {
	hard := draw(a.seed, sample, "").NormFloat64()
	own := draw(a.seed, sample, model)
	z := math.Sqrt(alike)*hard + math.Sqrt(1-alike)*own.NormFloat64()
	s := feeling*z + math.Sqrt(1-feeling*feeling)*own.NormFloat64()
	confidence = cumulative((bound - feeling*s) / math.Sqrt(1-feeling*feeling))
	confidence = math.Round(1e6*max(confidence, 1/float64(a.classes))) / 1e6
	if z < bound {
		return label, confidence
	}
	return (label + 1 + own.IntN(a.classes-1)) % a.classes, confidence
}
