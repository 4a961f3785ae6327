//go:build linux

package cgroup

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/thread"
)

// makeHere makes a group, and skips the test where none may be made.
func makeHere(t *testing.T, l Limits) *Group {
	t.Helper()
	g, err := Make("test", l)
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
	return g
}

// runBusy starts a busy process in a group.
func runBusy(t *testing.T, p Place) *exec.Cmd {
	t.Helper()
	cmd := busy()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if err := p.Add(cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// TestQuota: a process gets no more CPU time than the quota, on no other CPUs
// than those given, and the group says so. It ends with the group.
func TestQuota(t *testing.T) {
	cpus, err := thread.CPUs()
	if err != nil {
		t.Fatal(err)
	}
	last := cpus[len(cpus)-1:]
	g := makeHere(t, Limits{CPU: 0.2, CPUs: last})
	t.Logf("%v, pinned: %v, %+v", g, g.Pinned, g.Place)
	cmd := runBusy(t, g.Place)
	before, err := g.Stat()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	time.Sleep(1500 * time.Millisecond)
	after, err := g.Stat()
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun)
	share := float64(after.CPU-before.CPU) / float64(took)
	t.Logf("%.3f CPUs, held back for %v in %d of %d periods", share, after.Throttled, after.Held, after.Periods)
	// A tick of 4 ms may be used beyond the quota, once.
	if most := 0.2 + 0.015; share > most || share == 0 {
		t.Errorf("%.3f CPUs used of a quota of 0.2", share)
	}
	if after.Periods == 0 || after.Held == 0 || after.Throttled <= 0 || after.Held > after.Periods {
		t.Errorf("a busy process with a quota: %+v", after)
	}
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(cmd.Process.Pid, &set); err != nil {
		t.Fatal(err)
	}
	if g.Pinned && (set.Count() != 1 || !set.IsSet(last[0])) {
		t.Errorf("pinned to %v, but it may run on %d CPUs", last, set.Count())
	}
	place := g.Place
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("a process in a group that is closed: %v, want it killed", err)
	}
	gone(t, place, time.Second)
}

// gone fails t if a place is still there after a time.
func gone(t *testing.T, p Place, within time.Duration) {
	t.Helper()
	for _, dir := range p.Dirs {
		for end := time.Now().Add(within); exists(dir); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Errorf("%s is still there", dir)
				break
			}
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// TestJoin: a process that joins takes all its threads along, and what it starts
// afterwards is in the group too.
func TestJoin(t *testing.T) {
	g := makeHere(t, Limits{CPU: 0.5})
	sh := exec.Command("/bin/sh", "-c", `echo 0 >"$1/cgroup.procs" && sh -c 'cat /proc/self/cgroup'`, "sh", g.Quota)
	out, err := sh.CombinedOutput()
	if err != nil || !strings.Contains(string(out), filepath.Base(g.Quota)) {
		t.Errorf("a child of who joined is not in the group: %v\n%s", err, out)
	}
	if err := (Place{}).Join(); err != nil {
		t.Errorf("joining nowhere: %v", err)
	}
}

// maker starts a process that makes a group.
func maker(t *testing.T) (*exec.Cmd, made) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), helper+"=make")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var m made
	if err := json.NewDecoder(out).Decode(&m); err != nil {
		t.Fatal(err)
	}
	if m.Error != "" {
		t.Fatal(m.Error)
	}
	return cmd, m
}

// TestMakerKilled: nothing is left of a maker that is killed.
func TestMakerKilled(t *testing.T) {
	makeHere(t, Limits{CPU: 0.5})
	cmd, m := maker(t)
	if !slices.ContainsFunc(m.Place.Dirs, exists) {
		t.Fatal("the group was never there")
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	gone(t, m.Place, 3*time.Second)
	ended(t, m.Busy)
	ended(t, m.Janitor)
}

// ended fails t if a process, which is no child of this one, lives on.
func ended(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(3 * time.Second); unix.Kill(pid, 0) == nil && !zombie(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("process %d is still there", pid)
			_ = unix.Kill(pid, unix.SIGKILL)
			return
		}
	}
}

