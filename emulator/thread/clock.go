//go:build linux

package thread

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Monotonic is a time, of this process and read with its monotonic part, on the
// clock that all processes of a host share, CLOCK_MONOTONIC, within a
// microsecond or so: the two clocks are read one after the other.
func Monotonic(t time.Time) time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(fmt.Sprintf("CLOCK_MONOTONIC: %v", err))
	}
	return time.Duration(now.Nano()) - time.Since(t)
}
