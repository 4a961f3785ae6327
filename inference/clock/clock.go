//go:build unix

// Package clock reads the one clock that all processes of a host share, so
// that times taken in different processes may be compared.
package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

// Now reads CLOCK_MONOTONIC: the time since some moment before the host came
// up. It never goes back and is the same in every process and network
// namespace of a host; it means nothing on another host.
func Now() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic("clock: CLOCK_MONOTONIC: " + err.Error()) // every Unix has it
	}
	return time.Duration(ts.Nano())
}
