//go:build linux

// Package thread gives work a thread of the kernel's to itself: one that is
// woken in time, or one that ends with what was done to it.
package thread

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// The priorities among real-time threads: above those that did not choose,
// below the kernel's own (50).
const (
	Probe   = 5  // what measures links, which must never hold them up
	Link    = 10 // what plays links
	Monitor = 11 // the Go runtime's monitor, which watches both: see Undisturbed
)

// Realtime gives the calling goroutine a thread of its own, which ends with
// it, with precise timers and, where allowed, SCHED_FIFO at that priority, at most
// Link. The error says why it has no SCHED_FIFO. A program in which such threads
// come and go from system calls all the time calls Undisturbed first.
func Realtime(priority uint32) error {
	runtime.LockOSThread() // not unlocked: the priority goes with the thread
	// Timers of other threads are up to 50 µs late so that they can share
	// interrupts.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	return fifo(0, priority)
}

// fifo gives a thread of this process a priority among real-time threads; 0:
// the calling one.
func fifo(tid int, priority uint32) error {
	attr := unix.SchedAttr{
		Size:     unix.SizeofSchedAttr,
		Policy:   unix.SCHED_FIFO,
		Flags:    unix.SCHED_FLAG_RESET_ON_FORK, // threads and processes that start here are ordinary
		Priority: priority,
	}
	if err := unix.SchedSetAttr(tid, &attr, 0); err != nil {
		return fmt.Errorf("SCHED_FIFO: %w", err)
	}
	return nil
}

// ThrowAway runs f on a thread that ends with it, so that f may leave it in
// another namespace or with another priority. The main thread cannot end, and
// stands for the whole process in /proc: f never runs there.
func ThrowAway(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // not unlocked: so the thread ends
		if unix.Gettid() == unix.Getpid() {
			ThrowAway(f) // on another, as this one is held
			runtime.UnlockOSThread()
			return
		}
		f()
	}()
	<-done
}
