//go:build linux

package cgroup

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A fake is a kernel whose groups of version 2 are directories and files of the
// disk, with the rules that matter here.
type fake struct {
	t    *testing.T
	root string

	userOwns string   // the highest group that may be written; empty: all
	online   []string // CPUs that a set can have
	log      []string // what was written, without the root
}

// A given is a group that is there: its processes, and the controllers that it
// lets those below it have.
type given struct{ procs, on string }

// newFake makes the groups of a machine with some controllers, of which some are
// on below the root.
func newFake(t *testing.T, controllers, on string, groups map[string]given) *fake {
	f := &fake{t: t, root: t.TempDir(), online: []string{"0", "1", "2", "3"}}
	f.put("", map[string]string{"cgroup.controllers": controllers, "cgroup.subtree_control": on, "cgroup.procs": "1\n"})
	paths := make([]string, 0, len(groups))
	for path := range groups {
		paths = append(paths, path)
	}
	slices.Sort(paths) // those above first
	for _, path := range paths {
		if err := f.mkdir(filepath.Join(f.root, path)); err != nil {
			t.Fatal(err)
		}
		f.put(path, map[string]string{"cgroup.procs": groups[path].procs, "cgroup.subtree_control": groups[path].on})
	}
	f.log = nil
	return f
}

// put writes files of a group as the kernel does.
func (f *fake) put(group string, files map[string]string) {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(f.root, group, name), []byte(text), 0o644); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *fake) mayWrite(path string) bool {
	return f.userOwns == "" || strings.HasPrefix(path, filepath.Join(f.root, f.userOwns))
}

func (f *fake) mkdir(dir string) error {
	if !f.mayWrite(filepath.Dir(dir)) {
		return unix.EACCES
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	group, _ := filepath.Rel(f.root, dir)
	f.put(group, map[string]string{"cgroup.subtree_control": "", "cgroup.procs": "", "cpu.stat": "usage_usec 0\n", "cpu.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"})
	f.control(dir)
	return nil
}

// control gives a group the controllers that the one above lets it have.
func (f *fake) control(dir string) {
	group, _ := filepath.Rel(f.root, dir)
	on := words(filepath.Dir(dir), "cgroup.subtree_control")
	files := map[string]string{"cgroup.controllers": strings.Join(on, " ")}
	if slices.Contains(on, "cpu") {
		files["cpu.max"] = "max 100000\n"
	}
	if slices.Contains(on, "cpuset") {
		files["cpuset.cpus"], files["cpuset.cpus.effective"] = "", "0-3"
	}
	f.put(group, files)
}

func (f *fake) remove(dir string) error {
	if !f.mayWrite(filepath.Dir(dir)) {
		return unix.EACCES
	}
	return os.RemoveAll(dir)
}

func (f *fake) write(file, text string) error {
	if !f.mayWrite(filepath.Dir(file)) {
		return unix.EACCES
	}
	if !exists(file) {
		return unix.ENOENT
	}
	dir, name := filepath.Split(file)
	dir = filepath.Clean(dir)
	below, _ := filepath.Rel(f.root, file)
	f.log = append(f.log, below+" "+text)
	switch name {
	case "cgroup.subtree_control":
		c := strings.TrimPrefix(text, "+")
		if !slices.Contains(words(dir, "cgroup.controllers"), c) {
			return unix.ENOENT
		}
		if dir != f.root && len(words(dir, "cgroup.procs")) > 0 {
			return unix.EBUSY
		}
		text = strings.Join(append(words(dir, name), c), " ")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if e.IsDir() {
				f.control(filepath.Join(dir, e.Name()))
			}
		}
		return nil
	case "cpu.max":
		var quota, period int
		if n, err := fmt.Sscanf(text, "%d %d", &quota, &period); n != 2 || err != nil || quota < 1000 || period < 1000 || period > 1000000 {
			return unix.EINVAL
		}
	case "cpuset.cpus":
		var have []string
		for cpu := range strings.SplitSeq(text, ",") {
			if slices.Contains(f.online, cpu) {
				have = append(have, cpu)
			}
		}
		if err := os.WriteFile(file+".effective", []byte(strings.Join(have, ",")), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// hierarchy is that of version 2 for a process in a group.
func (f *fake) hierarchy(own string) hierarchy {
	return hierarchy{version: 2, mount: f.root, own: filepath.Join(f.root, own)}
}
