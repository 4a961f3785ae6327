package node_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/load"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/oip"
)

// loads counts the background loads among processes, or that were when they
// lived.
func loads(t *testing.T, pids map[int]bool) (n int) {
	t.Helper()
	for pid := range pids {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && strings.Contains(string(line), "testbed-load") {
			n++
		}
	}
	return n
}

// children are the processes whose parent is pid.
func children(t *testing.T, pid int) map[int]bool {
	t.Helper()
	all := make(map[int]bool)
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		if err != nil {
			continue // the thread has ended
		}
		for _, word := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				all[child] = true
			}
		}
	}
	return all
}

func needLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("background load is made on Linux only")
	}
}

// cpu is a background load of a share of each CPU.
func cpu(share float64) emulator.Load {
	return emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Share: share}}}
}

// TestSetLoad: it begins, is told, can be changed and ends.
func TestSetLoad(t *testing.T) {
	needLinux(t)
	w := open(t, "")
	traffic := emulator.Load{Up: emulator.Traffic{Level: emulator.Level{Share: 0.5}, Of: unit.Mbps}}
	for want, l := range map[string]emulator.Load{
		"-0.1: want a share": cpu(-0.1), "1.1: want a share": cpu(1.1), "NaN: want a share": cpu(math.NaN()),
		"cross traffic: it takes an emulated link": traffic,
	} {
		if err := w.edge.SetLoad(t.Context(), l, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("SetLoad: error %v, want %q in it", err, want)
		}
	}
	if err := w.control.SetLoad(t.Context(), cpu(0.5), 0); err == nil || !strings.Contains(err.Error(), "not an inference node") {
		t.Errorf("SetLoad of control: %v", err)
	}
	for _, share := range []float64{0.3, 0.1} {
		if err := w.edge.SetLoad(t.Context(), cpu(share), 0); err != nil {
			t.Fatal(err)
		}
		if n := loads(t, children(t, os.Getpid())); n != 1 {
			t.Errorf("at %v: %d loads, want 1", share, n)
		}
		eventually(t, "achieved", func() bool {
			s := w.status(t, "")
			if len(s.Loads) != 1 || s.Loads[0].Resource != load.CPU || s.Loads[0].Asked > share+1e-9 || s.Loads[0].Achieved > share+0.05 {
				t.Fatalf("%+v, asked for %v", s, share)
			}
			// What another process does is not this one's.
			return s.Loads[0].Achieved > share/4 && s.Others > 0
		})
	}
	if err := w.edge.SetLoad(t.Context(), emulator.Load{}, 0); err != nil {
		t.Fatal(err)
	}
	if s := w.status(t, ""); len(s.Loads) != 0 || loads(t, children(t, os.Getpid())) != 0 {
		t.Errorf("after it ended: %+v", s)
	}
}

// TestLoadOverTime: a load that varies stands as it does since after its begin,
// and is rewound without another process.
func TestLoadOverTime(t *testing.T) {
	needLinux(t)
	w := open(t, "")
	over := &trace.Series{Name: "steps", At: []time.Duration{0, time.Hour}, Value: []float64{0, 0.4}, Period: 2 * time.Hour}
	l := emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Over: over}}}
	if err := w.edge.SetLoad(t.Context(), l, time.Hour); err != nil {
		t.Fatal(err)
	}
	before := children(t, os.Getpid())
	asked := func(want float64) func() bool {
		return func() bool {
			s := w.status(t, "")
			return len(s.Loads) == 1 && math.Abs(s.Loads[0].Asked-want) < 0.01
		}
	}
	eventually(t, "in its second hour", asked(0.4))
	if err := w.edge.SetLoad(t.Context(), l, 0); err != nil {
		t.Fatal(err)
	}
	eventually(t, "in its first hour", asked(0))
	for pid := range children(t, os.Getpid()) {
		if loads(t, map[int]bool{pid: true}) == 1 && !before[pid] {
			t.Errorf("process %d is new", pid)
		}
	}
}

// TestLoadEndsWithTheConnection: so do the sessions of the runner.
func TestLoadEndsWithTheConnection(t *testing.T) {
	needLinux(t)
	n := listen(t, node.ListenOptions{})
	c, _ := takeOver(t, node.DialOptions{URL: n.url}, node.Config{Name: "edge", Models: model.Builtin()[:2]})
	if err := c.Prepare(t.Context(), node.PrepareArgs{Models: []string{model.Builtin()[1].Name}}); err != nil {
		t.Fatal(err)
	}
	if err := c.SetLoad(t.Context(), cpu(0.1), 0); err != nil {
		t.Fatal(err)
	}
	pids := children(t, os.Getpid())
	if n := loads(t, pids); n != 1 {
		t.Fatalf("%d loads, want 1", n)
	}
	c.Close()
	eventually(t, "without a load", func() bool { return loads(t, pids) == 0 })
	eventually(t, "without the runner's session", func() bool {
		return index(t, n.url)[model.Builtin()[1].Name] == oip.StateUnavailable
	})
}

// TestLoadDiesWithTheNode: kill -9 leaves none running.
func TestLoadDiesWithTheNode(t *testing.T) {
	needLinux(t)
	cmd, address := child(t)
	c, _ := takeOver(t, node.DialOptions{URL: "http://" + address}, node.Config{Name: "edge", Models: model.Builtin()[:1]})
	if err := c.SetLoad(t.Context(), cpu(0.5), 0); err != nil {
		t.Fatal(err)
	}
	pids := children(t, cmd.Process.Pid)
	if n := loads(t, pids); n != 1 {
		t.Fatalf("%d loads, want 1", n)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "without a load", func() bool { return loads(t, pids) == 0 })
}

// TestReexec: malloc's settings are there when the program runs, those that the
// user made unchanged.
func TestReexec(t *testing.T) {
	needLinux(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(withoutMalloc(), envReexec+"=1", "MALLOC_ARENA_MAX=7")
	out, err := cmd.CombinedOutput()
	want := "MALLOC_ARENA_MAX=7\nMALLOC_MMAP_THRESHOLD_=4194304\nMALLOC_TRIM_THRESHOLD_=131072\n"
	if err != nil || string(out) != want {
		t.Errorf("%v: %s; want %s", err, out, want)
	}
}

// TestClockOffset: nodes of one host have one clock.
func TestClockOffset(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	c, _ := takeOver(t, node.DialOptions{URL: n.url}, node.Config{Name: "edge", Models: model.Builtin()[:1]})
	offset, bound, err := c.ClockOffset(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if offset.Abs() > bound || bound <= 0 || bound > time.Second {
		t.Errorf("offset %v give or take %v, want 0", offset, bound)
	}
}
