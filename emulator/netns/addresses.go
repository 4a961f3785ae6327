package netns

import (
	"fmt"
	"net"
)

// The interfaces of a node's link, from the node to the router. The engine
// moves frames between a and b.
//
//	node: eth0 ⇄ a │engine│ b ⇄ r: routes
const nodeInterface = "eth0"

// A port is the router's side of a node's link.
type port struct {
	index   int // of the node, from 1: its network is 10.77.index.0/24
	a, b, r string
}

func newPort(index int, node string) port {
	return port{index: index, a: node + "-a", b: node + "-b", r: node + "-r"}
}

// Hardware addresses are fixed so that neighbours can be, and no frame is
// spent on finding them. They are locally administered. Those of a and b are
// never used: frames there carry the address of the far end, so that the
// router's own IP ignores them.
const (
	macRouter = 1
	macNode   = 2
	macA      = 0xa
	macB      = 0xb
)

func mac(index, end int) net.HardwareAddr {
	return net.HardwareAddr{0x02, 0x77, 0, 0, byte(index), byte(end)}
}

func nodeIP(index int) net.IP   { return net.IPv4(10, 77, byte(index), 2).To4() }
func routerIP(index int) net.IP { return net.IPv4(10, 77, byte(index), 1).To4() }

// network returns ip with the length of a node's network.
func network(ip net.IP) string { return fmt.Sprintf("%s/24", ip) }
