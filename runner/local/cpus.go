//go:build linux

package local

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/scenarios"
)

// assign gives every inference node CPUs of its own, from the last ones that
// this process may run on downwards, so that the links, control and the
// repository ("" in the map) keep the first. On a machine with too few CPUs
// nodes share them, which is a warning.
func assign(nodes []scenarios.Node) (map[string][]int, []string) {
	return split(allowed(), nodes)
}

func split(cpus []int, nodes []scenarios.Node) (map[string][]int, []string) {
	out := map[string][]int{}
	var warnings []string
	free := cpus
	for _, n := range nodes {
		want := n.CPUs
		if want == 0 {
			want = max(1, len(cpus)-1)
		}
		if want > len(cpus) {
			warnings = append(warnings, fmt.Sprintf("node %s: asks for %d CPUs, this machine gives %d", n.Name, want, len(cpus)))
			want = len(cpus)
		}
		if want > len(free) {
			warnings = append(warnings, fmt.Sprintf("node %s: shares CPUs with another node", n.Name))
			free = cpus
		}
		out[n.Name] = append([]int(nil), free[len(free)-want:]...)
		free = free[:len(free)-want]
	}
	out[""] = append([]int(nil), free...)
	if len(free) == 0 {
		warnings = append(warnings, "no CPU is left for the links, control and the repository: they share those of the nodes, and what is measured includes it")
		out[""] = append([]int(nil), cpus...)
	}
	return out, warnings
}

// allowed are the CPUs that this process may run on.
func allowed() (cpus []int) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return []int{0}
	}
	for i := range len(set) * 64 {
		if set.IsSet(i) {
			cpus = append(cpus, i)
		}
	}
	return cpus
}
