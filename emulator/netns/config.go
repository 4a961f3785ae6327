//go:build linux

package netns

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/testbed/testbed/emulator/cgroup"
)

// maxNodes is how many /24 networks 10.77.0.0/16 has, the first and the last
// left out.
const maxNodes = 254

// nodeName leaves room for the ends of interface names (at most 15 bytes).
var nodeName = regexp.MustCompile(`^[a-z0-9-]{1,10}$`)

// What carries packets between an interface and the relay.
const (
	devicePacket = "packet"
	deviceTUN    = "tun"
)

// What can be broken on purpose: see Config.
const (
	breakBurst   = "burst"
	breakOffload = "offload"
	breakLimit   = "limit"
)

// device returns packet or tun.
//
// Note: what auto is, is not asked of the machine, or one scenario would be
// another experiment on another machine, or for another user: TUN needs
// /dev/net/tun, and lets only the relay play.
func (c Config) device() string {
	if c.Device == deviceTUN {
		return deviceTUN
	}
	return devicePacket
}

// check says what is wrong with c.
func (c Config) check() error {
	if err := c.checkWords(); err != nil {
		return err
	}
	if len(c.Nodes) > maxNodes {
		return fmt.Errorf("%d nodes: want at most %d", len(c.Nodes), maxNodes)
	}
	nodes := map[string]Node{}
	for _, n := range c.Nodes {
		if !nodeName.MatchString(n.Name) {
			return fmt.Errorf("node %q: want a name of 1 to 10 lower-case letters, digits and '-'", n.Name)
		}
		if _, twice := nodes[n.Name]; twice {
			return fmt.Errorf("node %q: there are two", n.Name)
		}
		if !(n.Quota == 0 || n.Quota >= cgroup.MinCPU) { // NaN neither
			return fmt.Errorf("node %q: quota of %v CPUs: want at least %v, or 0 for none", n.Name, n.Quota, cgroup.MinCPU)
		}
		nodes[n.Name] = n
	}
	if _, ok := nodes[c.Peer]; c.Peer != "" && !ok {
		return fmt.Errorf("peer %q: there is none", c.Peer)
	}
	if err := c.checkSites(nodes); err != nil {
		return err
	}
	return c.checkPairs(nodes)
}

// checkWords says which word is not one, or does not go with another.
func (c Config) checkWords() error {
	switch {
	case !slices.Contains([]string{"", "auto", engineRelay, engineTC}, c.Engine):
		return fmt.Errorf("engine %q: want auto, relay or tc", c.Engine)
	case !slices.Contains([]string{"", "auto", devicePacket, deviceTUN}, c.Device):
		return fmt.Errorf("device %q: want auto, packet or tun", c.Device)
	case !slices.Contains([]string{"", breakBurst, breakOffload, breakLimit}, c.Break):
		return fmt.Errorf("break %q: want burst, offload or limit", c.Break)
	case c.Device == deviceTUN && c.Engine == engineTC:
		return errors.New("device tun with engine tc: want device packet, for only the relay can play what TUN carries")
	case c.Break == breakBurst && c.Engine != engineTC:
		return errors.New("break burst: want engine tc, for only the kernel has token buckets")
	case c.Break == breakOffload && c.Device == deviceTUN:
		return errors.New("break offload: want device packet, for the kernel cuts to size what goes by TUN")
	}
	return nil
}

// checkSites says which node cannot be Beside another as it asks.
func (c Config) checkSites(nodes map[string]Node) error {
	hosts := map[string]int{}
	for _, n := range c.Nodes {
		if n.Beside == "" {
			continue
		}
		other, ok := nodes[n.Beside]
		switch {
		case !ok:
			return fmt.Errorf("node %q: beside %q: there is none", n.Name, n.Beside)
		case n.Beside == n.Name:
			return fmt.Errorf("node %q: beside itself: want another node", n.Name)
		case other.Beside != "":
			return fmt.Errorf("node %q: beside %q, which is itself beside %q: want the node that has the link", n.Name, n.Beside, other.Beside)
		}
		if hosts[n.Beside]++; hosts[n.Beside] >= mostHosts {
			return fmt.Errorf("node %q: beside %q: want at most %d nodes on one site", n.Name, n.Beside, mostHosts)
		}
	}
	return nil
}

// checkPairs says which pair of nodes cannot have a link.
func (c Config) checkPairs(nodes map[string]Node) error {
	site := func(n Node) string {
		if n.Beside != "" {
			return n.Beside
		}
		return n.Name
	}
	seen := map[Pair]bool{}
	for _, p := range c.Pairs {
		a, okA := nodes[p.A]
		b, okB := nodes[p.B]
		switch {
		case !okA:
			return fmt.Errorf("pair %s: node %q: there is none", p.Name(), p.A)
		case !okB:
			return fmt.Errorf("pair %s: node %q: there is none", p.Name(), p.B)
		case p.A == p.B:
			return fmt.Errorf("pair %s: want two nodes", p.Name())
		case seen[p] || seen[Pair{p.B, p.A}]:
			return fmt.Errorf("pair %s: there are two of these nodes", p.Name())
		case site(a) == site(b):
			return fmt.Errorf("pair %s: these nodes are beside each other, without a link between them", p.Name())
		}
		seen[p] = true
	}
	return nil
}
