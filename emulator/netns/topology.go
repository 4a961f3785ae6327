//go:build linux

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

// connectSite makes the interfaces of a site's nodes, whose processes are
// pids, and everything on the router's side of them.
func (l layout) connectSite(s site, pids map[string]int, offloads bool) error {
	if len(s.nodes) == 1 {
		if err := into(pids[s.name], s.a, mac(s.index, macA), nodeInterface(0), nodeMAC(l.places[s.name])); err != nil {
			return err
		}
	} else if err := l.bridge(s, pids); err != nil {
		return err
	}
	if err := netlink.LinkAdd(veth(s.b, mac(s.index, macB), s.r, mac(s.index, macRouter))); err != nil {
		return fmt.Errorf("make %s: %w", s.b, err)
	}
	if !offloads {
		if err := offloadsOff(s.r); err != nil {
			return err
		}
	}
	if err := address(s.r, network(routerIP(s.index)), l.neighbours(s, "")); err != nil {
		return err
	}
	return upAll(s.a, s.b)
}

// connectPair makes the interfaces of a pair's link.
func connectPair(p pairing, pids map[string]int) error {
	err := into(pids[p.A], p.a, pairMAC(p.index, macA), p.inA, pairMAC(p.index, macPairA))
	if err == nil {
		err = into(pids[p.B], p.b, pairMAC(p.index, macB), p.inB, pairMAC(p.index, macPairB))
	}
	if err != nil {
		return err
	}
	return upAll(p.a, p.b)
}

// into makes a link from outside, here, to inside, in the namespace of a
// process.
func into(pid int, outside string, hw net.HardwareAddr, inside string, insideHW net.HardwareAddr) error {
	v := veth(outside, hw, inside, insideHW)
	v.PeerNamespace = netlink.NsPid(pid)
	if err := netlink.LinkAdd(v); err != nil {
		return fmt.Errorf("make %s: %w", outside, err)
	}
	return nil
}

func veth(name string, hw net.HardwareAddr, peer string, peerHW net.HardwareAddr) *netlink.Veth {
	v := netlink.NewVeth(attrs(name, hw))
	v.PeerName = peer
	v.PeerHardwareAddr = peerHW
	return v
}

func attrs(name string, hw net.HardwareAddr) netlink.LinkAttrs {
	a := netlink.NewLinkAttrs()
	a.Name = name
	a.HardwareAddr = hw
	a.MTU = mtu
	return a
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

func upAll(ifnames ...string) error {
	for _, name := range ifnames {
		if err := up(name); err != nil {
			return err
		}
	}
	return nil
}

// address sets an interface up with its address, if it has one, and those it
// can reach.
func address(ifname, own string, neighbours []neighbour) error {
	link, err := netlink.LinkByName(ifname)
	if err != nil {
		return fmt.Errorf("address of %s: %w", ifname, err)
	}
	if own != "" {
		addr, err := netlink.ParseAddr(own)
		if err == nil {
			err = netlink.AddrAdd(link, addr)
		}
		if err != nil {
			return fmt.Errorf("address %s of %s: %w", own, ifname, err)
		}
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("set %s up: %w", ifname, err)
	}
	for _, n := range neighbours {
		err := netlink.NeighSet(&netlink.Neigh{
			LinkIndex:    link.Attrs().Index,
			State:        netlink.NUD_PERMANENT,
			IP:           n.IP,
			HardwareAddr: n.MAC,
		})
		if err != nil {
			return fmt.Errorf("neighbour %s of %s: %w", n.IP, ifname, err)
		}
	}
	return nil
}
