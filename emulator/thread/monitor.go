//go:build linux

package thread

import (
	"errors"
	"fmt"
	"runtime/debug"
	"runtime/metrics"

	"golang.org/x/sys/unix"
)

// unwatched is how much memory a process of real-time threads may take before
// garbage is collected all the same; collected is how much there is at least
// when Collect does.
const (
	unwatched = 512 << 20
	collected = 64 << 20
)

// A thread that returns from a system call loops for as long as another of the
// runtime's has hold of it: the monitor, which takes the processor of who is
// long in a call, or a collection of garbage. If that other is ordinary and on
// the same CPU, a real-time thread never lets it go on, and both stand still
// until the kernel throttles real-time threads, after 0.95 s.
//
// A monitor above them wakes up at its own pace, up to every 20 µs, whoever is
// busy. That is nothing on a machine, but on a kernel that is itself a program,
// of one CPU, it makes all else late by a tick of its clock: so it is raised
// only by programs that ask for it.

// Undisturbed keeps the Go runtime of this process from holding real-time
// threads up. It is called once, early, by a program that will have some: the
// monitor gets a higher priority than they have, and garbage is collected when
// Collect is called, or if there is very much of it.
//
// The error says why the monitor stays ordinary: it may not be raised, or was not
// found. Then this process and those that it starts have no real-time threads
// either, which it could hold up, unless they have the capability for it.
func Undisturbed() error {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(unwatched)
	tid, err := monitor()
	if err == nil {
		err = fifo(tid, Monitor)
	}
	if err == nil {
		return nil
	}
	err = fmt.Errorf("the runtime's monitor: %w", err)
	var limit unix.Rlimit // of an ordinary user, which may lie between the two priorities
	return errors.Join(err, unix.Prlimit(0, unix.RLIMIT_RTPRIO, nil, &limit))
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
