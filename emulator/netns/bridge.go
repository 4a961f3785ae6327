//go:build linux

package netns

import (
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// bridge joins the nodes of a site, and all of them to the end a of its link.
func (l layout) bridge(s site, pids map[string]int) error {
	name := bridgeName(s)
	snooping := false // what it would send, nobody asked for
	b := &netlink.Bridge{LinkAttrs: attrs(name, mac(s.index, macBridge)), MulticastSnooping: &snooping}
	if err := netlink.LinkAdd(b); err != nil {
		return fmt.Errorf("make %s: %w", name, err)
	}
	if err := netlink.LinkAdd(veth(s.a, mac(s.index, macA), bridgeLink(s), mac(s.index, macSite))); err != nil {
		return fmt.Errorf("make %s: %w", s.a, err)
	}
	if err := join(b, bridgeLink(s), mac(s.index, macRouter)); err != nil {
		return err
	}
	for _, node := range s.nodes {
		at, port := l.places[node], bridgePort(node)
		if err := into(pids[node], port, mac(at.number, macPort), nodeInterface(0), nodeMAC(at)); err != nil {
			return err
		}
		if err := join(b, port, nodeMAC(at)); err != nil {
			return err
		}
	}
	return up(name)
}

// join makes an interface a port of the bridge, behind which there is hw. It
// learns nothing and floods nothing: who is where is known, and a frame that
// went where it does not belong would take up a link.
func join(b *netlink.Bridge, ifname string, hw net.HardwareAddr) error {
	link, err := netlink.LinkByName(ifname)
	if err == nil {
		err = netlink.LinkSetMaster(link, b)
	}
	if err == nil {
		err = netlink.LinkSetLearning(link, false)
	}
	if err == nil {
		err = netlink.LinkSetFlood(link, false)
	}
	if err == nil {
		err = netlink.NeighSet(&netlink.Neigh{
			LinkIndex:    link.Attrs().Index,
			Family:       unix.AF_BRIDGE,
			Flags:        netlink.NTF_MASTER,
			State:        netlink.NUD_NOARP,
			HardwareAddr: hw,
		})
	}
	if err != nil {
		return fmt.Errorf("port %s of bridge %s: %w", ifname, b.Name, err)
	}
	return up(ifname)
}
