//go:build linux

package load

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/cgroup"
	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/thread"
)

func cpuLoad(share float64) emulator.Load {
	return emulator.Load{CPU: emulator.CPULoad{Level: flat(share)}}
}

// begin starts a load that ends with the test.
func begin(t testing.TB, o Options) *Running {
	t.Helper()
	r, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func allCPUs(t testing.TB) []int {
	t.Helper()
	cpus, err := thread.CPUs()
	if err != nil || len(cpus) == 0 {
		t.Fatalf("CPUs of this process: %v, %v", cpus, err)
	}
	return cpus
}

// used is the CPU time of a process.
func used(t testing.TB, pid int) time.Duration {
	t.Helper()
	var sum time.Duration
	tasks, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/task/" + task.Name() + "/schedstat")
		if err != nil {
			continue // it has ended
		}
		ns, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(ns)
	}
	return sum
}

// TestCPU holds a real load to what cannot depend on who else runs: it never
// uses more than asked, says what it did, on the CPUs that it was told.
func TestCPU(t *testing.T) {
	const level = 0.4
	cpus := allCPUs(t)[:1]
	r := begin(t, Options{Load: cpuLoad(level), CPUs: cpus})
	pid := r.all[0].cmd.Process.Pid
	before, start := used(t, pid), time.Now()
	if got := r.Status(); len(got) != 1 || got[0].Resource != CPU {
		t.Fatalf("at first: %+v", got)
	}
	time.Sleep(2500 * ms)
	counted, took := (used(t, pid) - before).Seconds(), time.Since(start).Seconds()
	s := r.Status()[0]
	t.Logf("%+v; the kernel counted %.3f", s, counted/took)
	if diff := s.Asked - level; diff < -0.001 || diff > 0.001 {
		t.Errorf("asked %v, want %v", s.Asked, level)
	}
	if s.Total > level+0.01 || s.Total < level/4 {
		t.Errorf("used %v of the CPU, want %v", s.Total, level)
	}
	// What it says against what the kernel counted for the whole process.
	if said := s.Total * took; said > counted+0.05 || said < counted*0.8-0.2 {
		t.Errorf("it says that it used %.3f s; the kernel counted %.3f s", said, counted)
	}
	if s.Elapsed < 1500*ms || s.Elapsed > 4*time.Second {
		t.Errorf("after 2.5 s it says that %v have passed", s.Elapsed)
	}
	if got := affinity(t, pid); !slices.Equal(got, cpus) {
		t.Errorf("it may run on %v, want %v", got, cpus)
	}
}

// affinity is the CPUs that all threads of a process may run on.
func affinity(t *testing.T, pid int) (cpus []int) {
	t.Helper()
	tasks, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			t.Fatal(err)
		}
		var set unix.CPUSet
		if unix.SchedGetaffinity(tid, &set) != nil {
			continue
		}
		for cpu := 0; cpu < 1024; cpu++ {
			if set.IsSet(cpu) {
				cpus = append(cpus, cpu)
			}
		}
	}
	slices.Sort(cpus)
	return slices.Compact(cpus)
}

// TestOverTime: levels are followed from where they are said to begin, and again
// after rewinding; what is asked is added up all the same.
func TestOverTime(t *testing.T) {
	level := over(time.Second, 0, 0.8, 0)
	level.Over.Name = "pulse"
	cpus := allCPUs(t)[:1]
	r := begin(t, Options{
		Load: emulator.Load{CPU: emulator.CPULoad{Level: level}}, CPUs: cpus,
		Since: 1500 * ms, Every: 20 * ms,
	})
	wait := func(d time.Duration) Status {
		time.Sleep(d)
		return r.Status()[0]
	}
	// 0.5 s at 0.8, then 0: 400 ms of CPU time.
	s := wait(1200 * ms)
	t.Logf("%+v", s)
	near(t, "asked after 0.5 s of 0.8", s.AskedTotal*s.Elapsed.Seconds(), 0.4, 0.02)
	if got := s.Total * s.Elapsed.Seconds(); got > 0.42 || got < 0.05 {
		t.Errorf("used %.3f s, want 0.4", got)
	}
	if s.Late > time.Second {
		t.Errorf("a step was %v late", s.Late)
	}
	if err := r.Rewind(1800 * ms); err != nil {
		t.Fatal(err)
	}
	s = wait(700 * ms)
	near(t, "and 0.2 s of it again", s.AskedTotal*s.Elapsed.Seconds(), 0.56, 0.04)
	if s.Asked > 0.3 {
		t.Errorf("in the last second %v is asked, want 0.16 and what is left of the first pulse: none", s.Asked)
	}
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if got < want-within || got > want+within {
		t.Errorf("%s: %.3f, want %.3f", what, got, want)
	}
}

