//go:build linux

package load

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// run burns until ctx is done. It tells ready once whether its thread is on
// its CPU.
func (b *burner) run(ctx context.Context, ready chan<- error) {
	// Not unlocked: a thread that was pinned is not given back to the
	// runtime, but ends with this goroutine.
	runtime.LockOSThread()
	var set unix.CPUSet
	set.Set(b.cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		ready <- fmt.Errorf("load on CPU %d: %w", b.cpu, err)
		return
	}
	wall0, cpu0 := clock(unix.CLOCK_MONOTONIC), clock(unix.CLOCK_THREAD_CPUTIME_ID)
	ready <- nil
	for ctx.Err() == nil {
		now := clock(unix.CLOCK_MONOTONIC) - wall0
		used := clock(unix.CLOCK_THREAD_CPUTIME_ID) - cpu0
		b.progress.Store(&reading{wall: now, cpu: used})
		stop, end := b.rule.next(now, used)
		for used < stop && now < end {
			b.x = spin(b.x)
			now = clock(unix.CLOCK_MONOTONIC) - wall0
			used = clock(unix.CLOCK_THREAD_CPUTIME_ID) - cpu0
		}
		sleepUntil(wall0 + end)
	}
}

// spin computes for some ten microseconds: long against reading the clocks,
// short against a period. Its result is kept so that the compiler keeps it.
func spin(x float64) float64 {
	for range 2000 {
		x = math.Sqrt(x + 1)
	}
	return x
}

// clock reads a clock that every Linux has.
func clock(id int32) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(id, &ts); err != nil {
		panic(fmt.Sprintf("clock %d: %v", id, err))
	}
	return time.Duration(ts.Nano())
}

// sleepUntil returns at an absolute time of CLOCK_MONOTONIC. It sleeps in the
// kernel rather than in the Go runtime, which is up to a millisecond late.
func sleepUntil(t time.Duration) {
	ts := unix.NsecToTimespec(int64(t))
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil) == unix.EINTR {
	}
}
