//go:build linux

package thread_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/thread"
)

// waiting is set in the environment of a process that is to be held up.
const waiting = "THREAD_TEST_WAITING"

// TestNoStall: threads with SCHED_FIFO that return from system calls while the
// runtime's monitor looks at them, all on the monitor's CPU, are not held up by
// it until the kernel throttles them, for 0.95 s.
func TestNoStall(t *testing.T) {
	if os.Getenv(waiting) != "" {
		fmt.Printf("latest: %d\n", wait(t, 3, 3*time.Second))
		return
	}
	if testing.Short() {
		t.Skip("takes 3 s")
	}
	var refused error
	thread.ThrowAway(func() { refused = thread.Realtime(thread.Link) })
	if refused != nil {
		t.Skip(refused)
	}
	cpus, err := thread.CPUs()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestNoStall$")
	cmd.Env = append(os.Environ(), waiting+"=1")
	out := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = out, out
	thread.ThrowAway(func() {
		var one unix.CPUSet
		one.Set(cpus[len(cpus)-1])
		if err = unix.SchedSetaffinity(0, &one); err == nil {
			err = cmd.Start() // on that CPU, as is all that it starts
		}
	})
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var latest time.Duration
	if _, err := fmt.Sscanf(out.String(), "latest: %d\n", &latest); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("latest: %v", latest)
	if latest > 500*time.Millisecond {
		t.Errorf("a thread stood still for %v; want at most what a busy machine explains", latest)
	}
}

// wait has n threads wait again and again, for about as long as the monitor does
// between its rounds, which is 20 µs and more. It returns by how much one of
// them was late at most.
func wait(t *testing.T, n int, d time.Duration) time.Duration {
	if err := thread.Undisturbed(); err != nil {
		t.Error(err)
	}
	runtime.GOMAXPROCS(n + 2)
	end := time.Now().Add(d)
	var latest atomic.Int64
	var threads sync.WaitGroup
	for range n {
		threads.Go(func() {
			if err := thread.Realtime(thread.Link); err != nil {
				t.Error(err)
			}
			for begun := time.Now(); begun.Before(end); begun = time.Now() {
				timeout := unix.NsecToTimespec(int64(10*time.Microsecond) + rand.Int64N(int64(200*time.Microsecond)))
				_, _ = unix.Ppoll(nil, &timeout, nil)
				late := int64(time.Since(begun)) - timeout.Nano()
				for old := latest.Load(); late > old && !latest.CompareAndSwap(old, late); old = latest.Load() {
				}
			}
		})
	}
	threads.Wait()
	return time.Duration(latest.Load())
}
