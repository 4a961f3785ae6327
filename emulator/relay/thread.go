//go:build linux

package relay

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// pin keeps the calling thread on those CPUs, if there are any.
func pin(cpus []int) error {
	if len(cpus) == 0 {
		return nil
	}
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
		if !set.IsSet(cpu) {
			return fmt.Errorf("CPU %d: no such CPU", cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("CPUs %d: %w", cpus, err)
	}
	return nil
}
