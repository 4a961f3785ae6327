package netns

import (
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
)

// mtu is of every interface: Ethernet's, so that a full frame is 1514 bytes.
const mtu = 1500

// prepareRouter makes the namespace of this process one that forwards between
// nodes.
func prepareRouter() error {
	if err := disableIPv6(); err != nil {
		return err
	}
	if err := sysctl("net.ipv4.ip_forward", "1"); err != nil {
		return err
	}
	return up("lo")
}

// connect makes the interfaces of a node whose process is pid, in a namespace
// of its own, and everything on the router's side of them.
func (p port) connect(pid int) error {
	inside := veth(p.a, mac(p.index, macA), nodeInterface, mac(p.index, macNode))
	inside.PeerNamespace = netlink.NsPid(pid)
	if err := netlink.LinkAdd(inside); err != nil {
		return fmt.Errorf("make %s: %w", p.a, err)
	}
	outside := veth(p.b, mac(p.index, macB), p.r, mac(p.index, macRouter))
	if err := netlink.LinkAdd(outside); err != nil {
		return fmt.Errorf("make %s: %w", p.b, err)
	}
	if err := offloadsOff(p.r); err != nil {
		return err
	}
	err := address(p.r, routerIP(p.index), nodeIP(p.index), mac(p.index, macNode))
	if err != nil {
		return err
	}
	for _, name := range []string{p.a, p.b} {
		if err := up(name); err != nil {
			return err
		}
	}
	return nil
}

// prepareNode makes the network of the node that this process is.
func prepareNode(index int) error {
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
	if err := offloadsOff(nodeInterface); err != nil {
		return err
	}
	err := address(nodeInterface, nodeIP(index), routerIP(index), mac(index, macRouter))
	if err != nil {
		return err
	}
	if err := netlink.RouteAdd(&netlink.Route{Gw: routerIP(index)}); err != nil {
		return fmt.Errorf("default route: %w", err)
	}
	return nil
}

func veth(name string, hw net.HardwareAddr, peer string, peerHW net.HardwareAddr) *netlink.Veth {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	attrs.HardwareAddr = hw
	attrs.MTU = mtu
	v := netlink.NewVeth(attrs)
	v.PeerName = peer
	v.PeerHardwareAddr = peerHW
	return v
}

func up(ifname string) error {
	link, err := netlink.LinkByName(ifname)
	if err == nil {
		err = netlink.LinkSetUp(link)
	}
	if err != nil {
		return fmt.Errorf("set %s up: %w", ifname, err)
	}
	return nil
}

// address sets an interface up with its address and its only neighbour.
func address(ifname string, own, neighbour net.IP, hw net.HardwareAddr) error {
	link, err := netlink.LinkByName(ifname)
	if err != nil {
		return fmt.Errorf("address of %s: %w", ifname, err)
	}
	addr, err := netlink.ParseAddr(network(own))
	if err != nil {
		return fmt.Errorf("address of %s: %w", ifname, err)
	}
	if err := netlink.AddrAdd(link, addr); err != nil {
		return fmt.Errorf("address of %s: %w", ifname, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("set %s up: %w", ifname, err)
	}
	err = netlink.NeighSet(&netlink.Neigh{
		LinkIndex:    link.Attrs().Index,
		State:        netlink.NUD_PERMANENT,
		IP:           neighbour,
		HardwareAddr: hw,
	})
	if err != nil {
		return fmt.Errorf("neighbour of %s: %w", ifname, err)
	}
	return nil
}
