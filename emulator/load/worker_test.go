//go:build linux

package load

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// TestMoment: a trial's time and the clock's, there and back.
func TestMoment(t *testing.T) {
	m := moment{At: 100 * time.Second, Since: 3 * time.Second}
	if got := m.trial(101 * time.Second); got != 4*time.Second {
		t.Errorf("a second later the trial is at %v, want 4s", got)
	}
	if got := m.of(4 * time.Second); got != 101*time.Second {
		t.Errorf("the trial is at 4s at %v, want 1m41s", got)
	}
	if got := m.trial(90 * time.Second); got != 0 {
		t.Errorf("before it began the trial is at %v, want 0", got)
	}
	c := &clock{}
	c.set.Store(&moment{At: monotonic(), Since: time.Hour})
	if got := now(c); got < time.Hour || got > time.Hour+time.Minute {
		t.Errorf("now it is %v, want 1h", got)
	}
}

// TestStreaming: all of one half comes to the other, and every byte counts
// twice, as it is read and written.
func TestStreaming(t *testing.T) {
	s := &streaming{from: make([]byte, 3*piece), to: make([]byte, 3*piece), alone: 4 * piece}
	for i := range s.from {
		s.from[i] = byte(i / 7)
	}
	s.work(0)
	if s.bytes != 2*piece || s.used() != 500*ms {
		t.Errorf("a piece is %v bytes and takes %v alone, want %d and 500ms", s.bytes, s.used(), 2*piece)
	}
	s.work(0)
	s.work(0)
	if !bytes.Equal(s.from, s.to) || s.at != 0 {
		t.Errorf("after three pieces of three it is at %d, and the halves are equal: %v", s.at, bytes.Equal(s.from, s.to))
	}
	s.measure()
	if s.used() != 0 || s.alone < 1e6 {
		t.Errorf("after measuring %v are used, and %v bytes/s are what it reaches", s.used(), s.alone)
	}
}

func TestBufferFor(t *testing.T) {
	for cache, want := range map[unit.Bytes]unit.Bytes{
		0: 64 << 20, 1 << 20: 64 << 20, 32 << 20: 64 << 20,
		33 << 20:      66 << 20,
		33<<20 + 1000: 66<<20 + 2*piece, // whole pieces in both halves
	} {
		if got := bufferFor(cache); got != want || got%(2*piece) != 0 {
			t.Errorf("buffer for a cache of %v: %v, want %v", cache, got, want)
		}
	}
}

// TestLastCache: the largest of all CPUs that are asked about.
func TestLastCache(t *testing.T) {
	root := t.TempDir()
	for path, text := range map[string]string{
		"cpu0/cache/index0/size": "32K\n", "cpu0/cache/index3/size": "4096K\n", "cpu0/cache/index4/size": "\n",
		"cpu1/cache/index3/size": "8192K\n", "cpu2/cache/uevent": "", "cpu10/cache/index3/size": "65536K\n",
	} {
		file := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		cpus []int
		want unit.Bytes
	}{{[]int{0}, 4 << 20}, {[]int{0, 1}, 8 << 20}, {[]int{2}, 0}, {[]int{77}, 0}, {nil, 0}} {
		if got := lastCache(root, tt.cpus); got != tt.want {
			t.Errorf("cache of CPUs %v: %v, want %v", tt.cpus, got, tt.want)
		}
	}
}

