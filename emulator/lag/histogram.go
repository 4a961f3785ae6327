// Package lag counts how late things were.
package lag

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// A Bin is how many durations were at most this, and more than the bin before,
// be it empty: a bin is at most 1/16 wide of what it holds.
type Bin struct {
	AtMost time.Duration
	Count  int64
}

// A Histogram counts durations in bins that are at most 1/16 wide of what they
// hold, and each nanosecond below 16. One goroutine adds while others read,
// without a lock that could make the first wait.
//
// The zero Histogram is empty.
//
// Note: HdrHistogram does the same and wants a lock.
type Histogram struct {
	bins  [61 * 16]atomic.Int64
	total atomic.Int64
	most  atomic.Int64
}

// Add counts d; a negative d counts as 0.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.bins[bin(d)].Add(1)
	h.total.Add(1)
	if int64(d) > h.most.Load() {
		h.most.Store(int64(d))
	}
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

// Quantile returns a duration that at least the share q of all do not exceed,
// 0 < q ≤ 1; 0 if there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := int64(math.Ceil(q * float64(h.total.Load())))
	if rank == 0 {
		return 0
	}
	var seen int64
	for i := range h.bins {
		if seen += h.bins[i].Load(); seen >= rank {
			return min(above(i), h.Max())
		}
	}
	return h.Max()
}

// Bins returns the bins that are not empty, from the least on.
func (h *Histogram) Bins() (bins []Bin) {
	for i := range h.bins {
		if n := h.bins[i].Load(); n > 0 {
			bins = append(bins, Bin{AtMost: above(i), Count: n})
		}
	}
	return bins
}

// Max returns the largest; 0 if there are none.
func (h *Histogram) Max() time.Duration { return time.Duration(h.most.Load()) }
