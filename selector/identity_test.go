package selector_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/selector"
)

// TestOtherOptions: what was worked out of some options is not said of others.
func TestOtherOptions(t *testing.T) {
	opts, o := fifty()
	for _, policy := range []string{"greedy", "static", "advanced"} {
		c := selector.Config{Policy: policy, Budget: strict, Option: opts[3].Model}
		used := newSelector(t, c)
		used.Select(o, opts)
		for _, others := range [][]selector.Option{opts[2:], opts[2:9], opts[1:8]} {
			want, got := newSelector(t, c).Select(o, others), used.Select(o, others)
			for i := range got.Candidates {
				if diff := cmp.Diff(want.Candidates[i], got.Candidates[i]); diff != "" {
					t.Errorf("%s: option %d of %d: %s", policy, i, len(others), diff)
				}
			}
			if policy != "advanced" && got.Choice != want.Choice { // which may stay with what it used
				t.Errorf("%s: chose %d of %d, want %d", policy, got.Choice, len(others), want.Choice)
			}
		}
	}
}