// TestTouch: every page is used once in ten seconds.
func TestTouch(t *testing.T) {
	page := os.Getpagesize()
	h := &holding{all: make([]byte, 1000*page+1)}
	touched := func() (n int) {
		for i := 0; i < len(h.all); i += page {
			if h.all[i] > 0 {
				n++
			}
		}
		return n
	}
	h.touch(time.Second)
	if n := touched(); n < 100 || n > 102 {
		t.Errorf("%d of 1001 pages in the first second, want 101", n)
	}
	for range 9 {
		h.touch(time.Second)
	}
	if n := touched(); n != 1001 {
		t.Errorf("%d of 1001 pages in ten seconds", n)
	}
	h.at = 0
	enough := errors.New("enough")
	reports := 0
	err := h.keep(10*ms, func(s Status) error {
		if reports++; reports == 3 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || h.at != 4*page { // twice 1/1000 of 1000 pages, and one more
		t.Errorf("after two reports: %v, and %d bytes on", err, h.at)
	}
	h = &holding{all: make([]byte, 10)}
	h.touch(time.Hour) // no more than all of it
	h.touch(time.Hour)
	if h.all[0] < 2 {
		t.Error("less than a page is not used")
	}
}

// TestHeldBack: what a control group does not leave is refused.
func TestHeldBack(t *testing.T) {
	dir, err := os.MkdirTemp("/sys/fs/cgroup/memory", "load-test-")
	if err == nil {
		t.Cleanup(func() { _ = os.Remove(dir) })
		err = os.WriteFile(dir+"/memory.limit_in_bytes", []byte("104857600"), 0)
	}
	if err != nil {
		needs.Skip(t, "cgroup-memory", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", `echo 0 >"$1/cgroup.procs" && exec "$2"`, "sh", dir, self)
	cmd.Env = append(os.Environ(), starter+"=50MiB")
	out, err := cmd.CombinedOutput()
	want := "background load: resident memory: 50MiB, and 64MiB to spare, of which the control group leaves "
	if err == nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("50 MiB and what is to be spared in a group of 100 MiB: %v, %s; want %s", err, out, want)
	}
}

// TestInTurn: threads that are placed by the scheduler divide a period among
// them, those that are pinned work at the same time.
func TestInTurn(t *testing.T) {
	task := task{CPUs: []int{3, 5}, Level: flat(0.5), Whole: true}
	var phases []time.Duration
	for _, b := range task.burners(nil) {
		phases = append(phases, b.rule.phase)
		if len(b.cpus) != 2 {
			t.Errorf("a thread that may be anywhere is on %v", b.cpus)
		}
	}
	if len(phases) != 2 || phases[0] != 0 || phases[1] != 5*ms {
		t.Errorf("turns begin after %v, want 0 and 5ms", phases)
	}
	task.Whole = false
	for i, b := range task.burners(nil) {
		if b.rule.phase != 0 || len(b.cpus) != 1 || b.cpus[0] != task.CPUs[i] {
			t.Errorf("pinned thread %d: phase %v on %v", i, b.rule.phase, b.cpus)
		}
	}
}

// TestFollow: a thread never sleeps for longer than a period, nor past a step by
// more than a millisecond.
func TestFollow(t *testing.T) {
	c := &clock{}
	c.set.Store(&moment{At: monotonic(), Since: 3 * time.Second})
	level := over(13*ms, alternating(100, 0.01, 0.02)...)
	level.Over.Wrap = trace.Loop
	left := 60
	b := &burner{clock: c, rule: regulator{level: level, period: 10 * ms}}
	b.sleep = func(until time.Duration) {
		now := now(c)
		if wake := c.set.Load().trial(until); wake > now+10*ms || wake > now/(13*ms)*(13*ms)+14*ms {
			t.Errorf("at %v it sleeps until %v", now, wake)
		}
		if left--; left == 0 {
			runtime.Goexit()
		}
		if left == 30 {
			c.set.Store(&moment{At: monotonic(), Since: 0})
		}
		sleepUntil(until)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.follow(newComputing())
	}()
	<-done
	if now := now(c); now > time.Second+500*ms && b.rule.at > time.Second+500*ms {
		t.Errorf("after rewinding to 0 the level is followed at %v", b.rule.at)
	}
}

// A fakeGPU takes twice as long as it is asked for.
type fakeGPU struct{ asked []time.Duration }

func (g *fakeGPU) Run(t time.Duration) (time.Duration, error) {
	g.asked = append(g.asked, t)
	if len(g.asked) > 2 {
		return 0, errors.New("fell off the bus")
	}
	return 2 * t, nil
}

// TestKernels: a GPU is asked for what is left, not for too long at a time; what
// it took is what is used; and its end is the load's.
func TestKernels(t *testing.T) {
	g, failed := &fakeGPU{}, ""
	k := &kernels{device: g, fail: func(err error) { failed = err.Error() }}
	k.work(3 * ms)
	k.work(time.Second)
	if want := []time.Duration{3 * ms, 10 * ms}; !slices.Equal(g.asked, want) || k.used() != 26*ms || failed != "" {
		t.Errorf("asked for %v, used %v, failed: %q; want %v and 26ms", g.asked, k.used(), failed, want)
	}
	k.work(ms)
	if failed != "fell off the bus" {
		t.Errorf("a GPU that fails: %q", failed)
	}
}

// TestComputing: a turn takes about what is left, and what it takes is used.
func TestComputing(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c := newComputing()
	for _, left := range []time.Duration{50 * time.Microsecond, time.Hour} {
		var took []time.Duration
		for range 101 {
			from := c.used()
			c.work(left)
			took = append(took, c.used()-from)
		}
		slices.Sort(took)
		want := min(left, longTurn)
		if got := took[50]; got < want/3 || got > 3*want {
			t.Errorf("with %v left a turn takes %v, want %v", left, got, want)
		}
	}
}

// now is the trial's time.
func now(c *clock) time.Duration { return c.set.Load().trial(monotonic()) }
