//go:build linux

package netns

import (
	"slices"
)

// routerCPUs returns what the router runs on if have is all there is: where no
// node runs, so that what plays the links is not held up by what they carry.
func (c Config) routerCPUs(have []int) []int {
	if len(c.CPUs) > 0 {
		return c.CPUs
	}
	var free []int
	for _, cpu := range have {
		if !c.anyNodeOn(cpu) {
			free = append(free, cpu)
		}
	}
	if len(free) == 0 {
		return have
	}
	return free
}

// reserved reports whether no node runs on any of cpus.
func (c Config) reserved(cpus []int) bool { return !slices.ContainsFunc(cpus, c.anyNodeOn) }

// anyNodeOn reports whether a node, or its load, may run on a CPU.
func (c Config) anyNodeOn(cpu int) bool {
	return slices.ContainsFunc(c.Nodes, func(n Node) bool { return len(n.CPUs) == 0 || slices.Contains(n.CPUs, cpu) })
}
