// Package host says what this process may use of the machine: CPUs and memory,
// as far as affinity and control groups let it, what the CPUs can do, and where
// files of this user are kept. What the machine as a whole has is no guide
// inside a container or a pinned node.
package host

import "runtime"

// CPUs is how many CPUs can be kept busy by this process: those that it may
// run on, or the quota of its control group (version 1 or 2) if that is less,
// a part of a CPU being one. It is at least 1; where neither can be read it is
// the number of CPUs.
func CPUs() int {
	n := affine()
	if q, ok := self.quota(); ok {
		n = min(n, q)
	}
	return max(n, 1)
}

// Memory is how many bytes this process can still take without swapping or
// being killed: what the machine has available, or what its control group
// (version 1 or 2) leaves of its limit if that is less. false: it cannot be
// read on this system.
func Memory() (available int64, ok bool) { return self.memory() }

// Flags are the instruction sets of the CPU, as the system lists them, or its
// architecture where it does not. Code that was compiled for one set of flags
// may not run, or not fast, on another.
func Flags() []string {
	if flags := self.flags(); len(flags) > 0 {
		return flags
	}
	return []string{runtime.GOARCH}
}
