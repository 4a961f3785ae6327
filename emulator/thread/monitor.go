//go:build linux

package thread

import (
	"errors"
	"fmt"
	"runtime/debug"
	"runtime/metrics"

	"golang.org/x/sys/unix"
)

// watcher is the priority of the Go runtime's monitor: above all that it
// watches.
const watcher = Link + 1

// unwatched is how much memory a process of real-time threads may take before
// garbage is collected all the same; collected is how much there is at least
// when Collect does.
const (
	unwatched = 512 << 20
	collected = 64 << 20
)

// Undisturbed keeps the Go runtime of this process from holding real-time
// threads up. It is called once, early, by a program that will have some.
//
// A thread that returns from a system call loops for as long as another of the
// runtime's has hold of it: the monitor, which takes the processor of who is
// long in a call, or a collection of garbage. If that other is ordinary and on
// the same CPU, the real-time thread never lets it go on, and both stand still
// until the kernel throttles real-time threads, after 0.95 s. So the monitor
// gets a higher priority than they have, and garbage is collected when Collect
// is called, or if there is very much of it.
//
// The error says why the monitor stays ordinary: it may not be raised, in which
// case there are no real-time threads either, or was not found.
func Undisturbed() error {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(unwatched)
	attr := unix.SchedAttr{
		Size:     unix.SizeofSchedAttr,
		Policy:   unix.SCHED_FIFO,
		Flags:    unix.SCHED_FLAG_RESET_ON_FORK,
		Priority: watcher,
	}
	tid, err := monitor()
	if err == nil {
		err = unix.SchedSetAttr(tid, &attr, 0)
	}
	if err != nil {
		return fmt.Errorf("the runtime's monitor at SCHED_FIFO: %w", err)
	}
	return nil
}

// monitor is the runtime's monitor: the first thread that it starts.
func monitor() (tid int, err error) {
	const most = 64 // numbers that other processes may have had meanwhile
	pid := unix.Getpid()
	for tid := pid + 1; tid <= pid+most; tid++ {
		if unix.Tgkill(pid, tid, 0) == nil {
			return tid, nil
		}
	}
	return 0, errors.New("not found")
}

// Collect collects garbage if there is much: to be called where it holds
// nothing up.
func Collect() {
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	if heap[0].Value.Uint64() > collected {
		debug.FreeOSMemory()
	}
}
