// Package netns makes a world of Linux network namespaces: a router process
// in a namespace of its own, nodes as its children in theirs, and links
// between them that are played by the kernel (tc) or in user space (relay).
// Everything ends with the router process, and that with its parent.
package netns

import (
	"time"

	"github.com/testbed/testbed/emulator"
)

// A Config says what a world is made of.
type Config struct {
	Nodes  []Node
	Engine string // auto, relay or tc: what plays links that are not perfect; empty: auto
	CPUs   []int  // the router runs on these; empty: those that no node runs on, or all if none is left
}

// A Node is a process in a network namespace of its own.
type Node struct {
	Name string   // lower-case letters, digits, '-'; at most 10 bytes
	Args []string // of this same program; the node's socket is file descriptor 3
	Env  []string // added to the environment
	CPUs []int    // it and its background load run on these; empty: all
}

// Inexact begins the Reason of a link whose engine was asked for by name and
// differs from the model in a way that is known; the rest says how.
const Inexact = "as asked, though "

// A LinkStatus counts what one direction of a node's link did since it was
// set, and how late the engine was.
type LinkStatus struct {
	Asked   emulator.Link
	Engine  string // relay, tc or none (a perfect link)
	Reason  string // for the engine
	Packets int64  // delivered
	Bytes   int64  // delivered, Ethernet layer
	Lost    int64
	Dropped int64
	LagP50  time.Duration // how late packets were sent; 0 under tc
	LagP99  time.Duration
	LagMax  time.Duration
	Clock   time.Duration // since the link was set: the time of its Trace
}

// A LoadStatus is the background load of one node.
type LoadStatus struct {
	Asked    float64 // share of each of the node's CPUs
	Achieved float64 // over the last second or so; since it was set if that is shorter
	Total    float64 // since it was set
}

// A Status is the state of the world. The maps are by node.
type Status struct {
	Down, Up map[string]LinkStatus
	Loads    map[string]LoadStatus
}
