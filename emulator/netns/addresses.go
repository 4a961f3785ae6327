//go:build linux

package netns

import (
	"fmt"
	"net"
)

// A port is the router's side of a link, by the names of its interfaces. The
// engine moves frames between a and b.
//
//	a node alone:        eth0 ⇄ a │engine│ b ⇄ r: routes
//	two nodes, a site:   eth0 ⇄ p ┐
//	                              ├ bridge ┤ s ⇄ a │engine│ b ⇄ r: routes
//	                     eth0 ⇄ p ┘
//	a pair:              eth1 ⇄ a │engine│ b ⇄ eth1
//
// Where the device is TUN, eth0 itself and r are TUN interfaces, between whose
// files the relay moves packets; of a pair both ends are. There is no a or b.
type port struct{ a, b, r string }

func newPort(node string) port { return port{a: node + "-a", b: node + "-b", r: node + "-r"} }

// pairPort returns names that no node can have: '_' is not in theirs.
func pairPort(index int) port {
	return port{a: fmt.Sprintf("pair%d_a", index), b: fmt.Sprintf("pair%d_b", index)}
}

// The other interfaces of a site of several nodes.
func bridgeName(s site) string         { return s.name + "-br" }
func bridgeLink(s site) string         { return s.name + "-s" }
func bridgePort(node string) string    { return node + "-p" }
func nodeInterface(number int) string  { return fmt.Sprintf("eth%d", number) }
func nodeIP(p place) net.IP            { return net.IPv4(10, 77, byte(p.site), byte(p.host)).To4() }
func routerIP(site int) net.IP         { return net.IPv4(10, 77, byte(site), 1).To4() }
func network(ip net.IP) string         { return fmt.Sprintf("%s/24", ip) }
func nodeMAC(p place) net.HardwareAddr { return mac(p.number, macNode) }

// Hardware addresses are fixed so that neighbours can be, and no frame is
// spent on finding them. They are locally administered. Those of a and b are
// never used: frames there carry the address of the far end, so that the
// router's own IP ignores them.
const (
	macRouter = 1
	macNode   = 2
	macPairA  = 3 // of a pair, in the node A
	macPairB  = 4
	macA      = 0xa
	macB      = 0xb
	macBridge = 0xc
	macSite   = 0xd // of a site's bridge, towards its link
	macPort   = 0xe // of a site's bridge, towards a node
)

// mac returns the address of an interface that belongs to a node or its link.
func mac(number, end int) net.HardwareAddr {
	return net.HardwareAddr{0x02, 0x77, 0, 0, byte(number), byte(end)}
}

// pairMAC is the same for the link of a pair.
func pairMAC(index, end int) net.HardwareAddr {
	return net.HardwareAddr{0x02, 0x77, 1, byte(index >> 8), byte(index), byte(end)}
}
