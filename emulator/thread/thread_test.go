//go:build linux

package thread_test

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/thread"
)

// TestThrowAway: what is done to a thread is gone with it, and it is never the
// main one, which would stay.
func TestThrowAway(t *testing.T) {
	before := slack(t)
	for range 200 {
		thread.ThrowAway(func() {
			if unix.Gettid() == os.Getpid() {
				t.Error("it runs on the main thread")
			}
			if err := unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(before+12345), 0, 0, 0); err != nil {
				t.Error(err)
			}
		})
		// A thread that the runtime's monitor started, when that is a
		// real-time one, has none, which is not of f's doing.
		if got := slack(t); got != before && got != 0 {
			t.Fatalf("timer slack %d ns afterwards, want %d", got, before)
		}
	}
}

// TestRealtime: timers are precise, whether SCHED_FIFO is allowed or not; the
// answer says which, and is true.
func TestRealtime(t *testing.T) {
	thread.ThrowAway(func() {
		refused := thread.Realtime(thread.Link)
		if got := slack(t); got > 1 { // real-time threads have none, which reads as 0
			t.Errorf("timer slack %d ns, want 1 or less", got)
		}
		attr, err := unix.SchedGetAttr(0, 0)
		if err != nil {
			t.Error(err)
			return
		}
		if fifo := attr.Policy == unix.SCHED_FIFO && attr.Priority == thread.Link; fifo != (refused == nil) {
			t.Errorf("policy %d, priority %d, and the answer %v", attr.Policy, attr.Priority, refused)
		}
	})
}

// slack is the timer slack of the calling thread in ns.
func slack(t *testing.T) int {
	t.Helper()
	ns, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil {
		t.Error(err)
	}
	return ns
}
