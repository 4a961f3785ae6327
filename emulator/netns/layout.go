//go:build linux

package netns

// A layout is who is where, worked out from a Config alone.
type layout struct {
	places map[string]place // by node
	sites  []site           // in the order of the nodes that have their links
	pairs  []pairing
}

// A place is where a node is.
type place struct {
	number int // of the node, from 1
	site   int // number of the node whose link it is behind: its own, or of the one that it is Beside
	host   int // last byte of its address
}

// A site is a network of one node, or of several beside each other, behind one
// link, which is called as the node that has it.
type site struct {
	port
	name  string
	index int      // number of that node: the network is 10.77.index.0/24
	nodes []string // that node first
}

// A pairing is a Pair and where its ends are.
type pairing struct {
	Pair
	port            // without r
	index    int    // from 1
	inA, inB string // names of its interfaces in the nodes
}

// Hosts of a site: the router is the first, its nodes follow.
const (
	firstHost = 2
	mostHosts = 253 // up to the last below the broadcast address
)

// layout works out who is where. c must have passed check.
func (c Config) layout() layout {
	l := layout{places: map[string]place{}}
	at := map[string]int{} // of a site in l.sites
	for i, n := range c.Nodes {
		if n.Beside == "" {
			l.places[n.Name] = place{number: i + 1, site: i + 1, host: firstHost}
			at[n.Name] = len(l.sites)
			l.sites = append(l.sites, site{port: newPort(n.Name), name: n.Name, index: i + 1, nodes: []string{n.Name}})
		}
	}
	for i, n := range c.Nodes {
		if n.Beside != "" {
			s := &l.sites[at[n.Beside]]
			l.places[n.Name] = place{number: i + 1, site: s.index, host: firstHost + len(s.nodes)}
			s.nodes = append(s.nodes, n.Name)
		}
	}
	taken := map[string]int{} // interfaces of a node besides its first
	another := func(node string) string {
		taken[node]++
		return nodeInterface(taken[node])
	}
	for i, p := range c.Pairs {
		l.pairs = append(l.pairs, pairing{
			Pair: p, port: pairPort(i + 1), index: i + 1, inA: another(p.A), inB: another(p.B),
		})
	}
	return l
}

// site returns the site of a node.
func (l layout) site(node string) site {
	for _, s := range l.sites {
		if s.index == l.places[node].site {
			return s
		}
	}
	return site{}
}

// byTUN reports whether the link of the site ends in TUN interfaces where the
// world's device is TUN. They carry IP packets, of which a bridge knows
// nothing: where nodes are beside each other there is none.
func (s site) byTUN(device string) bool { return device == deviceTUN && len(s.nodes) == 1 }
