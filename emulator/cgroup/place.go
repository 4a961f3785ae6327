//go:build linux

package cgroup

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"
)

// Join puts this process, with all its threads, into the group. A process that
// does so before it starts others, or takes what is counted, is in the group from
// its beginning for all that matters.
func (p Place) Join() error { return p.Add(0) }

// Add puts a process into the group, with all its threads and what it starts
// from now on. 0 is this one.
func (p Place) Add(pid int) error {
	for _, dir := range p.Dirs {
		file := filepath.Join(dir, "cgroup.procs")
		if err := (machine{}).write(file, strconv.Itoa(pid)); err != nil {
			return fmt.Errorf("put process %d into its control group: %w", pid, err)
		}
	}
	return nil
}

// Stat returns what the group has used.
func (p Place) Stat() (u Usage, err error) {
	if p.Quota != "" {
		stat, err := table(p.Quota, "cpu.stat")
		if err != nil {
			return u, err
		}
		u.Periods, u.Held = stat["nr_periods"], stat["nr_throttled"]
		u.Throttled, _ = throttled(stat)
	}
	if p.Account == "" {
		return u, nil
	}
	stat, err := table(p.Account, "cpu.stat")
	if us, ok := stat["usage_usec"]; ok && err == nil {
		u.CPU = time.Duration(us) * time.Microsecond
		return u, nil
	}
	ns, err := number(p.Account, "cpuacct.usage") // version 1
	u.CPU = time.Duration(ns)
	return u, err
}
