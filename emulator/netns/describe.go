package netns

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/tc"
)

// A Description says what a world is made of, for run.json.
type Description struct {
	Privilege  string            `json:"privilege"` // root, or user namespace
	Kernel     string            `json:"kernel"`
	Engine     string            `json:"engine"`      // as asked
	Kinds      map[string]string `json:"kinds"`       // of traffic control: yes, or why not
	RouterCPUs []int             `json:"router_cpus"` // it is pinned to
	Relay      string            `json:"relay"`       // how the relay's threads are scheduled
	MTU        int               `json:"mtu"`
	Nodes      []NodeDescription `json:"nodes"`
	Warnings   []string          `json:"warnings,omitempty"`
}

// A NodeDescription says where a node is.
type NodeDescription struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	MAC     string `json:"mac"`
	CPUs    []int  `json:"cpus"` // it and its background load are pinned to
}

// Describe says what the world is made of.
func (w *World) Describe() Description {
	d := Description{
		Privilege:  "root",
		Kernel:     kernelRelease(),
		Engine:     w.config.Engine,
		RouterCPUs: w.proc.cpus,
		MTU:        mtu,
	}
	if d.Engine == "" {
		d.Engine = "auto"
	}
	if w.proc.user {
		d.Privilege = "user namespace"
	}
	for i, n := range w.config.Nodes {
		cpus := n.CPUs
		if len(cpus) == 0 {
			cpus = w.cpus
		}
		d.Nodes = append(d.Nodes, NodeDescription{
			Name:    n.Name,
			Address: nodeIP(i + 1).String(),
			MAC:     mac(i+1, macNode).String(),
			CPUs:    cpus,
		})
	}
	var a Abilities
	if err := w.calls.Call("Router.Describe", struct{}{}, &a); err != nil {
		d.Warnings = append(d.Warnings, w.lost(err).Error())
	}
	d.Kinds, d.Relay = a.Kinds, a.Relay
	return d
}

// Abilities are what only the router can find out.
type Abilities struct {
	Kinds map[string]string
	Relay string
}

func findAbilities() Abilities {
	a := Abilities{Kinds: map[string]string{}}
	for _, kind := range []string{"ingress", "htb", "netem"} {
		a.Kinds[kind] = "yes"
		if err := tc.Probe(kind); err != nil {
			a.Kinds[kind] = err.Error()
		}
	}
	a.Relay = "SCHED_FIFO"
	if err := tryRealtime(); err != nil {
		a.Relay = "ordinary: " + err.Error()
	}
	return a
}

// tryRealtime says whether a thread of this process may have the scheduling
// class that the relay asks for, on a thread that ends with it.
func tryRealtime() error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}
		if err := unix.SchedSetAttr(0, &attr, 0); err != nil {
			result <- fmt.Errorf("SCHED_FIFO: %w", err)
			return
		}
		result <- nil
	}()
	return <-result
}

// kernelRelease returns what uname -r does.
func kernelRelease() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return runtime.GOOS
	}
	return unix.ByteSliceToString(u.Release[:])
}
