package host

import (
	"math"
	"runtime"
	"slices"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/cgroup"
)

// A system is where a process finds out what it may use.
type system struct {
	proc string // where proc is mounted
	root string // what the mount points that proc names are below; "" or "/": they are as named
}

var self = system{proc: procfs.DefaultMountPoint}

// affine is the number of CPUs that the calling thread may run on.
func affine() int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return runtime.NumCPU()
	}
	return set.Count()
}

// groups are the control groups that bear on this process by a controller; none
// where they cannot be read.
func (s system) groups(controller string) []cgroup.Dir {
	dirs, _ := cgroup.Bearing(s.proc, s.root, controller)
	return dirs
}

// quota is the least CPU quota of the groups, a part of a CPU counting as one.
func (s system) quota() (int, bool) {
	_, least, found := tightest(s.groups("cpu"))
	return int(math.Ceil(least)), found
}

// tightest is the one of groups with the least CPU quota, which that is, in CPUs;
// of equals the innermost. false: none has one.
func tightest(groups []cgroup.Dir) (by cgroup.Dir, least float64, found bool) {
	for _, g := range groups {
		if n, ok := g.Quota(); ok && (!found || n < least) {
			by, least, found = g, n, true
		}
	}
	return by, least, found
}

// memory is the least of what the machine has and the control groups leave.
func (s system) memory() (int64, bool) {
	fs, err := procfs.NewFS(s.proc)
	if err != nil {
		return 0, false
	}
	return (&Meter{proc: fs, memory: s.groups("memory")}).Memory()
}

// flags are those of the first CPU, sorted: kernels list them in any order.
func (s system) flags() []string {
	fs, err := procfs.NewFS(s.proc)
	if err != nil {
		return nil
	}
	cpus, err := fs.CPUInfo()
	if err != nil || len(cpus) == 0 {
		return nil
	}
	flags := slices.Clone(cpus[0].Flags)
	slices.Sort(flags)
	return slices.Compact(flags)
}
