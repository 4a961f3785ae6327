//go:build linux

package netns_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/trace"
)

// cpu is a share of each CPU.
func cpu(share float64) emulator.Load {
	return emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Share: share}}}
}

// loads returns what is known of the load of a node, by resource.
func loads(t *testing.T, w *netns.World, node string) map[string]netns.LoadStatus {
	t.Helper()
	s, err := w.Status()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]netns.LoadStatus{}
	for _, l := range s.Loads[node] {
		all[l.Resource] = l
	}
	return all
}

// eventually waits for the load of edge to be as it should.
func eventually(t *testing.T, w *netns.World, what string, is func(map[string]netns.LoadStatus) bool) map[string]netns.LoadStatus {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * ms) {
		if all := loads(t, w, "edge"); is(all) {
			return all
		}
	}
	t.Fatalf("not %s: %+v", what, loads(t, w, "edge"))
	return nil
}

func TestLoad(t *testing.T) {
	need(t, "netns", "veth")
	nodes := []netns.Node{{Name: "edge", CPUs: []int{lastCPU(t)}}}
	w := open(t, netns.Config{Nodes: nodes})
	for _, level := range []float64{0.2, 0.5} {
		if err := w.SetLoad("edge", cpu(level), 0); err != nil {
			t.Fatal(err)
		}
		// Others may want the CPU too, so it may take a while; but never
		// more than asked.
		got := eventually(t, w, "loaded", func(all map[string]netns.LoadStatus) bool { return all["cpu"].Total > level/2 })["cpu"]
		t.Logf("%+v", got)
		if math.Abs(got.Asked-level) > 0.001 || math.Abs(got.AskedTotal-level) > 0.001 || got.Total > level+0.02 {
			t.Errorf("%+v, want %v and no more", got, level)
		}
	}
	if on := threadCPUs(t, child(t, "-__testbed-load")); !slices.Contains(on, fmt.Sprint(lastCPU(t))) {
		t.Errorf("its threads are on %v, want one on %d alone", on, lastCPU(t))
	}
	if err := w.SetLoad("edge", emulator.Load{}, 0); err != nil {
		t.Fatal(err)
	}
	s, err := w.Status()
	if err != nil || len(s.Loads) != 0 {
		t.Errorf("loads after the last was ended: %v, %v", s.Loads, err)
	}
	if left := descendantsOf(t, w); len(left) != 1 {
		t.Errorf("processes %v, want the node alone", left)
	}
}

// threadCPUs are the CPUs that each thread of a process may run on, as the
// kernel writes them.
func threadCPUs(t *testing.T, pid int) (lists []string) {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("threads of %d: %v", pid, err)
	}
	for _, task := range tasks {
		text, _ := os.ReadFile(task) // it may have ended
		_, rest, _ := strings.Cut(string(text), "Cpus_allowed_list:\t")
		list, _, _ := strings.Cut(rest, "\n")
		lists = append(lists, list)
	}
	return lists
}

func TestSetLoadRefuses(t *testing.T) {
	need(t, "netns", "veth")
	w := open(t, netns.Config{Peer: "repository", Nodes: []netns.Node{{Name: "edge"}, {Name: "repository"}, {Name: "cache", Beside: "repository"}}})
	lonely := open(t, netns.Config{Nodes: []netns.Node{{Name: "edge"}}})
	down := emulator.Load{Down: emulator.Traffic{Level: emulator.Level{Share: 0.5}, Of: 1e6}}
	half := down
	half.Resident = 1 << 60
	for _, tt := range []struct {
		name  string
		w     *netns.World
		node  string
		load  emulator.Load
		since time.Duration
		want  string
	}{
		{"a node that is none", w, "cloud", cpu(0.5), 0, `load of cloud: node "cloud": there is none`},
		{"a share above 1", w, "edge", cpu(1.5), 0, "load of edge: load: cpu: 1.5: want a share from 0 to 1"},
		{"before its begin", w, "edge", cpu(0.5), -time.Second, "load of edge: -1s after its begin: want 0 or more"},
		{"no link between", w, "cache", down, 0, "load of cache: cross traffic with repository, which is at the same site: there is no link between them"},
		{"with itself", w, "repository", down, 0, "load of repository: cross traffic with repository, which is at the same site: there is no link between them"},
		{"nobody at the other end", lonely, "edge", down, 0, "load of edge: cross traffic: this world has no node at the other end"},
		{"more memory than there is", w, "edge", emulator.Load{Resident: 1 << 60}, 0, "load of edge: background load: resident memory: "},
		{"half of which can be", w, "edge", half, 0, "load of edge: background load: resident memory: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.w.SetLoad(tt.node, tt.load, tt.since); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
			if s, err := tt.w.Status(); err != nil || len(s.Loads) != 0 {
				t.Errorf("there is load: %v, %v", s.Loads, err)
			}
		})
	}
}

