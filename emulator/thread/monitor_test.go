//go:build linux

package thread_test

import (
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/thread"
)

// TestUndisturbed: one thread, not the main one, is above the links' priority
// where that is allowed, what it starts is ordinary, and garbage waits.
func TestUndisturbed(t *testing.T) {
	before := len(above(t))
	err := thread.Undisturbed()
	t.Cleanup(func() {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(math.MaxInt64)
		for _, tid := range above(t) {
			if err := unix.SchedSetAttr(tid, &unix.SchedAttr{Size: unix.SizeofSchedAttr}, 0); err != nil {
				t.Error(err)
			}
		}
	})
	raised := above(t)
	if want := map[bool]int{true: 1}[err == nil]; len(raised)-before != want {
		t.Errorf("%d threads above the links' priority, and the answer %v", len(raised), err)
	}
	for _, tid := range raised {
		attr, err := unix.SchedGetAttr(tid, 0)
		if err != nil {
			t.Fatal(err)
		}
		if tid == os.Getpid() || attr.Flags&unix.SCHED_FLAG_RESET_ON_FORK == 0 {
			t.Errorf("thread %d of process %d, flags %#x: want another thread than the main one, whose children are ordinary", tid, os.Getpid(), attr.Flags)
		}
	}
	if percent := debug.SetGCPercent(-1); percent != -1 {
		t.Errorf("garbage is collected at %d %%", percent)
	}
}

// above are the threads of this process with a higher priority than links.
func above(t *testing.T) (tids []int) {
	t.Helper()
	tasks, err := filepath.Glob("/proc/self/task/*")
	if err != nil || len(tasks) == 0 {
		t.Fatalf("%d threads: %v", len(tasks), err)
	}
	for _, task := range tasks {
		tid, err := strconv.Atoi(filepath.Base(task))
		if err != nil {
			t.Fatal(err)
		}
		if attr, err := unix.SchedGetAttr(tid, 0); err == nil && attr.Policy == unix.SCHED_FIFO && attr.Priority > thread.Link {
			tids = append(tids, tid)
		}
	}
	return tids
}

// TestCollect frees what is garbage, once there is much.
func TestCollect(t *testing.T) {
	old := debug.SetGCPercent(-1)
	defer debug.SetGCPercent(old)
	var stats debug.GCStats
	count := func() int64 { debug.ReadGCStats(&stats); return stats.NumGC }
	debug.FreeOSMemory()
	before := count()
	thread.Collect()
	if got := count(); got != before {
		t.Errorf("%d collections of next to nothing", got-before)
	}
	for range 80 {
		sink = make([]byte, 1<<20)
	}
	thread.Collect()
	if got := count(); got == before {
		t.Error("80 MB of garbage stay")
	}
}

var sink []byte
