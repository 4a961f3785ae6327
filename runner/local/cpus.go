//go:build linux

package local

import (
	"fmt"

	"github.com/testbed/testbed/emulator/thread"
	"github.com/testbed/testbed/scenarios"
)

// assign gives every inference node CPUs of its own, from the last ones that
// this process may run on downwards, so that the links, control and the
// repository ("" in the map) keep the first. On a machine with too few CPUs for
// all of them nodes share some, which is a warning; a node that asks for more
// than there are is an error.
func assign(nodes []scenarios.Node) (map[string][]int, []string, error) {
	cpus, err := thread.CPUs()
	if err != nil {
		return nil, nil, err
	}
	return split(cpus, nodes)
}

func split(cpus []int, nodes []scenarios.Node) (out map[string][]int, warnings []string, err error) {
	out = map[string][]int{}
	free := cpus
	for _, n := range nodes {
		want := n.CPUs
		if want == 0 {
			want = max(1, len(cpus)-1)
		}
		if want > len(cpus) {
			return nil, nil, fmt.Errorf("node %s: cpus: %d: this machine gives %d; quota says how much of their time a node may have", n.Name, want, len(cpus))
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
	return out, warnings, nil
}
