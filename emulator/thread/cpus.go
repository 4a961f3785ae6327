//go:build linux

package thread

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// CPUs are those that the calling thread may run on, ascending: those of the
// process, unless the thread was given its own.
func CPUs() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("CPUs of this process: %w", err)
	}
	var cpus []int
	for cpu := 0; len(cpus) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}
