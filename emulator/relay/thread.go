//go:build linux

package relay

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// priority is that of the relay's threads among real-time ones: above those
// that did not choose, below the kernel's own (50).
const priority = 10

// becomeRealtime gives the thread of the calling goroutine, which must be its
// own, precise timers and, where allowed, SCHED_FIFO. The error says why it
// has no SCHED_FIFO.
func becomeRealtime() error {
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

// pin keeps the calling thread on those CPUs, if there are any.
func pin(cpus []int) error {
	if len(cpus) == 0 {
		return nil
	}
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
		if !set.IsSet(cpu) {
			return fmt.Errorf("CPU %d: no such CPU", cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("CPUs %d: %w", cpus, err)
	}
	return nil
}
