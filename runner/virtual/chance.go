package virtual

import (
	"math"
	"math/rand/v2"
)

// draw is a source of chance that depends on a seed and names alone.
func draw(seed uint64, names ...string) *rand.Rand {
	return rand.New(rand.NewPCG(seed, hash(names...)))
}

// hash is FNV-1a of names, each ended by a zero.
func hash(names ...string) uint64 {
	h := uint64(14695981039346656037)
	for _, name := range names {
		for i := range len(name) {
			h = (h ^ uint64(name[i])) * 1099511628211
		}
		h *= 1099511628211 // of the zero
	}
	return h
}

// cumulative is Φ, the share of a standard normal distribution below z.
func cumulative(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// quantile is Φ⁻¹: below which a share of a standard normal distribution lies.
func quantile(share float64) float64 { return math.Sqrt2 * math.Erfinv(2*share-1) }
