//go:build linux

package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// A making is a group that is not finished.
type making struct {
	kernel  kernel
	all     []hierarchy
	limits  Limits
	base    string // of the directories
	group   *Group
	refused []error // what could not be had, and why
}

// two makes the group in the hierarchy of version 2: with the controllers that
// it has, if any, and also without, since there it tells CPU time and pressure.
func (m *making) two() {
	_, h := with(m.all, "")
	if h == nil {
		return
	}
	// The limits are those of the group of this process, or of one above it.
	for _, need := range [][]string{{"cpu", "cpuset"}, {"cpu"}, {"cpuset"}, nil} {
		if !m.wants(need) {
			continue
		}
		dir, err := m.below(h, need)
		if err == nil {
			m.limit2(dir, need)
			return
		}
		if need != nil {
			m.refuse(err)
		}
	}
}

// wants says whether all of controllers are for limits that were asked for.
func (m *making) wants(controllers []string) bool {
	asked := map[string]bool{"cpu": m.limits.CPU > 0, "cpuset": len(m.limits.CPUs) > 0}
	return !slices.ContainsFunc(controllers, func(c string) bool { return !asked[c] })
}

// below makes a directory that has some controllers below the nearest group
// where that can be done.
func (m *making) below(h *hierarchy, need []string) (dir string, err error) {
	has := words(h.mount, "cgroup.controllers")
	for _, c := range need {
		if !slices.Contains(has, c) {
			return "", fmt.Errorf("%s: no controller %q", h.mount, c)
		}
	}
	var all []error
	for _, parent := range h.upwards() {
		err := m.turnOn(parent, need)
		if err == nil {
			// Who moves a process must have a right to where it comes from
			// and goes to: at the group that both are in.
			err = named(parent+"/cgroup.procs", unix.Access(parent+"/cgroup.procs", unix.W_OK))
		}
		if err == nil {
			dir, err = m.mkdir(parent)
		}
		if err == nil {
			return dir, nil
		}
		all = append(all, err)
	}
	return "", joined(all)
}

// turnOn lets the groups below parent have controllers.
func (m *making) turnOn(parent string, need []string) error {
	on := words(parent, "cgroup.subtree_control")
	has := words(parent, "cgroup.controllers")
	for _, c := range need {
		if slices.Contains(on, c) {
			continue
		}
		if !slices.Contains(has, c) {
			return fmt.Errorf("%s: no controller %q", parent, c)
		}
		err := m.write(parent, "cgroup.subtree_control", "+"+c)
		if errors.Is(err, unix.EBUSY) {
			return fmt.Errorf("%w: it has processes itself", err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// limit2 writes the limits for which a group of version 2 has controllers.
func (m *making) limit2(dir string, has []string) {
	g := m.group
	g.Account = dir
	if slices.Contains(has, "cpu") {
		period := m.limits.period()
		quota := int64(m.limits.CPU * float64(period.Microseconds()))
		if m.refuse(m.write(dir, "cpu.max", fmt.Sprintf("%d %d", quota, period.Microseconds()))) {
			g.Quota, g.Version = dir, 2
		}
	}
	if slices.Contains(has, "cpuset") {
		if m.refuse(m.pin2(dir)) {
			g.Pinned, g.Version = true, max(g.Version, 2)
		}
	}
}

// pin2 writes the CPU set of version 2, which the kernel takes whatever it can
// give.
func (m *making) pin2(dir string) error {
	if err := m.write(dir, "cpuset.cpus", list(m.limits.CPUs)); err != nil {
		return err
	}
	got, err := parseList(strings.Join(words(dir, "cpuset.cpus.effective"), ""))
	if err == nil && !slices.Equal(got, sorted(m.limits.CPUs)) {
		err = fmt.Errorf("%s/cpuset.cpus: CPUs %v become %v", dir, m.limits.CPUs, got)
	}
	return err
}

// one makes the group in the hierarchy of version 1 that has a controller, and
// sets its limits; one that cannot be had is removed again.
func (m *making) one(controller string, limit func(dir string) error) error {
	h, _ := with(m.all, controller)
	if h == nil {
		return nil
	}
	for _, dir := range m.group.Dirs { // of a controller that shares it
		if filepath.Dir(dir) == h.own {
			return limit(dir)
		}
	}
	dir, err := m.mkdir(h.own)
	if err != nil {
		return err
	}
	if err := limit(dir); err != nil {
		return errors.Join(err, m.drop())
	}
	return nil
}

// quota1 writes the quota of version 1.
func (m *making) quota1(dir string) error {
	period := m.limits.period()
	quota := int64(m.limits.CPU * float64(period.Microseconds()))
	if err := m.write(dir, "cpu.cfs_period_us", fmt.Sprint(period.Microseconds())); err != nil {
		return err
	}
	if err := m.write(dir, "cpu.cfs_quota_us", fmt.Sprint(quota)); err != nil {
		return err
	}
	m.group.Quota, m.group.Version = dir, 1
	return nil
}

// set1 writes the CPU set of version 1, where a group has none to begin with,
// neither of CPUs nor of memory.
func (m *making) set1(dir string) error {
	mems := strings.Join(words(filepath.Dir(dir), "cpuset.mems"), "")
	if err := m.write(dir, "cpuset.mems", mems); err != nil {
		return err
	}
	if err := m.write(dir, "cpuset.cpus", list(m.limits.CPUs)); err != nil {
		return err
	}
	m.group.Pinned = true
	if m.group.Version == 0 {
		m.group.Version = 1
	}
	return nil
}

// mkdir makes the group's directory below parent and takes its lock.
func (m *making) mkdir(parent string) (string, error) {
	dir := filepath.Join(parent, m.base)
	if err := m.kernel.mkdir(dir); err != nil {
		return "", named(dir, err)
	}
	lock, err := takeLock(dir)
	if err != nil {
		return "", errors.Join(err, m.kernel.remove(dir))
	}
	m.group.Dirs = append(m.group.Dirs, dir)
	m.group.locks = append(m.group.locks, lock)
	return dir, nil
}

// drop removes the directory that was made last.
func (m *making) drop() error {
	g := m.group
	last := len(g.Dirs) - 1
	err := m.kernel.remove(g.Dirs[last])
	_ = g.locks[last].Close()
	g.Dirs, g.locks = g.Dirs[:last], g.locks[:last]
	return err
}

// write writes a file of a group.
func (m *making) write(dir, file, text string) error {
	return named(filepath.Join(dir, file), m.kernel.write(filepath.Join(dir, file), text))
}

// refuse remembers an error, and says whether there was none.
func (m *making) refuse(err error) bool {
	if err != nil {
		m.refused = append(m.refused, err)
	}
	return err == nil
}

// named says what an error is about, once.
func named(path string, err error) error {
	var of *os.PathError
	if err == nil || errors.As(err, &of) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// joined is several errors in one line.
func joined(all []error) error {
	err := all[0]
	for _, next := range all[1:] {
		err = fmt.Errorf("%w; %w", err, next)
	}
	return err
}

func sorted(cpus []int) []int {
	all := slices.Clone(cpus)
	slices.Sort(all)
	return slices.Compact(all)
}
