//go:build linux

package calibrate

import (
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// now is the time of CLOCK_MONOTONIC, which all processes of a host share.
func now() time.Duration { return clock(unix.CLOCK_MONOTONIC) }

func clock(id int32) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(id, &ts); err != nil {
		panic(fmt.Sprintf("clock %d: %v", id, err))
	}
	return time.Duration(ts.Nano())
}

// realtime returns CLOCK_REALTIME minus CLOCK_MONOTONIC: the kernel stamps
// packets with the former. Of several readings it takes the one that was made
// in the least time.
func realtime() time.Duration {
	var offset time.Duration
	best := time.Duration(1<<63 - 1)
	for range 20 {
		before := now()
		real := clock(unix.CLOCK_REALTIME)
		if took := now() - before; took < best {
			best, offset = took, real-before-took/2
		}
	}
	return offset
}

// sleepUntil returns at an absolute time of CLOCK_MONOTONIC.
func sleepUntil(t time.Duration) {
	if now() >= t {
		return
	}
	ts := unix.NsecToTimespec(int64(t))
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil) == unix.EINTR {
	}
}

// spinning are threads that burn CPU until they are told to stop.
type spinning struct{ stop atomic.Bool }

// SpinArgs say how many threads burn; 0 ends those that do.
type SpinArgs struct{ Threads int }

// Spin starts or ends the load of a busy machine.
func (s *service) Spin(a SpinArgs, _ *None) error {
	if s.spinning != nil {
		s.spinning.stop.Store(true)
		s.spinning = nil
	}
	if a.Threads == 0 {
		return nil
	}
	s.spinning = &spinning{}
	for range a.Threads {
		go s.spinning.run()
	}
	return nil
}

// run computes at ordinary priority.
func (s *spinning) run() {
	x := uint64(1)
	for !s.stop.Load() {
		for range 10_000 {
			x = x*6364136223846793005 + 1442695040888963407
		}
		sink.Store(x)
	}
}

// sink keeps the compiler from leaving the computation out.
var sink atomic.Uint64
