//go:build linux

package load

import (
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/thread"
)

// A worker uses a resource. Its methods are called by the thread that made it.
type worker interface {
	// work uses some of it: about as much as is left, or less if that would
	// take long.
	work(left time.Duration)
	// used is what was used so far, as time of the whole resource.
	used() time.Duration
}

// A burner is one thread that works so that what it uses follows a level.
type burner struct {
	cpus  []int // that it may run on
	rule  regulator
	clock *clock
	sleep func(until time.Duration) // sleepUntil

	progress atomic.Pointer[reading]
}

// run works until the process ends. It tells ready once whether its thread is
// on its CPUs and has a worker, and begins to work when begin is closed.
func (b *burner) run(hire func() (worker, error), ready chan<- error, begin <-chan struct{}) {
	// Not unlocked: a thread that was pinned is not given back to the
	// runtime, but ends with this goroutine.
	runtime.LockOSThread()
	if err := thread.Pin(b.cpus); err != nil {
		ready <- err
		return
	}
	// Timers are up to 50 µs late otherwise, so that they can share interrupts.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	w, err := hire()
	if ready <- err; err != nil {
		return
	}
	<-begin
	b.follow(w)
}

// follow works and sleeps by turns, for ever.
func (b *burner) follow(w worker) {
	by := b.clock.set.Load()
	wall0, used0 := by.At, w.used()
	b.rule.begin(by.Since)
	for {
		mono := monotonic()
		used := w.used() - used0
		if m := b.clock.set.Load(); m != by {
			b.rule.rewind(by.trial(m.At), m.Since, used)
			by = m
		}
		stop, end := b.rule.next(by.trial(mono), used)
		b.progress.Store(&reading{wall: mono - wall0, asked: b.rule.asked, used: used, late: b.rule.late})
		wake := by.of(end)
		for used < stop && mono < wake {
			w.work(min(stop-used, wake-mono))
			used, mono = w.used()-used0, monotonic()
		}
		b.sleep(wake)
	}
}
