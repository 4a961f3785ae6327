package stats

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/testbed/testbed/runner/record"
)

// wilson is Wilson's score interval of a share p seen in n trials.
func wilson(p, n, confidence float64) Range {
	if n <= 0 || math.IsNaN(p) {
		return Range{Missing(), Missing()}
	}
	low, high := score(p, n, twoSided(confidence))
	return Range{round(low), round(high)}
}

// score is Wilson's interval at so many deviations z, which it bears for an n
// that is no whole number too:
//
//	(p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)
func score(p, n, z float64) (low, high float64) {
	centre := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	scale := 1 + z*z/n
	return max((centre-half)/scale, 0), min((centre+half)/scale, 1)
}

// twoSided is how many deviations an interval of a confidence reaches to either
// side, and oneSided how many a bound of it does: 1.96 and 1.64 at 95 %.
func twoSided(confidence float64) float64 { return oneSided((1 + confidence) / 2) }

func oneSided(confidence float64) float64 { return distuv.UnitNormal.Quantile(confidence) }

// accuracyOf is the share of right answers among those that came, of how many
// images in all, and how many different ones.
func accuracyOf(requests []*request) (share float64, n, images int) {
	seen := map[string]bool{}
	right := 0
	for _, r := range requests {
		if r.Failed {
			continue
		}
		for i := range answers(r) {
			a := answer(r, i)
			seen[a.Sample] = true
			n++
			right += hit(a)
		}
	}
	if n == 0 {
		return math.NaN(), 0, 0
	}
	return float64(right) / float64(n), n, len(seen)
}

// answers is how many images a request asked for.
func answers(r *request) int {
	if r.batch != nil {
		return len(*r.batch)
	}
	return 1
}

// answer is the answer of a request to its image i.
func answer(r *request, i int) record.Answer {
	if r.batch != nil {
		return (*r.batch)[i]
	}
	return record.Answer{Sample: r.Sample, Label: int(r.Label), Prediction: int(r.Prediction)}
}

// hit is 1 for a right answer, else 0.
func hit(a record.Answer) int {
	if a.Prediction == a.Label {
		return 1
	}
	return 0
}

// newRand is a generator over src.
func newRand(src rand.Source) *rand.Rand { return rand.New(src) }

// Wilson returns Wilson's score interval of the share that right of n trials
// are, at a confidence such as 0.95; 0 and 1 if n is not positive.
func Wilson(right, n int, confidence float64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	r := wilson(float64(right)/float64(n), float64(n), confidence)
	return float64(r.Low), float64(r.High)
}
