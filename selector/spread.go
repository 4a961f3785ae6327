package selector

import (
	"math"
	"time"
)

// A spread is how the time of a request is distributed: normally around m with
// variance v, in nanoseconds, or in one of two such ways. The chances w of the
// two add up to 1 where one or the other happens, and are both 1 where the
// later of the two counts.
type spread struct {
	w, m, v [2]float64
}

// single is one normal distribution.
func single(mean time.Duration, variance float64) spread {
	return spread{w: [2]float64{1, 0}, m: [2]float64{float64(mean), 0}, v: [2]float64{variance, 0}}
}

// either is the first of two single spreads with chance p, and the second with
// chance q.
func either(p float64, a spread, q float64, b spread) spread {
	return spread{w: [2]float64{p, q}, m: [2]float64{a.m[0], b.m[0]}, v: [2]float64{a.v[0], b.v[0]}}
}

// plus is the sum of two independent single spreads.
func (s spread) plus(o spread) spread {
	s.m[0] += o.m[0]
	s.v[0] += o.v[0]
	return s
}

// z95 is how many standard deviations above the mean of a normal distribution
// 95 % of it end.
const z95 = 1.6448536269514722

// normalQuantile is that of the standard normal distribution, 0 < q < 1.
func normalQuantile(q float64) float64 { return math.Sqrt2 * math.Erfinv(2*q-1) }

// within is the time that the share q of requests stays within, where z is
// normalQuantile(q) and each standard deviation is taken widen times.
func (s *spread) within(q, z, widen float64) float64 {
	switch {
	case s.w[1] == 0:
		return s.m[0] + z*widen*math.Sqrt(s.v[0])
	case s.w[0] == 0:
		return s.m[1] + z*widen*math.Sqrt(s.v[1])
	}
	// No closed form: halve the range in which it must be. Twelve times
	// leave less than a hundredth of the wider standard deviation, or a
	// thousandth of the distance of the two.
	const far, halvings = 5, 12
	a, b := max(widen*math.Sqrt(s.v[0]), 1), max(widen*math.Sqrt(s.v[1]), 1)
	low, high := min(s.m[0]-a, s.m[1]-b), max(s.m[0]+far*a, s.m[1]+far*b)
	for range halvings {
		t := (low + high) / 2
		if s.w[0]*above((t-s.m[0])/a)+s.w[1]*above((t-s.m[1])/b) > 1-q {
			low = t
		} else {
			high = t
		}
	}
	return high
}

// above is the chance of the standard normal distribution to be above z.
func above(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
