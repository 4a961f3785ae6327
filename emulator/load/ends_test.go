//go:build linux

package load

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/cgroup"
	"github.com/testbed/testbed/emulator/gpu"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// TestNothing: where nothing is asked for there is nothing.
func TestNothing(t *testing.T) {
	for _, l := range []emulator.Load{{}, {Down: emulator.Traffic{Level: flat(1), Of: unit.Mbps}}} {
		r := begin(t, Options{Load: l})
		if len(r.all) != 0 || len(r.Status()) != 0 || r.Rewind(0) != nil {
			t.Errorf("%+v has %d processes", l, len(r.all))
		}
	}
	if err := (*Running)(nil).Stop(); err != nil {
		t.Error(err)
	}
}

// TestFailed: who started a load that ends by itself is told, once, and not if
// it was told to end.
func TestFailed(t *testing.T) {
	told := make(chan error, 2)
	l := cpuLoad(0.01)
	l.Resident = 1 << 20
	r := begin(t, Options{Load: l, Failed: func(err error) { told <- err }})
	for _, pid := range pidsOf(r) {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	select {
	case err := <-told:
		if !strings.HasPrefix(err.Error(), "background load: ") || !strings.HasSuffix(err.Error(), ": signal: killed") {
			t.Errorf("told: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was told")
	}
	for _, p := range r.all {
		<-p.exited
	}
	time.Sleep(50 * ms) // in which the other process could be told of
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
	if err := r.Rewind(0); err == nil || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("rewinding what is gone: %v", err)
	}
	begin(t, Options{Load: cpuLoad(0.01), Failed: func(err error) { told <- err }}).Stop()
	select {
	case err := <-told:
		t.Errorf("told again: %v", err)
	case <-time.After(100 * ms):
	}
}

// TestRefuses: an error names the resource, says what was wanted, and leaves
// nothing.
func TestRefuses(t *testing.T) {
	huge := unit.Bytes(1) << 50
	backwards := &trace.Series{Name: "x", At: []time.Duration{5}, Value: []float64{1}, Period: 9}
	for _, tt := range []struct {
		options Options
		want    string
	}{
		{Options{Load: cpuLoad(-0.1)}, "load: cpu: -0.1: want a share from 0 to 1"},
		{Options{Load: cpuLoad(1.1)}, "load: cpu: 1.1: want a share from 0 to 1"},
		{Options{Load: emulator.Load{Memory: emulator.Level{Over: backwards}}}, "load: memory: x: begins at 5ns: want 0"},
		{Options{Load: cpuLoad(0.5), Since: -1}, "load since -1ns: want 0 or more"},
		{Options{Load: cpuLoad(0.5), CPUs: []int{1000}}, "background load: CPU: CPUs [1000]: invalid argument"},
		{Options{Load: emulator.Load{Resident: huge}}, "background load: resident memory: 1048576GiB, and 64MiB to spare, of which "},
		{Options{Load: emulator.Load{CPU: emulator.CPULoad{Level: flat(0.1)}, Resident: huge}}, "background load: resident memory: "},
		{Options{Load: cpuLoad(0.1), Place: cgroup.Place{Dirs: []string{"/no/such"}}}, "background load: CPU: put process 0 into its control group: open /no/such/cgroup.procs: no such file or directory"},
	} {
		r, err := Start(t.Context(), tt.options)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v, want one line: %s", tt.options, err, tt.want)
			continue
		}
		if r != nil {
			t.Errorf("%+v: an error, and %+v", tt.options, r)
		}
		t.Log(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Options{Load: cpuLoad(0.1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("started while told not to: %v", err)
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
}

// TestUntold: a process that cannot be told what to load is ended.
func TestUntold(t *testing.T) {
	if _, err := start(task{Resource: CPU, Level: flat(math.NaN())}, nil); err == nil || !strings.Contains(err.Error(), "unsupported value: NaN") {
		t.Errorf("%v, want what cannot be said", err)
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
}

// TestNoGPU: a machine without one says what was looked for.
func TestNoGPU(t *testing.T) {
	if gpu.Probe(gpu.Libraries{}, 0) == nil {
		t.Skip("there is one")
	}
	_, err := Start(t.Context(), Options{Load: emulator.Load{GPU: flat(0.1)}})
	if err == nil || !strings.HasPrefix(err.Error(), "background load: GPU: "+gpu.ErrNone.Error()) {
		t.Errorf("a load of no GPU: %v", err)
	}
}

// children are the processes that this one has.
func children(t *testing.T) (pids []string) {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		text, err := os.ReadFile("/proc/self/task/" + task.Name() + "/children")
		if err == nil {
			pids = append(pids, strings.Fields(string(text))...)
		}
	}
	return pids
}

// TestPinned: each CPU has a thread that runs on no other.
func TestPinned(t *testing.T) {
	cpus := allCPUs(t)
	r := begin(t, Options{Load: cpuLoad(0.01), CPUs: cpus})
	got := map[int]int{}
	tasks, err := filepath.Glob("/proc/" + strconv.Itoa(r.all[0].cmd.Process.Pid) + "/task/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		tid, err := strconv.Atoi(filepath.Base(task))
		if err != nil {
			t.Fatal(err)
		}
		var set unix.CPUSet
		if unix.SchedGetaffinity(tid, &set) == nil && set.Count() == 1 {
			for _, cpu := range cpus {
				if set.IsSet(cpu) {
					got[cpu]++
				}
			}
		}
	}
	for _, cpu := range cpus {
		if got[cpu] != 1 && len(cpus) > 1 {
			t.Errorf("%d threads on CPU %d alone, want one", got[cpu], cpu)
		}
	}
}

// TestDiesWithStarter: a load whose starter is killed ends at once.
func TestDiesWithStarter(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), starter+"=1MiB")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	text := make([]byte, 100)
	n, err := out.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(text[:n]))
	if len(words) != 3 {
		t.Fatalf("processes %q, want three", words)
	}
	_ = cmd.Process.Kill()
	for end := time.Now().Add(3 * time.Second); ; time.Sleep(10 * ms) {
		alive := slices.DeleteFunc(slices.Clone(words), func(word string) bool {
			stat, err := os.ReadFile("/proc/" + word + "/stat")
			return err != nil || strings.Contains(string(stat), ") Z ")
		})
		if len(alive) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("processes %v live on", alive)
		}
	}
}
