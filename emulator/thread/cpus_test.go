//go:build linux

package thread_test

import (
	"slices"
	"testing"

	"github.com/testbed/testbed/emulator/thread"
)

// TestCPUs: all that there are to begin with, and then those that a thread is
// given, however few.
func TestCPUs(t *testing.T) {
	all, err := thread.CPUs()
	if err != nil || len(all) == 0 || !slices.IsSorted(all) {
		t.Fatalf("CPUs = %v, %v", all, err)
	}
	for _, want := range [][]int{{all[0]}, {all[len(all)-1]}, all} {
		thread.ThrowAway(func() {
			if err := thread.Pin(want); err != nil {
				t.Error(err)
			}
			if got, err := thread.CPUs(); !slices.Equal(got, want) || err != nil {
				t.Errorf("CPUs = %v, %v; want %v", got, err, want)
			}
		})
	}
}
