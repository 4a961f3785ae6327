package tc

import (
	"math"
	"testing"
	"time"
)

// TestHistogram: a quantile is not below the exact one, and at most 1/16 above.
func TestHistogram(t *testing.T) {
	var h histogram
	if h.quantile(0.5) != 0 {
		t.Error("an empty histogram has a median")
	}
	for i := range 1000 {
		h.add(time.Duration(i+1) * 1000)
	}
	for q, want := range map[float64]time.Duration{0.001: 1000, 0.5: 500_000, 0.99: 990_000, 1: 1_000_000} {
		if got := h.quantile(q); got < want || got > want+want/16 {
			t.Errorf("quantile %v is %v, want %v up to 1/16 more", q, got, want)
		}
	}
	h.add(-1)
	h.add(math.MaxInt64)
	if h.quantile(0.0001) != 0 || h.quantile(1) != math.MaxInt64 || h.most != math.MaxInt64 {
		t.Error("the extremes are not kept")
	}
}
