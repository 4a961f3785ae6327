//go:build linux

package cgroup

import (
	"cmp"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// A Dir is the directory of a group that bears on this process: it is in it, or
// in one below.
type Dir struct {
	Path    string
	Version int // 1 or 2
}

// Bearing returns the groups that bear on this process by a controller, such as
// cpu: in each hierarchy the innermost first. Where its own group is outside of
// what is mounted, as in a container that sees its own group as the root, they
// begin with the root. proc is where /proc is, root what the mount points that it
// names are below; empty: they are as named.
func Bearing(proc, root, controller string) ([]Dir, error) {
	all, err := shown(proc)
	return bearing(root, all, controller), err
}

func bearing(root string, all []hierarchy, controller string) (dirs []Dir) {
	for _, h := range all {
		if h.version == 1 && !slices.Contains(h.controllers, controller) {
			continue
		}
		h.own = cmp.Or(h.own, h.mount)
		for _, dir := range h.upwards() {
			dirs = append(dirs, Dir{filepath.Join(root, dir), h.version})
		}
	}
	return dirs
}

// Quota is the CPU time that a group has, in CPUs. false: it has no limit.
func (d Dir) Quota() (cpus float64, limited bool) {
	var quota, period int64
	var err error
	if d.Version == 1 {
		if quota, err = number(d.Path, "cpu.cfs_quota_us"); err == nil { // −1: none
			period, err = number(d.Path, "cpu.cfs_period_us")
		}
	} else if both := words(d.Path, "cpu.max"); len(both) == 2 {
		if quota, err = strconv.ParseInt(both[0], 10, 64); err == nil { // max: none
			period, err = strconv.ParseInt(both[1], 10, 64)
		}
	}
	if err != nil || quota <= 0 || period <= 0 {
		return 0, false
	}
	return float64(quota) / float64(period), true
}

// Throttled is for how long a group's quota held it back, added up over CPUs.
func (d Dir) Throttled() (held time.Duration, ok bool) {
	stat, err := table(d.Path, "cpu.stat")
	if err != nil {
		return 0, false
	}
	return throttled(stat)
}

// throttled is that of a cpu.stat.
func throttled(stat map[string]int64) (time.Duration, bool) {
	if us, ok := stat["throttled_usec"]; ok {
		return time.Duration(us) * time.Microsecond, true
	}
	ns, ok := stat["throttled_time"] // version 1
	return time.Duration(ns), ok
}

// unlimited is above what version 1 says where there is no limit: the largest
// number of whole pages.
const unlimited = 1 << 60

// MemoryLeft is the least that one of dirs leaves: its limit less what it holds,
// but for files that the kernel can drop. limited is false if none has a limit,
// or none can be read.
func MemoryLeft(dirs []Dir) (left unit.Bytes, limited bool) {
	for _, d := range dirs {
		limits, used, droppable := []string{"memory.max", "memory.high"}, "memory.current", "inactive_file"
		if d.Version == 1 {
			limits, used, droppable = []string{"memory.limit_in_bytes"}, "memory.usage_in_bytes", "total_inactive_file"
		}
		held, err := number(d.Path, used)
		if err != nil {
			continue
		}
		if stat, err := table(d.Path, "memory.stat"); err == nil {
			held -= min(held, stat[droppable])
		}
		for _, limit := range limits {
			most, err := number(d.Path, limit)
			if err != nil || most < 0 || most >= unlimited {
				continue
			}
			if free := unit.Bytes(max(0, most-held)); !limited || free < left {
				left, limited = free, true
			}
		}
	}
	return left, limited
}
