//go:build linux

package netns

import (
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/tc"
	"github.com/testbed/testbed/emulator/thread"
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
	Links      []LinkDescription `json:"links"`
	Strict     bool              `json:"strict,omitempty"`
	Break      string            `json:"break,omitempty"` // what is broken on purpose
	Warnings   []string          `json:"warnings,omitempty"`
}

// A NodeDescription says where a node is.
type NodeDescription struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	MAC     string `json:"mac"`             // of its interface eth0; where that is TUN it is not used
	CPUs    []int  `json:"cpus"`            // it and its background load are pinned to
	Link    string `json:"link"`            // by which it reaches the router: its own, or of the node that it is beside
	Quota   *Quota `json:"quota,omitempty"` // nil: none was asked for
}

// A Quota is how the CPU time of a node is bounded.
type Quota struct {
	CPUs float64 `json:"cpus"` // asked
	How  string  `json:"how"`  // cgroup v1, cgroup v2, or "none: " and why: it is held to its CPUs alone
}

// A LinkDescription says what a link joins.
type LinkDescription struct {
	Name   string   `json:"name"`           // as in Status
	Pair   bool     `json:"pair,omitempty"` // it joins two nodes, else the nodes of one site to the router
	Joins  []string `json:"joins"`          // nodes; of a pair A and B
	Device string   `json:"device"`         // what the relay, if it plays the link, carries packets by: packet or tun
}

// Describe says what the world is made of.
func (w *World) Describe() Description {
	d := Description{
		Privilege:  "root",
		Kernel:     kernelRelease(),
		Engine:     w.config.Engine,
		RouterCPUs: w.proc.cpus,
		MTU:        mtu,
		Strict:     w.config.Strict,
		Break:      w.config.Break,
	}
	if d.Engine == "" {
		d.Engine = "auto"
	}
	if w.proc.user {
		d.Privilege = "user namespace"
	}
	for _, n := range w.config.Nodes {
		d.Nodes = append(d.Nodes, w.describeNode(n))
	}
	d.Links = w.layout.describeLinks(w.config.device())
	var a Abilities
	if err := w.calls.Call("Router.Describe", struct{}{}, &a); err != nil {
		d.Warnings = append(d.Warnings, w.lost(err).Error())
	}
	d.Kinds, d.Relay = a.Kinds, a.Relay
	return d
}

func (w *World) describeNode(n Node) NodeDescription {
	cpus := n.CPUs
	if len(cpus) == 0 {
		cpus = w.cpus
	}
	at := w.layout.places[n.Name]
	return NodeDescription{
		Quota:   w.quotas.describe(n.Name),
		Name:    n.Name,
		Address: nodeIP(at).String(),
		MAC:     nodeMAC(at).String(),
		CPUs:    cpus,
		Link:    w.layout.site(n.Name).name,
	}
}

// describeLinks says what every link joins.
func (l layout) describeLinks(device string) (all []LinkDescription) {
	for _, s := range l.sites {
		d := LinkDescription{Name: s.name, Joins: s.nodes, Device: devicePacket}
		if s.byTUN(device) {
			d.Device = deviceTUN
		}
		all = append(all, d)
	}
	for _, p := range l.pairs {
		all = append(all, LinkDescription{Name: p.Name(), Pair: true, Joins: []string{p.A, p.B}, Device: device})
	}
	return all
}

// Abilities are what only the router can find out.
type Abilities struct {
	Kinds map[string]string
	Relay string
}

func findAbilities() Abilities {
	a := Abilities{Kinds: map[string]string{}}
	for _, kind := range kinds {
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
func tryRealtime() (err error) {
	thread.ThrowAway(func() { err = thread.Realtime(thread.Link) })
	return err
}

// kernelRelease returns what uname -r does.
func kernelRelease() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return runtime.GOOS
	}
	return unix.ByteSliceToString(u.Release[:])
}
