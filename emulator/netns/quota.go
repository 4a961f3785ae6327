//go:build linux

package netns

import (
	"errors"
	"fmt"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/cgroup"
)

// quotas are those of the nodes that have one. Their groups are made by this
// process and not by the router: with that all that it has started is killed,
// and nobody would be left to remove them.
type quotas map[string]quota

// A quota bounds the CPU time of a node, or does not.
type quota struct {
	Quota
	group *cgroup.Group // nil: it does not
}

// makeQuotas makes the groups of c. A machine or user that may not have one goes
// on without.
func makeQuotas(c Config) (quotas, error) {
	all := quotas{}
	for _, n := range c.Nodes {
		if n.Quota == 0 {
			continue
		}
		q := quota{Quota: Quota{CPUs: n.Quota}}
		group, err := cgroup.Make(n.Name, cgroup.Limits{CPU: n.Quota, CPUs: n.CPUs})
		switch {
		case err == nil:
			q.group, q.How = group, group.String()
		case errors.Is(err, emulator.ErrUnsupported):
			q.How = "none: " + err.Error()
		default:
			return nil, errors.Join(fmt.Errorf("node %q: quota of %v CPUs: %w", n.Name, n.Quota, err), all.close())
		}
		all[n.Name] = q
	}
	return all, nil
}

// places are where nodes and their loads are to be.
func (q quotas) places() map[string]cgroup.Place {
	all := map[string]cgroup.Place{}
	for name, of := range q {
		if of.group != nil {
			all[name] = of.group.Place
		}
	}
	return all
}

// describe says what becomes of the quota of a node; nil: it has none.
func (q quotas) describe(node string) *Quota {
	if of, ok := q[node]; ok {
		return &of.Quota
	}
	return nil
}

// status says what the groups have counted.
func (q quotas) status() (map[string]NodeStatus, error) {
	all := map[string]NodeStatus{}
	for name, place := range q.places() {
		u, err := place.Stat()
		if err != nil {
			return nil, fmt.Errorf("quota of %s: %w", name, err)
		}
		all[name] = NodeStatus{CPU: u.CPU, Throttled: u.Throttled, Periods: u.Periods, Held: u.Held}
	}
	return all, nil
}

// close removes the groups, with whatever is still in them.
func (q quotas) close() (err error) {
	for _, of := range q {
		if of.group != nil {
			err = errors.Join(err, of.group.Close())
		}
	}
	return err
}
