package lag

import (
	"math"
	"testing"
	"time"
)

func TestHistogramQuantiles(t *testing.T) {
	var h Histogram
	if got := h.Quantile(0.5); got != 0 {
		t.Errorf("empty: %v, want 0", got)
	}
	for i := range 1000 {
		h.Add(time.Duration(i+1) * time.Microsecond)
	}
	for _, tt := range []struct {
		q         float64
		low, high time.Duration // the true one, and that + 1/16
	}{
		{0.001, 1000, 1063},
		{0.50, 500_000, 531_250},
		{0.99, 990_000, 1_000_000}, // never above the largest
		{1, 1_000_000, 1_000_000},
	} {
		if got := h.Quantile(tt.q); got < tt.low || got > tt.high {
			t.Errorf("quantile(%v) = %v, want %v to %v", tt.q, got, tt.low, tt.high)
		}
	}
	h.Add(-5)
	if got := h.Quantile(0.0001); got != 0 {
		t.Errorf("after -5ns: %v, want 0", got)
	}
	h.Add(math.MaxInt64)
	if h.Quantile(1) != math.MaxInt64 || h.Max() != math.MaxInt64 {
		t.Error("the longest duration is not kept")
	}
}

// TestBinsJoin walks the edges of all bins: each ends where the next begins.
func TestBinsJoin(t *testing.T) {
	last := len(Histogram{}.bins) - 1
	for i := range last {
		end := above(i)
		if end == math.MaxInt64 {
			break
		}
		if bin(end) != i || bin(end+1) != i+1 {
			t.Errorf("bin %d ends at %d, which is in %d, and %d in %d", i, end, bin(end), end+1, bin(end+1))
		}
	}
	if got := bin(math.MaxInt64); got > last {
		t.Errorf("the longest duration is in bin %d of %d", got, last+1)
	}
}
