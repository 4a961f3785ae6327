//go:build linux

package relay

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// priority is that of the relay's threads among real-time ones: above those
// that did not choose, below the kernel's own (50).
const priority = 10

// becomeRealtime gives the goroutine a thread of its own, which ends with it,
// with precise timers and, where allowed, SCHED_FIFO. The error says why it
// has no SCHED_FIFO.
func becomeRealtime() error {
	runtime.LockOSThread()
	// Timers of other threads are up to 50 µs late so that they can share
	// interrupts.
	unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	attr := unix.SchedAttr{
		Size:     unix.SizeofSchedAttr,
		Policy:   unix.SCHED_FIFO,
		Flags:    unix.SCHED_FLAG_RESET_ON_FORK, // threads and processes that start here are ordinary
		Priority: priority,
	}
	if err := unix.SchedSetAttr(0, &attr, 0); err != nil {
		return fmt.Errorf("SCHED_FIFO: %w", err)
	}
	return nil
}
