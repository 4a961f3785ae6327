//go:build linux

package netns_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/cgroup"
	"github.com/testbed/testbed/emulator/netns"
)

// TestQuota: a node and its load together get no more than the quota, and no
// trace of it is left.
func TestQuota(t *testing.T) {
	need(t, "netns", "veth")
	const quota = 0.25
	w := serving(t, netns.Config{Nodes: []netns.Node{{Name: "free"}, {Name: "edge", Quota: quota, CPUs: []int{lastCPU(t)}}}})
	d := w.Describe()
	if d.Nodes[0].Quota != nil {
		t.Errorf("free has a quota: %+v", d.Nodes[0].Quota)
	}
	q := d.Nodes[1].Quota
	if q == nil || q.CPUs != quota {
		t.Fatalf("edge has the quota %+v, want %v", q, quota)
	}
	if why, none := strings.CutPrefix(q.How, "none: "); none {
		// A world goes on without.
		if s, err := w.Status(); err != nil || len(s.Nodes) != 0 || why == "" {
			t.Errorf("%v, %v, because %q", s.Nodes, err, why)
		}
		t.Skip(why)
	}
	if err := w.SetLoad("edge", cpu(1), 0); err != nil {
		t.Fatal(err)
	}
	r := ask(t, w, "edge", order{Do: "burn", Wait: 2 * time.Second})
	s, err := w.Status()
	if err != nil {
		t.Fatal(err)
	}
	load := s.Loads["edge"][0]
	t.Logf("%s: %+v; the load got %.3f, the node %v of 2s", q.How, s.Nodes, load.Total, r.Took)
	if len(s.Nodes) != 1 {
		t.Errorf("%+v, want edge alone", s.Nodes)
	}
	// A period more than its share of the time, at most.
	if got := r.Took.Seconds()/2 + load.Achieved; got > quota+0.1 || r.Took <= 0 {
		t.Errorf("they got %v of a CPU together, want %v", got, quota)
	}
	got := s.Nodes["edge"]
	if got.Throttled <= 0 || got.Periods < 5 || got.Held < 2 || got.Held > got.Periods || got.CPU < r.Took {
		t.Errorf("%+v, want the quota to have held them back", got)
	}
	made := groupsBelow(t, child(t, "__router"))
	if len(made) < 2 { // of the node and its load
		t.Errorf("in groups of their own: %v", made)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if left := present(made); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

// TestQuotaOutlivesNobody: the groups are gone with a process that is killed
// with the signal that it cannot handle.
func TestQuotaOutlivesNobody(t *testing.T) {
	need(t, "netns", "veth")
	cmd := startOrphan(t, "orphan", "with a quota")
	made := groupsBelow(t, cmd.Process.Pid)
	killOrphan(t, cmd, descendants(t, cmd.Process.Pid))
	if len(made) == 0 {
		t.Skip("no group may be made here")
	}
	for end := time.Now().Add(10 * time.Second); len(present(made)) > 0 && time.Now().Before(end); time.Sleep(20 * ms) {
	}
	if left := present(made); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

// groupsBelow are the names of groups that processes below pid are in, but we
// are not.
func groupsBelow(t *testing.T, pid int) (names []string) {
	t.Helper()
	own := groups(t, os.Getpid())
	for _, p := range descendants(t, pid) {
		for _, g := range groups(t, p) {
			if !slices.Contains(own, g) {
				names = append(names, filepath.Base(g))
			}
		}
	}
	return names
}

// present are the groups of these names that there are.
func present(names []string) (paths []string) {
	_ = filepath.WalkDir("/sys/fs/cgroup", func(path string, d fs.DirEntry, err error) error {
		if err == nil && slices.Contains(names, d.Name()) {
			paths = append(paths, path)
		}
		return nil
	})
	return paths
}

// groups are the control groups of a process, such as /user/session.
func groups(t *testing.T, pid int) (all []string) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.SplitN(strings.TrimSpace(line), ":", 3); len(f) == 3 && f[2] != "/" {
			all = append(all, f[2])
		}
	}
	return all
}

func TestQuotaRefuses(t *testing.T) {
	_, err := netns.Open(t.Context(), netns.Config{Nodes: []netns.Node{{Name: "edge", Quota: cgroup.MinCPU / 2}}})
	if want := `open world: node "edge": quota of 0.005 CPUs: want at least 0.01, or 0 for none`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	_, err = netns.Open(t.Context(), netns.Config{Peer: "cloud", Nodes: three})
	if want := `open world: peer "cloud": there is none`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
