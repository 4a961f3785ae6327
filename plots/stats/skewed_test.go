package stats

import (
	"strings"
	"testing"
)

// TestSkewedByAFewSlowRequests: both arms take 100 ms, but for one request in
// twenty of each that takes 2 s. Of 200 pairs, 10 have a ratio of −19 and 10 of
// 0.95: Δt is −0.9025, though the arms are alike and the geometric mean is 0.
func TestSkewedByAFewSlowRequests(t *testing.T) {
	s := newSmall("c")
	for i := range 200 {
		base, other := 100*ms, 100*ms
		switch i % 20 {
		case 3:
			base = 2000 * ms
		case 13:
			other = 2000 * ms
		}
		s.pair("c", 0, i, base, other)
	}
	got := Summarize(s.Run).Conditions[0]
	if v := got.Saving.MeanOfRatios.Value; v > -0.9 || v < -0.91 {
		t.Errorf("Δt %v, want -0.9025", v)
	}
	if !strings.Contains(strings.Join(Texts(got.Warnings), "\n"), "advanced: Δt, a mean of ratios, is −90.") {
		t.Errorf("warnings %v: want one about a few slow requests", got.Warnings)
	}
	even := newSmall("c")
	even.many("c", 200, 100*ms, 50*ms)
	for _, w := range Summarize(even.Run).Conditions[0].Warnings {
		if strings.Contains(w.Text, "geometric") {
			t.Errorf("a steady run is warned of: %s", w.Text)
		}
	}
}
