package stats

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestScatter: of five pairs of 1 s against 0.9, 0.75, 0.74, 1.1 and 1 s, three
// are faster and two save 25 % or more: 0.75 saves exactly that. A pair of which
// one failed, or has no time, is none.
func TestScatter(t *testing.T) {
	s := newSmall("c")
	s.Header.Require.Saving = 0.25
	for i, other := range []time.Duration{900, 750, 740, 1100, 1000} {
		s.pair("c", 0, i, 1000*ms, other*ms)
	}
	s.pair("c", 0, 5, 100*ms, 0)
	s.pair("c", 0, 6, 100*ms, 50*ms)
	s.Requests[len(s.Requests)-1].Error = "timeout"
	got := Collect(s.Run).Cells[0].Scatters
	want := []Scatter{{Arm: 1, Pairs: 5, Dots: []PairDot{{1000, 900, 1}, {1000, 750, 1}, {1000, 740, 1}, {1000, 1100, 1}, {1000, 1000, 1}}, Faster: 3, Enough: 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scatters (-want +got)\n%s", diff)
	}
}

// TestScatterIsThinned: of 6000 pairs in one condition 600 are dots, every tenth.
func TestScatterIsThinned(t *testing.T) {
	s := newSmall("c")
	for i := range 6000 {
		s.pair("c", 0, i, 100*ms, time.Duration(i+1)*time.Microsecond)
	}
	got := Collect(s.Run).Cells[0].Scatters[0]
	if got.Pairs != 6000 || len(got.Dots) != 600 || got.Dots[1].Other != 0.011 {
		t.Errorf("%d pairs, %d dots, the second %v; want 6000, 600, and 0.011 ms", got.Pairs, len(got.Dots), got.Dots[1])
	}
}

// TestShareOfDots: of 2400 for 12 conditions each has 200; for 3 it would be 800, for
// 1000 it would be 2.
func TestShareOfDots(t *testing.T) {
	for n, want := range map[int]int{0: 600, 3: 600, 12: 200, 1000: 40} {
		if got := share(2400, n, 40, 600); got != want {
			t.Errorf("share of %d: %d, want %d", n, got, want)
		}
	}
}

// TestSampled: of 0 … 99 with at most 2·8 kept, the first 16 fill it; then
// every second, fourth and eighth: 0, 8, … 96.
func TestSampled(t *testing.T) {
	var s sampled[int]
	for i := range 100 {
		s.add(i, 8)
	}
	want := []int{0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96}
	if diff := cmp.Diff(want, s.kept); diff != "" || s.n != 100 {
		t.Errorf("kept (-want +got)\n%s\nof %d", diff, s.n)
	}
}
