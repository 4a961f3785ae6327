//go:build linux

package cgroup

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prometheus/procfs"
)

// A hierarchy is a tree of groups as this process sees it.
type hierarchy struct {
	version     int
	controllers []string // of version 1; those of version 2 are asked of its groups
	mount       string   // where its root is; in a container, that of the container's part
	own         string   // the group of this process, at or below mount; empty: it is outside
}

// hierarchies are those that are mounted where this process can reach its own
// group. proc is where /proc is.
func hierarchies(proc string) ([]hierarchy, error) {
	all, err := shown(proc)
	return slices.DeleteFunc(all, func(h hierarchy) bool { return h.own == "" }), err
}

// shown are those that are mounted, if one can be where this process can reach
// its own group.
func shown(proc string) ([]hierarchy, error) {
	fs, err := procfs.NewFS(proc)
	if err != nil {
		return nil, err
	}
	self, err := fs.Self()
	if err != nil {
		return nil, err
	}
	groups, err := self.Cgroups()
	if err != nil {
		return nil, fmt.Errorf("control groups of this process: %w", err)
	}
	mounts, err := self.MountInfo()
	if err != nil {
		return nil, fmt.Errorf("mounts of this process: %w", err)
	}
	var all []hierarchy
	for _, g := range groups {
		if len(g.Controllers) > 0 && strings.HasPrefix(g.Controllers[0], "name=") {
			continue // without controllers
		}
		var found *hierarchy
		for _, m := range mounts {
			if h, ok := mounted(g, m); ok && (found == nil || found.own == "") {
				found = &h
			}
		}
		if found != nil {
			all = append(all, *found)
		}
	}
	return all, nil
}

// mounted says whether m shows the hierarchy of g.
func mounted(g procfs.Cgroup, m *procfs.MountInfo) (h hierarchy, ok bool) {
	h = hierarchy{version: 1, controllers: g.Controllers, mount: m.MountPoint}
	if g.HierarchyID == 0 {
		h.version, h.controllers = 2, nil
		ok = m.FSType == "cgroup2"
	} else {
		ok = m.FSType == "cgroup" && !slices.ContainsFunc(g.Controllers, func(c string) bool {
			_, has := m.SuperOptions[c]
			return !has
		})
	}
	if !ok {
		return h, false
	}
	// What is mounted may be a part of the hierarchy, and the group outside.
	below, err := filepath.Rel(m.Root, g.Path)
	if err != nil || below == ".." || strings.HasPrefix(below, "../") || strings.HasPrefix(g.Path, "/..") {
		return h, true
	}
	h.own = filepath.Join(h.mount, below)
	return h, true
}

// upwards are the groups from that of this process to the root of what is
// mounted.
func (h hierarchy) upwards() []string {
	all := []string{h.own}
	for dir := h.own; dir != h.mount; {
		dir = filepath.Dir(dir)
		all = append(all, dir)
	}
	return all
}

// with returns the hierarchy of version 1 that has a controller, and that of
// version 2.
func with(all []hierarchy, controller string) (one, two *hierarchy) {
	for i := range all {
		switch h := &all[i]; {
		case h.version == 2:
			two = h
		case slices.Contains(h.controllers, controller):
			one = h
		}
	}
	return one, two
}
