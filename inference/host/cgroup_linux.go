package host

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// A group is a control group that this process is in, or one that holds that.
type group struct {
	dir     string
	unified bool // version 2
}

// groups are the control groups that bear on a controller, innermost first: of
// version 1 those of the controller's hierarchy, and those of version 2.
func (s system) groups(controller string) []group {
	fs, err := procfs.NewFS(s.proc)
	if err != nil {
		return nil
	}
	p, err := fs.Self()
	if err != nil {
		return nil
	}
	memberships, err := p.Cgroups()
	if err != nil {
		return nil
	}
	mounts, err := p.MountInfo()
	if err != nil {
		return nil
	}
	var groups []group
	for _, m := range memberships {
		unified := len(m.Controllers) == 0 && m.HierarchyID == 0
		if !unified && !slices.Contains(m.Controllers, controller) {
			continue
		}
		for _, mount := range mounts {
			if isHierarchy(mount, unified, controller) {
				groups = append(groups, s.lineage(mount, m.Path, unified)...)
			}
		}
	}
	return groups
}

func isHierarchy(m *procfs.MountInfo, unified bool, controller string) bool {
	if unified {
		return m.FSType == "cgroup2"
	}
	_, has := m.SuperOptions[controller]
	return m.FSType == "cgroup" && has
}

// lineage is the group at path and those above it, up to the mount point. A
// path that is not below the mount's root, as in a container that sees its own
// group as the root, is the mount point itself.
func (s system) lineage(m *procfs.MountInfo, path string, unified bool) []group {
	rel, err := filepath.Rel(m.Root, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		rel = "."
	}
	var groups []group
	for ; ; rel = filepath.Dir(rel) {
		groups = append(groups, group{filepath.Join(s.root, m.MountPoint, rel), unified})
		if rel == "." {
			return groups
		}
	}
}

// quota is the least CPU quota of the groups, a part of a CPU counting as one.
func (s system) quota() (int, bool) {
	least, found := s.cpuTime()
	return int(math.Ceil(least)), found
}

// cpuTime is the least CPU quota of the groups, in CPUs.
func (s system) cpuTime() (least float64, found bool) {
	for _, g := range s.groups("cpu") {
		quota, period, ok := g.bandwidth()
		if !ok || quota <= 0 || period <= 0 {
			continue // no limit: "max" or -1
		}
		if n := float64(quota) / float64(period); !found || n < least {
			least, found = n, true
		}
	}
	return least, found
}

// bandwidth reads microseconds of CPU time a period.
func (g group) bandwidth() (quota, period int64, ok bool) {
	if !g.unified {
		quota, ok1 := g.number("cpu.cfs_quota_us")
		period, ok2 := g.number("cpu.cfs_period_us")
		return quota, period, ok1 && ok2
	}
	text, err := os.ReadFile(filepath.Join(g.dir, "cpu.max"))
	f := strings.Fields(string(text))
	if err != nil || len(f) != 2 {
		return 0, 0, false
	}
	quota, err1 := strconv.ParseInt(f[0], 10, 64)
	period, err2 := strconv.ParseInt(f[1], 10, 64)
	return quota, period, err1 == nil && err2 == nil
}

// leftOf is the least that one of groups leaves of its limit.
func leftOf(groups []group) (int64, bool) {
	least, found := int64(0), false
	for _, g := range groups {
		left, ok := g.memoryLeft()
		if ok && (!found || left < least) {
			least, found = left, true
		}
	}
	return max(least, 0), found
}

// memoryLeft counts file pages that the kernel may drop as free, as it does in
// MemAvailable.
func (g group) memoryLeft() (int64, bool) {
	limit, usage, inactive := "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
	if g.unified {
		limit, usage, inactive = "memory.max", "memory.current", "inactive_file"
	}
	most, ok := g.number(limit) // "max" is no number
	if !ok {
		return 0, false
	}
	used, ok := g.number(usage)
	if !ok {
		return 0, false
	}
	dropped, _ := g.line("memory.stat", inactive)
	return most - used + dropped, true
}

// line is the number on a line of a file.
func (g group) line(file, name string) (int64, bool) {
	text, err := os.ReadFile(filepath.Join(g.dir, file))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if key, value, _ := strings.Cut(strings.TrimSpace(line), " "); key == name {
			n, err := strconv.ParseInt(value, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

func (g group) number(file string) (int64, bool) {
	text, err := os.ReadFile(filepath.Join(g.dir, file))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
