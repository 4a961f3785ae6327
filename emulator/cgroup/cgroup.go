// Package cgroup holds the processes of a node together to a share of this
// machine's CPU time and to a set of its CPUs, by the kernel's control groups:
// version 2 where it has the controllers, else version 1, and both where each
// has some of what is needed. Nothing outlives its maker: when the process that
// made a group is gone, however it ended, so are the group and what runs in it.
//
// Note: github.com/containerd/cgroups and github.com/opencontainers/cgroups were
// looked at. Each brings eBPF, D-Bus and systemd along for the controllers of a
// container, and neither removes groups whose maker was killed, nor finds a
// place where a user may make one, which is most of what is here.
package cgroup

import (
	"time"
)

// Limits are what the processes of a group may use together. The zero Limits
// are none.
type Limits struct {
	// CPU is time, in CPUs: 0.5 is half of one, 2 all of two. At least
	// MinCPU; zero is no limit.
	CPU float64

	// CPUs are those that they may run on; empty: those of the parent group.
	// Where no CPU set may be written, what the processes were pinned to
	// holds alone: Group.Pinned says so.
	CPUs []int
}

// MinCPU is the least CPU time that a group can be held to.
const MinCPU = 0.01

// A Place is where a group is. It can be handed to other processes, which may
// then put themselves or others there and ask how it does; only its maker
// removes it. The zero Place is nowhere: all that is done to it does nothing.
type Place struct {
	Version int      `json:"version,omitempty"` // 2 or 1: which has the quota, or else the CPU set
	Dirs    []string `json:"dirs,omitempty"`    // one in each hierarchy that it is part of

	// Which of Dirs tells what; empty: none does.
	Quota   string `json:"quota,omitempty"`   // how often the quota held it back
	Account string `json:"account,omitempty"` // CPU time
}

// Usage is what the processes of a group have used since it was made.
type Usage struct {
	CPU       time.Duration // 0 where Place.Account is empty
	Throttled time.Duration // that threads were held back by the quota, added up over CPUs
	Periods   int64         // of the quota, in which something ran
	Held      int64         // of these, how many ended with threads held back
}

// IsZero says that p is nowhere.
func (p Place) IsZero() bool { return len(p.Dirs) == 0 }

// String is "cgroup v2", "cgroup v1" or "none".
func (p Place) String() string {
	switch p.Version {
	case 2:
		return "cgroup v2"
	case 1:
		return "cgroup v1"
	}
	return "none"
}
