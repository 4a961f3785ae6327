//go:build linux

package thread_test

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/thread"
)

// TestMonitor: one thread of an undisturbed process, not the main one, is above
// the links' priority, and stays the only one; what it starts is ordinary.
func TestMonitor(t *testing.T) {
	t.Cleanup(func() {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(math.MaxInt64)
	})
	for range 3 {
		refused := thread.Undisturbed()
		raised := above(t)
		if want := map[bool]int{true: 1}[refused == nil]; len(raised) != want {
			t.Errorf("%d threads above the links' priority, and the answer %v", len(raised), refused)
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
	}
}

// limited is set in the environment of a process that is made an ordinary user's.
const limited = "THREAD_TEST_LIMITED"

// TestNoneAlone: where the monitor may not be above links, because an ordinary
// user is allowed their priority and no higher one, links are ordinary too.
func TestNoneAlone(t *testing.T) {
	if os.Getenv(limited) == "" {
		var refused error
		thread.ThrowAway(func() { refused = thread.Realtime(thread.Link) })
		if os.Geteuid() != 0 || refused != nil {
			t.Skip("only root may allow it:", refused)
		}
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestNoneAlone$", "-test.v")
		cmd.Env = append(os.Environ(), limited+"=1")
		switch out, err := cmd.CombinedOutput(); {
		case err != nil:
			t.Errorf("%v\n%s", err, out)
		case strings.Contains(string(out), "--- SKIP"):
			t.Skipf("%s", out)
		}
		return
	}
	links := unix.Rlimit{Cur: thread.Link, Max: thread.Link}
	if err := errors.Join(unix.Setrlimit(unix.RLIMIT_RTPRIO, &links), syscall.Setuid(65534)); err != nil {
		t.Skip("this root may not allow it: ", err)
	}
	thread.ThrowAway(func() {
		if err := thread.Realtime(thread.Link); err != nil {
			t.Errorf("before the monitor was asked for: %v", err)
		}
	})
	if thread.Undisturbed() == nil {
		t.Error("the monitor is above its limit")
	}
	thread.ThrowAway(func() {
		if thread.Realtime(thread.Link) == nil {
			t.Error("a real-time thread beside an ordinary monitor")
		}
	})
}

// TestUndisturbed: garbage waits.
func TestUndisturbed(t *testing.T) {
	_ = thread.Undisturbed() // the error is the monitor's
	t.Cleanup(func() { debug.SetMemoryLimit(math.MaxInt64) })
	if percent := debug.SetGCPercent(100); percent != -1 {
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