// TestLoads: what is asked of each resource is reported of it, what is asked for
// as before goes on, and the rest is replaced.
func TestLoads(t *testing.T) {
	need(t, "netns", "veth", "relay")
	const rate = 20_000_000
	w := open(t, netns.Config{Nodes: three, Peer: "repository"})
	link := emulator.Link{Rate: rate, Delay: 5 * ms}
	if err := w.SetLink("edge", link, link, 1); err != nil {
		t.Fatal(err)
	}
	l := cpu(0.1)
	l.Resident = 64 << 20
	l.Down = emulator.Traffic{Level: emulator.Level{Share: 0.5}, Of: rate}
	l.Up = emulator.Traffic{Level: emulator.Level{Share: 0.25}, Of: rate, TCP: true}
	if err := w.SetLoad("edge", l, 0); err != nil {
		t.Fatal(err)
	}
	all := eventually(t, w, "all loaded", func(all map[string]netns.LoadStatus) bool {
		return all["traffic-down"].Achieved > 0.45 && all["traffic-up"].Achieved > 0.22 && all["resident"].Achieved == 64<<20
	})
	t.Logf("%+v", all)
	names := map[string]float64{"cpu": 0.1, "resident": 64 << 20, "traffic-down": 0.5, "traffic-up": 0.25}
	for name, asked := range names {
		if got := all[name]; got.Resource != name || got.Asked < asked*0.99 || got.Asked > asked*1.01 || got.Achieved > 1.2*asked {
			t.Errorf("%s: %+v, want %v", name, got, asked)
		}
	}
	if len(all) != len(names) {
		t.Errorf("%d loads, want %d", len(all), len(names))
	}
	if bps := all["traffic-down"].Bps; bps < 0.45*rate || bps > 0.6*rate {
		t.Errorf("traffic down is %v bit/s, want half of %v", bps, rate)
	}
	// It goes the way that it should: 825 frames/s down, 412 up and the
	// acknowledgements of these, at most as many, down.
	before, err := w.Status()
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	after, err := w.Status()
	if err != nil {
		t.Fatal(err)
	}
	down := after.Down["edge"].Bytes - before.Down["edge"].Bytes
	up := after.Up["edge"].Bytes - before.Up["edge"].Bytes
	if down*8 < 0.4*rate || down*8 > 0.7*rate || up*8 < 0.2*rate || up*8 > 0.4*rate {
		t.Errorf("%d and %d bit/s on the link, want half and a quarter of %d", down*8, up*8, rate)
	}

	procs := descendantsOf(t, w)
	l.Up.Share = 0.5
	if err := w.SetLoad("edge", l, 0); err != nil {
		t.Fatal(err)
	}
	// Two of six are others now: both ends of the traffic up.
	if kept := common(procs, descendantsOf(t, w)); len(kept) != len(procs)-2 {
		t.Errorf("of processes %v these are left: %v; want all but two", procs, kept)
	}
	eventually(t, w, "more traffic", func(all map[string]netns.LoadStatus) bool {
		return all["traffic-up"].Achieved > 0.45 && all["traffic-down"].Achieved > 0.45
	})
	if err := w.SetLoad("edge", cpu(0.1), 0); err != nil {
		t.Fatal(err)
	}
	if all := loads(t, w, "edge"); len(all) != 1 || all["cpu"].Resource != "cpu" {
		t.Errorf("of the CPU alone is left %+v", all)
	}
}

// descendantsOf are the processes that the router of a world started.
func descendantsOf(t *testing.T, _ *netns.World) []int { return descendants(t, child(t, "__router")) }

func common(a, b []int) (both []int) {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				both = append(both, x)
			}
		}
	}
	return both
}

// TestLoadRewinds: at another time the same load goes on, as it is then, and
// without anything being started again.
func TestLoadRewinds(t *testing.T) {
	need(t, "netns", "veth")
	w := open(t, netns.Config{Nodes: three, Peer: "control"})
	over := emulator.Level{Over: &trace.Series{Name: "late", At: []time.Duration{0, time.Hour}, Value: []float64{0, 0.5}, Period: 2 * time.Hour}}
	l := emulator.Load{CPU: emulator.CPULoad{Level: over}, Down: emulator.Traffic{Level: over, Of: 10_000_000}, Up: emulator.Traffic{Level: over, Of: 10_000_000, TCP: true}}
	if err := w.SetLoad("edge", l, 0); err != nil {
		t.Fatal(err)
	}
	names := []string{"cpu", "traffic-down", "traffic-up"}
	loaded := func(least, most float64) func(all map[string]netns.LoadStatus) bool {
		return func(all map[string]netns.LoadStatus) bool {
			for _, name := range names {
				if l := all[name]; l.Asked < least || l.Asked > most || l.Achieved < least/2 || l.Achieved > most {
					return false
				}
			}
			return true
		}
	}
	time.Sleep(500 * ms)
	if all := loads(t, w, "edge"); len(all) != 3 || !loaded(0, 0.02)(all) {
		t.Errorf("before its time: %+v", all)
	}
	procs := descendantsOf(t, w)
	start := time.Now()
	if err := w.SetLoad("edge", l, time.Hour); err != nil {
		t.Fatal(err)
	}
	t.Logf("rewound in %v", time.Since(start))
	eventually(t, w, "loaded an hour later", loaded(0.49, 0.6))
	if err := w.SetLoad("edge", l, 0); err != nil {
		t.Fatal(err)
	}
	eventually(t, w, "idle again", loaded(0, 0.02))
	if diff := cmp.Diff(procs, descendantsOf(t, w)); diff != "" {
		t.Errorf("processes (-before +after):\n%s", diff)
	}
}
