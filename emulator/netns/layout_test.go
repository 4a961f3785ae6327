//go:build linux

package netns

import (
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Nodes 1 to 4; 1 and 4 are beside 3. Two pairs, both with 2.
var crossed = Config{
	Nodes: []Node{{Name: "store", Beside: "cloud"}, {Name: "edge"}, {Name: "cloud"}, {Name: "0123456789", Beside: "cloud"}},
	Pairs: []Pair{{"edge", "cloud"}, {"store", "edge"}},
}

func TestLayout(t *testing.T) {
	want := layout{
		places: map[string]place{
			"store":      {number: 1, site: 3, host: 3},
			"edge":       {number: 2, site: 2, host: 2},
			"cloud":      {number: 3, site: 3, host: 2},
			"0123456789": {number: 4, site: 3, host: 4},
		},
		sites: []site{
			{port: port{"edge-a", "edge-b", "edge-r"}, name: "edge", index: 2, nodes: []string{"edge"}},
			{port: port{"cloud-a", "cloud-b", "cloud-r"}, name: "cloud", index: 3, nodes: []string{"cloud", "store", "0123456789"}},
		},
		pairs: []pairing{
			{Pair: Pair{"edge", "cloud"}, port: port{a: "pair1_a", b: "pair1_b"}, index: 1, inA: "eth1", inB: "eth1"},
			{Pair: Pair{"store", "edge"}, port: port{a: "pair2_a", b: "pair2_b"}, index: 2, inA: "eth1", inB: "eth2"},
		},
	}
	got := crossed.layout()
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(layout{}, place{}, site{}, port{}, pairing{})); diff != "" {
		t.Errorf("layout (-want +got):\n%s", diff)
	}
	for node, link := range map[string]string{"edge": "edge", "store": "cloud", "cloud": "cloud"} {
		if s := got.site(node); s.name != link {
			t.Errorf("%s is at site %q, want %q", node, s.name, link)
		}
	}
}

// TestSetup: what the busiest node is told, and what differs by TUN.
func TestSetup(t *testing.T) {
	hw := func(s string) net.HardwareAddr {
		a, err := net.ParseMAC(s)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	ip := func(s string) net.IP { return net.ParseIP(s).To4() }
	edge, store, cloud := ip("10.77.2.2"), ip("10.77.3.3"), ip("10.77.3.2")
	for _, tt := range []struct {
		name, node, device, broken string
		want                       nodeSetup
	}{
		{"an end of two pairs", "edge", "packet", "", nodeSetup{Interfaces: []nodeLink{
			{Name: "eth0", Address: "10.77.2.2/24", Gateway: ip("10.77.2.1"), Neighbours: []neighbour{{ip("10.77.2.1"), hw("02:77:00:00:02:01")}}},
			{Name: "eth1", Peer: cloud, Source: edge, Neighbours: []neighbour{{cloud, hw("02:77:01:00:01:04")}}},
			{Name: "eth2", Peer: store, Source: edge, Neighbours: []neighbour{{store, hw("02:77:01:00:02:03")}}},
		}}},
		{"the same by TUN", "edge", "tun", "", nodeSetup{Interfaces: []nodeLink{
			{Name: "eth0", Address: "10.77.2.2/24", Gateway: ip("10.77.2.1")},
			{Name: "eth1", Peer: cloud, Source: edge},
			{Name: "eth2", Peer: store, Source: edge},
		}}},
		{"beside others, which are on a bridge whatever the device", "store", "tun", "offload", nodeSetup{Offloads: true, Interfaces: []nodeLink{
			{Name: "eth0", Address: "10.77.3.3/24", Gateway: ip("10.77.3.1"), Neighbours: []neighbour{
				{cloud, hw("02:77:00:00:03:02")}, {ip("10.77.3.4"), hw("02:77:00:00:04:02")}, {ip("10.77.3.1"), hw("02:77:00:00:03:01")}}},
			{Name: "eth1", Peer: edge, Source: store},
		}}},
	} {
		if diff := cmp.Diff(tt.want, crossed.layout().setup(tt.node, tt.device, tt.broken)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestInterfaceNamesFit: the kernel takes at most 15 bytes, and each once.
func TestInterfaceNamesFit(t *testing.T) {
	longest := Config{
		Nodes: []Node{{Name: "0123456789"}, {Name: "pair1"}, {Name: "a"}, {Name: "a-b", Beside: "a"}, {Name: "a-p", Beside: "a"}},
		Pairs: []Pair{{"0123456789", "pair1"}},
	}.layout()
	longest.pairs = append(longest.pairs, pairing{port: pairPort(maxNodes * maxNodes / 2)})
	seen := map[string]bool{"": true} // pairs have no r
	see := func(names ...string) {
		for _, name := range names {
			if len(name) > 15 || name != "" && seen[name] {
				t.Errorf("interface %q: too long, or there are two", name)
			}
			seen[name] = true
		}
	}
	for _, s := range longest.sites {
		see(s.a, s.b, s.r, bridgeName(s), bridgeLink(s))
		for _, node := range s.nodes {
			see(bridgePort(node))
		}
	}
	for _, p := range longest.pairs {
		see(p.a, p.b)
	}
}
