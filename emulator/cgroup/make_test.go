//go:build linux

package cgroup

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
)

// TestVersion2: on machines of several kinds, where the group is made, and what
// is written for it to hold.
func TestVersion2(t *testing.T) {
	half := Limits{CPU: 0.5, CPUs: []int{2, 3}}
	session := map[string]given{
		"user.slice": {on: "cpuset cpu memory"}, "user.slice/user-1000.slice": {on: "cpu memory"},
		"user.slice/user-1000.slice/user@1000.service":                    {on: "cpu memory"},
		"user.slice/user-1000.slice/user@1000.service/app.slice":          {on: "memory"},
		"user.slice/user-1000.slice/user@1000.service/app.slice/it.scope": {procs: "42\n"},
	}
	for _, tt := range []struct {
		name        string
		controllers string
		on          string // below the root
		groups      map[string]given
		own         string
		userOwns    string
		limits      Limits

		log    []string // of what was written; G is the group's name
		pinned bool
		err    string // what it says, if it cannot be
	}{
		{
			name: "at the root of a machine", controllers: "cpuset cpu io memory", limits: half,
			log: []string{
				"cgroup.subtree_control +cpu", "cgroup.subtree_control +cpuset",
				"G/cpu.max 5000 10000", "G/cpuset.cpus 2,3",
			},
			pinned: true,
		},
		{
			name: "a session of root, which has processes itself", controllers: "cpuset cpu memory", on: "cpu memory",
			groups: map[string]given{"system.slice": {on: "memory"}, "system.slice/ssh.service": {procs: "42\n"}}, own: "system.slice/ssh.service",
			limits: Limits{CPU: 1.5},
			log: []string{
				"system.slice/cgroup.subtree_control +cpu", "system.slice/G/cpu.max 15000 10000",
			},
		},
		{
			name: "a user to whom systemd has given a part", controllers: "cpuset cpu memory", on: "cpuset cpu memory",
			groups: session, own: "user.slice/user-1000.slice/user@1000.service/app.slice/it.scope",
			userOwns: "user.slice/user-1000.slice/user@1000.service", limits: Limits{CPU: 0.02},
			log: []string{
				"user.slice/user-1000.slice/user@1000.service/app.slice/cgroup.subtree_control +cpu",
				"user.slice/user-1000.slice/user@1000.service/app.slice/G/cpu.max 1000 50000",
			},
		},
		{
			name: "a container, which has processes itself", controllers: "cpuset cpu memory", on: "cpu",
			groups: map[string]given{"c": {procs: "1\n"}}, own: "c", userOwns: "c", limits: Limits{CPU: 0.5},
			err: "c/cgroup.subtree_control: device or resource busy: it has processes itself",
		},
		{
			name: "a user who may write nothing", controllers: "cpu", userOwns: "nothing", limits: Limits{CPU: 0.5},
			err: "cgroup.subtree_control: permission denied",
		},
		{
			name: "no controllers", controllers: "hugetlb", limits: half,
			err: `no controller "cpu"`,
		},
		{
			name: "no controller for CPU sets", controllers: "cpu", limits: half,
			log: []string{"cgroup.subtree_control +cpu", "G/cpu.max 5000 10000"},
		},
		{
			name: "CPUs alone", controllers: "cpu cpuset", limits: Limits{CPUs: []int{3, 2}},
			log:    []string{"cgroup.subtree_control +cpuset", "G/cpuset.cpus 3,2"},
			pinned: true,
		},
		{
			name: "CPUs that are not", controllers: "cpu cpuset", limits: Limits{CPUs: []int{3, 4}},
			err: "cpuset.cpus: CPUs [3 4] become [3]",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, tt.controllers, tt.on, tt.groups)
			f.userOwns = tt.userOwns
			g, err := makeIn(f, []hierarchy{f.hierarchy(tt.own)}, "edge", tt.limits)
			if tt.err != "" {
				if err == nil || !errors.Is(err, emulator.ErrUnsupported) || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v; want it in one line and to say %q", err, tt.err)
				}
				if left := leftovers(t, f.root); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(g.Dirs) != 1 || g.Version != 2 || g.Pinned != tt.pinned || g.Account != g.Dirs[0] {
				t.Errorf("%+v", g)
			}
			for i := range f.log {
				f.log[i] = strings.Replace(f.log[i], filepath.Base(g.Dirs[0]), "G", 1)
			}
			if diff := cmp.Diff(tt.log, f.log); diff != "" {
				t.Errorf("written (-want +got):\n%s", diff)
			}
			if err := g.Close(); err != nil {
				t.Error(err)
			}
			if left := leftovers(t, f.root); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// leftovers are the groups of ours below root.
func leftovers(t *testing.T, root string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && ourName.MatchString(d.Name()) {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestSweep: groups whose maker is gone are removed, and nothing else.
func TestSweep(t *testing.T) {
	f := newFake(t, "cpu", "", map[string]given{
		"a":                                {},
		"a/testbed.edge.0123456789abcdef":  {},
		"a/testbed.alive.0123456789abcdef": {},
		"testbed.above.fedcba9876543210":   {},
		"testbed.runner.service":           {}, // somebody's unit
		"testbed.edge.0123":                {},
	})
	lock, err := takeLock(filepath.Join(f.root, "a/testbed.alive.0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	sweep(f, []hierarchy{f.hierarchy("a")})
	var left []string
	for _, dir := range []string{f.root, filepath.Join(f.root, "a")} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() {
				left = append(left, e.Name())
			}
		}
	}
	want := []string{"a", "testbed.edge.0123", "testbed.runner.service", "testbed.alive.0123456789abcdef"}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

// TestRemoveRefuses: a group that is not ours is not touched, even if asked to.
func TestRemoveRefuses(t *testing.T) {
	f := newFake(t, "cpu", "", map[string]given{"testbed.runner.service": {}})
	dir := filepath.Join(f.root, "testbed.runner.service")
	if err := removeAll(f, []string{dir, f.root}); err == nil || !strings.Contains(err.Error(), "not a group of this program") || !exists(dir) {
		t.Errorf("removing somebody's group: %v, and it is there: %v", err, exists(dir))
	}
}

// TestNames: what Make calls a group is what sweep takes for one.
func TestNames(t *testing.T) {
	if name := "testbed.edge-1." + random(); !ourName.MatchString(name) {
		t.Errorf("%s is not known as ours", name)
	}
	if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(random()) || random() == random() {
		t.Error("names are not random")
	}
}
