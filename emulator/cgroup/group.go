//go:build linux

package cgroup

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
)

// A Group is a place that this process has made.
type Group struct {
	Place

	// Pinned says that Limits.CPUs hold by a CPU set, which the processes
	// cannot leave.
	Pinned bool

	kernel  kernel
	locks   []*os.File // of Dirs: taken for as long as this process lives
	janitor *janitor
}

// names are what a Group may be called.
var names = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// Make makes a group below that of this process, or, where the kernel or the
// system's rules want that, below one that it is below of. Its name, of
// lower-case letters, digits and '-', is for people; there may be several of the
// same. The error wraps emulator.ErrUnsupported where no group may be made that
// holds l, and then says what could not be written.
//
// The group is gone after Close, and when this process is, with all processes in
// it: another one waits for that, which this program must be ready to become
// (Main). Were that one killed too, the next Make cleans up. So a group is made
// outside of a PID namespace that ends with its maker.
//
// Where the kernel divides real time among groups (CONFIG_RT_GROUP_SCHED),
// threads in the group cannot have SCHED_FIFO. A controller of version 2 that
// has to be turned on for the groups below a group stays on.
func Make(name string, l Limits) (*Group, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	if !names.MatchString(name) {
		return nil, fmt.Errorf("control group %q: want a name of lower-case letters, digits and '-'", name)
	}
	all, err := hierarchies("/proc")
	if err != nil {
		return nil, err
	}
	sweep(machine{}, all)
	g, err := makeIn(machine{}, all, name, l)
	if err != nil {
		return nil, err
	}
	if g.janitor, err = hire(g.Dirs); err != nil {
		return nil, errors.Join(fmt.Errorf("what removes control groups: %w", err), g.Close())
	}
	return g, nil
}

// check says what is wrong with l.
func (l Limits) check() error {
	switch {
	case l.CPU < 0 || math.IsNaN(l.CPU) || math.IsInf(l.CPU, 0):
		return fmt.Errorf("quota of %v CPUs: want a positive number", l.CPU)
	case l.CPU > 0 && l.CPU < MinCPU:
		return fmt.Errorf("quota of %v CPUs: the kernel holds nothing to less than %v", l.CPU, MinCPU)
	case l.CPU == 0 && len(l.CPUs) == 0:
		return errors.New("control group without limits: want a quota or CPUs")
	}
	for _, cpu := range l.CPUs {
		if cpu < 0 {
			return fmt.Errorf("control group on CPU %d: want 0 or more", cpu)
		}
	}
	return nil
}

// The kernel's bounds: a quota of at least a millisecond in a period of at most
// a second.
const minQuota = time.Millisecond

// period is that of the quota: as short as may be, since within a period a
// process runs at full speed until the quota is used up. With half a CPU, an
// inference of 20 ms after a pause takes 20 to 40 ms in a period of 100 ms, and
// 35 to 40 ms in one of 10 ms. Shorter ones are held no better by a kernel that
// looks every 4 ms.
func (l Limits) period() time.Duration {
	const shortest = 10 * time.Millisecond
	return max(shortest, time.Duration(math.Ceil(float64(minQuota)/l.CPU/float64(time.Millisecond)))*time.Millisecond)
}

// makeIn makes the group in each hierarchy that it needs. What has been made is
// removed if there is an error.
func makeIn(k kernel, all []hierarchy, name string, l Limits) (*Group, error) {
	m := &making{kernel: k, all: all, limits: l, group: &Group{kernel: k}}
	m.base = prefix + name + "." + random()
	m.two()
	if l.CPU > 0 && m.group.Quota == "" {
		m.refuse(m.one("cpu", m.quota1))
	}
	if len(l.CPUs) > 0 && !m.group.Pinned {
		m.refuse(m.one("cpuset", m.set1))
	}
	if m.group.Account == "" {
		// Good to know, but nobody has asked for it.
		_ = m.one("cpuacct", func(dir string) error { m.group.Account = dir; return nil })
	}
	g := m.group
	if (l.CPU > 0 && g.Quota == "") || (l.CPU == 0 && !g.Pinned) {
		return nil, errors.Join(m.unsupported(), g.Close())
	}
	return g, nil
}

// unsupported says why there is no group.
func (m *making) unsupported() error {
	if len(m.refused) == 0 {
		m.refused = append(m.refused, errors.New("no control groups of CPUs are mounted where this process could reach its own"))
	}
	return fmt.Errorf("no control group for %s: %w (%w)", m.limits, joined(m.refused), emulator.ErrUnsupported)
}

func (l Limits) String() string {
	if l.CPU == 0 {
		return fmt.Sprintf("CPUs %v", l.CPUs)
	}
	return fmt.Sprintf("a quota of %v CPUs", l.CPU)
}

// random makes names differ.
func random() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // which does not fail
	return hex.EncodeToString(b[:])
}

// Close kills what is still in the group and removes it. It may be called again.
func (g *Group) Close() error {
	err := removeAll(g.kernel, g.Dirs)
	for _, f := range slices.Backward(g.locks) {
		_ = f.Close()
	}
	g.locks, g.Place = nil, Place{}
	g.janitor.dismiss()
	return err
}

// sweep removes groups whose maker is gone, as far as it may.
func sweep(k kernel, all []hierarchy) {
	for _, h := range all {
		for _, parent := range h.upwards() {
			entries, err := os.ReadDir(parent)
			if err != nil {
				continue
			}
			for _, e := range entries {
				if !e.IsDir() || !ourName.MatchString(e.Name()) {
					continue
				}
				dir := filepath.Join(parent, e.Name())
				if lock, err := takeLock(dir); err == nil {
					_ = removeAll(k, []string{dir}) // the next one tries again
					_ = lock.Close()
				}
			}
		}
	}
}
