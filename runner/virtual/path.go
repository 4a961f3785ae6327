package virtual

import (
	"slices"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/scenarios"
)

// The nodes that every world has beside those of inference.
const (
	control    = "control"
	repository = "repository"
)

// A path is what packets pass between the repository, or control, and an
// inference node, each way, in the order in which they pass it.
type path struct{ down, up []leg }

// A leg is a direction of a link: twice the number of the link, and one more for
// that which leaves the node that it is of, or the first of a pair.
type leg int

// path is the way from another node, the repository or control, to a node and
// back: their own pair if they have one, else both their links; nothing if they
// are beside each other.
func (p *plan) path(from, name string) path {
	if i := slices.Index(p.links, name+"/"+from); i >= 0 {
		return path{[]leg{down(i)}, []leg{up(i)}}
	}
	if i := slices.Index(p.links, from+"/"+name); i >= 0 {
		return path{[]leg{up(i)}, []leg{down(i)}}
	}
	var way path
	near, far := p.site(name), p.site(from)
	if near == far {
		return way
	}
	if i := slices.Index(p.links, far); i >= 0 {
		way = path{[]leg{up(i)}, []leg{down(i)}}
	}
	if i := slices.Index(p.links, near); i >= 0 {
		way = path{append(way.down, down(i)), append([]leg{up(i)}, way.up...)}
	}
	return way
}

func down(link int) leg { return leg(2 * link) }
func up(link int) leg   { return leg(2*link + 1) }

// site is the node whose link a node has.
func (p *plan) site(name string) string {
	if other := p.beside[name]; other != "" {
		return other
	}
	return name
}

// same says whether two paths are over the same links.
func (p path) same(other path) bool { return slices.Equal(p.down, other.down) }

// direction is its name in records.
func (l leg) direction() string {
	if l%2 == 0 {
		return "down"
	}
	return "up"
}

// asked is a leg as a condition asks for it.
func (p *plan) asked(l leg, c scenarios.Condition) emulator.Link {
	of := c.Links[p.links[l/2]]
	if l%2 == 0 {
		return of.Down
	}
	return of.Up
}
