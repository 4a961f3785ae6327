package plots

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/plots/stats"
)

// TestTogether: what is the same of A becomes one row, what another run lacks
// stays empty, a row that only a later run has comes after its condition, and
// one that is compared with other requests of A does not pass for the same.
func TestTogether(t *testing.T) {
	got := together([][][]string{
		{{"idle", "x", "1 s", "2 s", "+100 %"}, {"busy", "x", "3 s", "3 s", "~"}},
		{{"idle", "x", "1 s", "1 s", "="}, {"idle", "y", "5 s", "6 s", "+20 %"}, {"busy", "x", "4 s", "4 s", "~"}, {"new", "x", "7 s", "7 s", "="}},
	}, "", " − A")
	want := [][]string{
		{"condition", "arm", "A", "B", "B − A", "C", "C − A"},
		{"idle", "x", "1 s", "2 s", "+100 %", "1 s", "="},
		{"idle", "y", "5 s", "", "", "6 s", "+20 %"},
		{"busy", "x", "3 s", "3 s", "~", "", ""},
		{"busy", "x", "4 s", "", "", "4 s", "~"},
		{"new", "x", "7 s", "", "", "7 s", "="},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestPairwise: a difference in a condition that is not valid in both is told
// from others.
func TestPairwise(t *testing.T) {
	got := pairwise([][]string{
		{"idle", "x", "3", "1 s", "2 s", "+100 %, too few", "", "infer +1 s"},
		{"busy" + notValid, "x", "9", "1 s", "2 s", "+100 %", "+90 to +110 %", "infer +1 s"},
	}, 3)
	want := [][]string{{"idle", "x", "1 s", "2 s", "+100 %, too few"}, {"busy", "x", "1 s", "2 s", "+100 % (invalid)"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestAround: how far an interval reaches is told by its longer side.
func TestAround(t *testing.T) {
	e := func(v, lo, hi stats.Number) stats.Estimate { return stats.Estimate{Value: v, Low: lo, High: hi} }
	for _, tt := range []struct {
		e    stats.Estimate
		want string
	}{
		{e(200, 190, 206), "200 ms ± 5 %"}, // 10/200
		{e(200, 196, 230), "200 ms ± 15 %"},
		{e(200, stats.Missing(), stats.Missing()), "200 ms"},
		{e(stats.Missing(), stats.Missing(), stats.Missing()), "–"},
		{e(0, 0, 0), "0 ms"},
	} {
		if got := around(tt.e); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.e, got, tt.want)
		}
	}
}

// TestLetter names more runs than there are letters.
func TestLetter(t *testing.T) {
	for i, want := range map[int]string{0: "A", 2: "C", 25: "Z", 26: "27"} {
		if got := Letter(i); got != want {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
	}
}
