//go:build linux

package load

import (
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A moment is where a trial's time stood at a time of CLOCK_MONOTONIC, which is
// the same in all processes.
type moment struct {
	At    time.Duration `json:"at_ns"`
	Since time.Duration `json:"since_ns"`
}

// A clock tells a trial's time. It may be set while others read it.
type clock struct{ set atomic.Pointer[moment] }

// trial is the trial's time at t of CLOCK_MONOTONIC.
func (m *moment) trial(t time.Duration) time.Duration { return max(0, t-m.At+m.Since) }

// of is the time of CLOCK_MONOTONIC at t of the trial.
func (m *moment) of(t time.Duration) time.Duration { return t - m.Since + m.At }

// started is a time of both Go's monotonic clock, which is quicker to read, and
// CLOCK_MONOTONIC.
var started = struct {
	time time.Time
	mono time.Duration
}{time.Now(), kernelTime(unix.CLOCK_MONOTONIC)}

// monotonic reads CLOCK_MONOTONIC, to within what lies between reading both
// clocks at the start.
func monotonic() time.Duration { return started.mono + time.Since(started.time) }

// Note: the calls below do not tell the Go runtime that they are system calls.
// It would take the processor from a thread in each sleep, and look for such
// threads every 20 µs, which together takes 3 % of a CPU. There is a processor for
// each of these threads, and nobody waits for it.

// kernelTime reads a clock that every Linux has.
func kernelTime(id int32) time.Duration {
	var ts unix.Timespec
	if _, _, err := unix.RawSyscall(unix.SYS_CLOCK_GETTIME, uintptr(id), uintptr(unsafe.Pointer(&ts)), 0); err != 0 {
		panic(fmt.Sprintf("clock %d: %v", id, err))
	}
	return time.Duration(ts.Nano())
}

// sleepUntil returns at an absolute time of CLOCK_MONOTONIC. It sleeps in the
// kernel rather than in the Go runtime, which is up to a millisecond late.
func sleepUntil(t time.Duration) {
	ts := unix.NsecToTimespec(int64(t))
	for {
		_, _, err := unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
		if err != unix.EINTR {
			return
		}
	}
}
