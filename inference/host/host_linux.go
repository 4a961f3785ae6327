package host

import (
	"runtime"
	"slices"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
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
