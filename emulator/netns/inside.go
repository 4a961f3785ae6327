//go:build linux

package netns

import (
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"

	"github.com/testbed/testbed/emulator/cgroup"
)

// A nodeSetup is what a node is told by the router once its interfaces are
// there.
type nodeSetup struct {
	Interfaces []nodeLink
	Offloads   bool         // stay on
	Place      cgroup.Place // that it is to be in
}

// A nodeLink is an interface of a node.
type nodeLink struct {
	Name       string
	Address    string // with the length of its network; empty: none of its own
	Neighbours []neighbour
	Gateway    net.IP // of everything else; nil: not this way

	Peer, Source net.IP // the one host that is reached this way, and who we are to it; nil if Address is set
}

// A neighbour is permanent: no frame is spent on finding it.
type neighbour struct {
	IP  net.IP
	MAC net.HardwareAddr
}

// setup returns what a node is to be told.
func (l layout) setup(node, device, broken string) nodeSetup {
	own, s := l.places[node], l.site(node)
	first := nodeLink{Name: nodeInterface(0), Address: network(nodeIP(own)), Gateway: routerIP(s.index)}
	if !s.byTUN(device) { // what goes by TUN has no addresses of hardware
		first.Neighbours = append(l.neighbours(s, node), neighbour{routerIP(s.index), mac(s.index, macRouter)})
	}
	setup := nodeSetup{Interfaces: []nodeLink{first}, Offloads: broken == breakOffload}
	for _, p := range l.pairs {
		var second nodeLink
		switch node {
		case p.A:
			second = nodeLink{Name: p.inA, Peer: nodeIP(l.places[p.B])}
			second.Neighbours = []neighbour{{second.Peer, pairMAC(p.index, macPairB)}}
		case p.B:
			second = nodeLink{Name: p.inB, Peer: nodeIP(l.places[p.A])}
			second.Neighbours = []neighbour{{second.Peer, pairMAC(p.index, macPairA)}}
		default:
			continue
		}
		second.Source = nodeIP(own)
		if device == deviceTUN {
			second.Neighbours = nil
		}
		setup.Interfaces = append(setup.Interfaces, second)
	}
	return setup
}

// neighbours returns the nodes of a site but one.
func (l layout) neighbours(s site, but string) (all []neighbour) {
	for _, name := range s.nodes {
		if name != but {
			all = append(all, neighbour{nodeIP(l.places[name]), nodeMAC(l.places[name])})
		}
	}
	return all
}

// prepareNode makes the network of the node that this process is.
func prepareNode(s nodeSetup) error {
	if err := s.Place.Join(); err != nil {
		return err
	}
	if err := disableIPv6(); err != nil {
		return err
	}
	// What one connection learns about the path must not help the next.
	if err := sysctl("net.ipv4.tcp_no_metrics_save", "1"); err != nil {
		return err
	}
	if err := up("lo"); err != nil {
		return err
	}
	for _, i := range s.Interfaces {
		if err := i.prepare(s.Offloads); err != nil {
			return err
		}
	}
	return nil
}

func (i nodeLink) prepare(offloads bool) error {
	if !offloads {
		if err := offloadsOff(i.Name); err != nil {
			return err
		}
	}
	if err := address(i.Name, i.Address, i.Neighbours); err != nil {
		return err
	}
	return i.route()
}

// route makes the routes that lead out of an interface that is up.
func (i nodeLink) route() error {
	var errs error
	if i.Gateway != nil {
		if err := netlink.RouteAdd(&netlink.Route{Gw: i.Gateway}); err != nil {
			errs = fmt.Errorf("default route: %w", err)
		}
	}
	if i.Peer != nil {
		link, err := netlink.LinkByName(i.Name)
		if err == nil {
			err = netlink.RouteAdd(&netlink.Route{
				LinkIndex: link.Attrs().Index,
				Scope:     netlink.SCOPE_LINK,
				Dst:       &net.IPNet{IP: i.Peer, Mask: net.CIDRMask(32, 32)},
				Src:       i.Source,
			})
		}
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("route to %s by %s: %w", i.Peer, i.Name, err))
		}
	}
	return errs
}
