package arch

import (
	"hash/fnv"
	"iter"
	"math"
	"math/rand/v2"
)

// Weights draw a network's weights. Each tensor has a stream of its own, from
// the seed and its name.
type weights struct {
	network string
	seed    uint64
}

// draw gives n numbers, uniform in mean ± spread.
//
// They are uniform rather than normal because that takes no logarithm, whose
// last bit differs from one processor to another: here each step is exact or
// rounded once, as IEEE 754 says, so the same seed gives the same bytes
// everywhere. (Go may fuse x*y+z, and does so on arm64; an explicit conversion
// forbids it.)
func (w weights) draw(tensor string, n int64, mean, spread float64) iter.Seq[float32] {
	h := fnv.New64a()
	h.Write([]byte(w.network + "\x00" + tensor))
	stream := h.Sum64()
	middle, step := float32(mean), float32(spread/(1<<23))
	return func(yield func(float32) bool) {
		source := rand.NewPCG(w.seed, stream)
		var bits uint64
		for i := range n {
			if bits >>= 32; i%2 == 0 { // each draw serves two
				bits = source.Uint64()
			}
			if !yield(spreadOut(uint32(bits), middle, step)) {
				return
			}
		}
	}
}

// spreadOut maps bits to one of 2^23 odd numbers of steps from the middle.
func spreadOut(bits uint32, middle, step float32) float32 {
	odd := int32(bits>>9)<<1 + 1 - 1<<23
	off := float32(float32(odd) * step)
	return middle + off
}

// uniform is the spread of weights such that fanIn products with numbers of
// mean square power add up to a mean square of 1: uniform in ±s has variance
// s²/3 (He et al. 2015, eq. 10, for whatever comes before).
func uniform(fanIn int, power float64) float64 {
	return math.Sqrt(3 / (float64(fanIn) * power))
}
