package netns

import (
	"fmt"
	"regexp"

	"golang.org/x/sys/unix"
)

// maxNodes is how many /24 networks 10.77.0.0/16 has, the first and the last
// left out.
const maxNodes = 254

// nodeName leaves room for the ends of interface names (at most 15 bytes).
var nodeName = regexp.MustCompile(`^[a-z0-9-]{1,10}$`)

// check says what is wrong with c.
func (c Config) check() error {
	switch c.Engine {
	case "", "auto", "relay", "tc":
	default:
		return fmt.Errorf("engine %q: want auto, relay or tc", c.Engine)
	}
	if len(c.Nodes) > maxNodes {
		return fmt.Errorf("%d nodes: want at most %d", len(c.Nodes), maxNodes)
	}
	seen := map[string]bool{}
	for _, n := range c.Nodes {
		if !nodeName.MatchString(n.Name) {
			return fmt.Errorf("node %q: want a name of 1 to 10 lower-case letters, digits and '-'", n.Name)
		}
		if seen[n.Name] {
			return fmt.Errorf("node %q: there are two", n.Name)
		}
		seen[n.Name] = true
	}
	return nil
}

// routerCPUs returns what the router runs on if have is all there is: where no
// node runs, so that what plays the links is not held up by what they carry.
func (c Config) routerCPUs(have []int) []int {
	if len(c.CPUs) > 0 {
		return c.CPUs
	}
	taken := map[int]bool{}
	for _, n := range c.Nodes {
		if len(n.CPUs) == 0 {
			return have
		}
		for _, cpu := range n.CPUs {
			taken[cpu] = true
		}
	}
	var free []int
	for _, cpu := range have {
		if !taken[cpu] {
			free = append(free, cpu)
		}
	}
	if len(free) == 0 {
		return have
	}
	return free
}

// allowedCPUs returns the CPUs that this thread may run on.
func allowedCPUs() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("CPUs of this process: %w", err)
	}
	var cpus []int
	for cpu := range len(set) * 64 {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}

// pinThread binds the calling thread, and what it starts, to cpus.
func pinThread(cpus []int) error {
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("pin to CPUs %v: %w", cpus, err)
	}
	return nil
}
