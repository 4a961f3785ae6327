//go:build linux

package thread_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/thread"
)

// TestMonotonic: a time that was read between two readings of the host's clock
// lies between them, by that clock.
func TestMonotonic(t *testing.T) {
	read := func() time.Duration {
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
			t.Fatal(err)
		}
		return time.Duration(ts.Nano())
	}
	least := time.Hour
	for range 100 { // of which few are interrupted
		before := read()
		then := time.Now()
		after := read()
		time.Sleep(100 * time.Microsecond)
		at := thread.Monotonic(then)
		least = min(least, max(before-at, at-after, 0))
	}
	if least > 10*time.Microsecond {
		t.Errorf("off by %v at least", least)
	}
	if got := thread.Monotonic(time.Now().Add(-time.Hour)); (read() - time.Hour - got).Abs() > time.Second {
		t.Errorf("an hour ago was %v ago", read()-got)
	}
}