// TestWhole: a share of all CPUs, by threads that the scheduler places.
func TestWhole(t *testing.T) {
	cpus := allCPUs(t)
	l := cpuLoad(0.3)
	l.CPU.Whole = true
	r := begin(t, Options{Load: l, CPUs: cpus})
	pid := r.all[0].cmd.Process.Pid
	if got := affinity(t, pid); !slices.Equal(got, cpus) {
		t.Errorf("it may run on %v, want %v", got, cpus)
	}
	before, start := used(t, pid), time.Now()
	time.Sleep(1500 * ms)
	share := float64(used(t, pid)-before) / float64(time.Since(start)) / float64(len(cpus))
	if share > 0.34 || share < 0.05 {
		t.Errorf("%.3f of all CPUs, want 0.3", share)
	}
	if s := r.Status()[0]; s.Total > 0.31 {
		t.Errorf("it says that it used %v", s.Total)
	}
}

// TestMemory: bytes are counted, and no more than the share of what is reached
// alone.
func TestMemory(t *testing.T) {
	r := begin(t, Options{Load: emulator.Load{Memory: flat(0.25)}, Every: 50 * ms})
	time.Sleep(1500 * ms)
	s := r.Status()[0]
	t.Logf("%+v", s)
	if s.Resource != Memory || s.Total > 0.26 || s.Total < 0.02 {
		t.Errorf("%+v, want 0.25", s)
	}
	if s.Alone < 100e6 || s.Alone > 2e12 {
		t.Errorf("alone it reached %v bytes/s", s.Alone)
	}
	near(t, "bytes/s", s.Bps, s.Achieved*s.Alone, 1)
}

// TestResident: the memory is there, is kept, and goes with the load.
func TestResident(t *testing.T) {
	const size = 80 << 20
	r := begin(t, Options{Load: emulator.Load{Resident: size}, Every: 50 * ms})
	time.Sleep(200 * ms)
	s := r.Status()[0]
	if s.Resource != Resident || s.Asked != size || s.AskedTotal != size || s.Achieved < 0.97*size || s.Achieved > size || s.Total < 0.9*size || s.Total > size {
		t.Errorf("%+v, want %d bytes", s, size)
	}
	rss, err := os.ReadFile("/proc/" + strconv.Itoa(r.all[0].cmd.Process.Pid) + "/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(rss))[1])
	if err != nil || pages*os.Getpagesize() < size {
		t.Errorf("%d pages in RAM, %v", pages, err)
	}
}

// TestTogether: every resource has a process, in the node's group, and Stop ends
// them all.
func TestTogether(t *testing.T) {
	g, err := cgroup.Make("test", cgroup.Limits{CPU: 0.2})
	if errors.Is(err, emulator.ErrUnsupported) {
		needs.Skip(t, "cgroup", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	l := cpuLoad(0.9)
	l.Memory, l.Resident = flat(0.5), 1<<20
	r := begin(t, Options{Load: l, Place: g.Place})
	var names []string
	for _, s := range r.Status() {
		names = append(names, s.Resource)
	}
	if want := []string{Resident, Memory, CPU}; !slices.Equal(names, want) {
		t.Errorf("resources %v, want %v", names, want)
	}
	time.Sleep(1200 * ms)
	u, err := g.Stat()
	if err != nil || u.Throttled == 0 {
		t.Errorf("loads of 2.3 CPUs with a quota of 0.2: %+v, %v", u, err)
	}
	for _, s := range r.Status() {
		if s.Resource == CPU && s.Total > 0.5 {
			t.Errorf("with a quota of 0.2 CPUs: %+v", s)
		}
	}
	pids := pidsOf(r)
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
	for _, pid := range pids {
		if unix.Kill(pid, 0) == nil {
			t.Errorf("process %d is still there", pid)
		}
	}
}

func pidsOf(r *Running) (pids []int) {
	for _, p := range r.all {
		pids = append(pids, p.cmd.Process.Pid)
	}
	return pids
}
