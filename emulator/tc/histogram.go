package tc

import (
	"math"
	"math/bits"
	"time"
)

// A histogram counts durations in bins that are at most 1/16 wide of what they
// hold, and each nanosecond below 16.
type histogram struct {
	bins  [61 * 16]int64
	total int64
	most  time.Duration
}

// add counts d; a negative d counts as 0.
func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.bins[bin(d)]++
	h.total++
	h.most = max(h.most, d)
}

// bin returns the bin of d: sixteen for each power of two, told apart by the
// four bits after the first.
func bin(d time.Duration) int {
	if d < 16 {
		return int(d)
	}
	shift := bits.Len64(uint64(d)) - 5
	return (shift+1)*16 + int(d>>shift)&15
}

// above returns the largest duration in bin i.
func above(i int) time.Duration {
	if i < 16 {
		return time.Duration(i)
	}
	shift := i/16 - 1
	return time.Duration(uint64(16+i%16+1)<<shift - 1)
}

// quantile returns a duration that at least the share q of all do not exceed,
// 0 < q ≤ 1; 0 if there are none.
func (h *histogram) quantile(q float64) time.Duration {
	rank := int64(math.Ceil(q * float64(h.total)))
	var seen int64
	for i, n := range h.bins {
		if seen += n; seen >= rank && rank > 0 {
			return min(above(i), h.most)
		}
	}
	return h.most
}