// zombie says that a process has ended, whether or not somebody asked.
func zombie(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
	if err != nil {
		return true
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(after, "Z")
}

func itoa(n int) string { return strings.TrimSpace(list([]int{n})) }

// TestAllKilled: where the janitor is killed too, whoever makes the next group
// cleans up; and touches nothing of a maker that lives.
func TestAllKilled(t *testing.T) {
	makeHere(t, Limits{CPU: 0.5})
	_, alive := maker(t)
	cmd, m := maker(t)
	_ = unix.Kill(m.Janitor, unix.SIGKILL)
	ended(t, m.Janitor)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if slices.IndexFunc(m.Place.Dirs, exists) < 0 {
		t.Fatal("somebody else has removed the group")
	}
	makeHere(t, Limits{CPU: 0.5})
	gone(t, m.Place, 0)
	ended(t, m.Busy)
	if unix.Kill(alive.Busy, 0) != nil || zombie(alive.Busy) || !slices.ContainsFunc(alive.Place.Dirs, exists) {
		t.Error("the group of a maker that lives was taken away")
	}
}

// TestUnsupported: a user who may write no group learns which, and that the
// machine is to blame; and nothing is left.
func TestUnsupported(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("wants root to become nobody")
	}
	program := filepath.Join(t.TempDir(), "program")
	text, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(program, text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	for dir := filepath.Dir(program); dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), helper+"=make")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var m made
	if err := json.NewDecoder(out).Decode(&m); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"no control group for a quota of 0.1 CPUs: ", "permission denied", emulator.ErrUnsupported.Error()} {
		if !strings.Contains(m.Error, want) {
			t.Errorf("as nobody: %q, want it to say %q", m.Error, want)
		}
	}
	t.Log(m.Error)
}

func TestRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limits Limits
		want   string
	}{
		{"edge", Limits{}, "control group without limits: want a quota or CPUs"},
		{"edge", Limits{CPU: 0.009}, "quota of 0.009 CPUs: the kernel holds nothing to less than 0.01"},
		{"edge", Limits{CPU: -1}, "quota of -1 CPUs: want a positive number"},
		{"edge", Limits{CPUs: []int{-1}}, "control group on CPU -1: want 0 or more"},
		{"../edge", Limits{CPU: 1}, `control group "../edge": want a name of lower-case letters, digits and '-'`},
	} {
		if g, err := Make(tt.name, tt.limits); err == nil || err.Error() != tt.want {
			t.Errorf("Make(%q, %+v) = %v, %v; want %s", tt.name, tt.limits, g, err, tt.want)
		}
	}
}

// TestCPUsThatAreNot: a set that the kernel refuses leaves nothing behind.
func TestCPUsThatAreNot(t *testing.T) {
	makeHere(t, Limits{CPU: 0.5})
	if g, err := Make("test", Limits{CPUs: []int{4000}}); err == nil || !errors.Is(err, emulator.ErrUnsupported) || !strings.Contains(err.Error(), "cpuset") {
		t.Errorf("CPU 4000: %v, %v", g, err)
	}
	g := makeHere(t, Limits{CPU: 0.5, CPUs: []int{4000}})
	if g.Pinned || g.Quota == "" {
		t.Errorf("CPU 4000 with a quota: %+v, want the quota alone", g)
	}
	runBusy(t, g.Place) // which a group without CPUs would not take
}

// TestPeriod: quotas are whole milliseconds at least.
func TestPeriod(t *testing.T) {
	for cpu, want := range map[float64]time.Duration{
		4: 10 * time.Millisecond, 0.5: 10 * time.Millisecond, 0.1: 10 * time.Millisecond,
		0.09: 12 * time.Millisecond, // 11 would be 0.99 ms
		0.02: 50 * time.Millisecond, 0.01: 100 * time.Millisecond,
	} {
		if got := (Limits{CPU: cpu}).period(); got != want {
			t.Errorf("period for %v CPUs: %v, want %v", cpu, got, want)
		}
	}
}
