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
//
// With Device tun the interfaces of nodes are TUN, and the relay plays every
// link, the perfect ones too; only that of a site of several nodes, who are
// joined by a bridge of Ethernet, is as with packet. Who may not use
// /dev/net/tun gets an error that wraps emulator.ErrUnsupported.
type Config struct {
	Nodes  []Node
	Pairs  []Pair // nodes with a link of their own between them
	Engine string // auto, relay or tc: what plays links that are not perfect; empty: auto
	Device string // packet, tun or auto, which is packet: what the relay carries packets by; empty: auto
	CPUs   []int  // the router runs on these; empty: those that no node runs on, or all if none is left
	Peer   string // the node at the other end of cross traffic (see SetLoad); empty: there is none, and so no cross traffic

	// Strict refuses a relay that other load could hold up: its threads must
	// have SCHED_FIFO, or CPUs that no node runs on.
	Strict bool

	// Break names what is broken on purpose, so that a measurement of this
	// world can be seen to notice: burst (token buckets hold 64 KiB), offload
	// (nodes send offload-sized packets, which the engine takes as one) or
	// limit (queues hold two packets). Empty, as in every other use: nothing.
	Break string
}

// A Pair is a link between two nodes, past the router that joins all others.
// Its name, "a/b", stands where that of a node does in SetLink and Status;
// down is towards A, up is from A.
type Pair struct{ A, B string }

// Name returns "A/B".
func (p Pair) Name() string { return p.A + "/" + p.B }

// A Node is a process in a network namespace of its own.
type Node struct {
	Name   string   // lower-case letters, digits, '-'; at most 10 bytes
	Beside string   // shares the site, and so the link, of this other node; empty: a link of its own
	Args   []string // of this same program; the node's socket is file descriptor 3
	Env    []string // added to the environment
	CPUs   []int    // it and its background load run on these; empty: all
	// Quota is the CPU time, in CPUs, that it and its background load may take
	// together. Where no cgroup may be written they are held to CPUs alone,
	// and Describe says so. 0: none; else at least 0.01.
	Quota float64
}

// Inexact begins the Reason of a link whose engine was asked for by name and
// differs from the model in a way that is known; the rest says how.
const Inexact = "as asked, though "

// A LinkStatus counts what one direction of a node's link did since SetLink,
// calls of SetLinkAt after it included, and how late the engine was.
type LinkStatus struct {
	Asked   emulator.Link
	Engine  string // relay, tc or none (a perfect link)
	Reason  string // for the engine
	Packets int64  // delivered
	Bytes   int64  // delivered, Ethernet layer
	Lost    int64
	Dropped int64

	Duplicated, Corrupted int64 // among Packets; 0 under tc, which does not tell

	LagP50 time.Duration // how late packets were sent; 0 under tc
	LagP99 time.Duration
	LagMax time.Duration
	Lag    []LagBin // the whole of it; nil under tc

	// Steps are the changes that the kernel made of a link that varies; the
	// relay, which changes at the time it keeps itself, has none.
	Steps Steps

	// Clock is the time of the link's Trace: since SetLink, or, after
	// SetLinkAt, as that set it and since then. Counted is how long ago that
	// SetLink was from which on there are counts. Zero is when Clock was 0, by
	// CLOCK_MONOTONIC.
	Clock, Counted, Zero time.Duration
}

// A LagBin is how many packets were late by at most this, and by more than the
// bin before.
type LagBin struct {
	AtMost time.Duration
	Count  int64
}

// Steps is how a link that varies was changed.
type Steps struct {
	Due, Done             int64 // until now
	LateP50, LateP99, Max time.Duration
	Clamped               int64 // to the least rate that the kernel can follow
}

// A LoadStatus is the background load of one resource of a node. Asked and
// Achieved are shares, 0 to 1, of what emulator.Load says; of resident memory
// they are bytes. Bulk traffic asks for no share: 0.
type LoadStatus struct {
	Resource          string  // cpu, memory, resident, gpu, traffic-down or traffic-up
	Asked, Achieved   float64 // means over the last second or so; since it began if that is shorter
	AskedTotal, Total float64 // means since it began
	Bps               float64 // achieved over the last second: bytes/s of memory, bits/s (Ethernet layer) of traffic; 0 of others

	Late time.Duration // by how much a step of the level was applied late, at most; 0 of traffic, which does not tell
	Busy float64       // of a GPU: share of time in which it did anything, for anybody; 0 where its driver does not tell
}

// A NodeStatus is what the cgroup of a node with a Quota has counted for the
// node and its background load since the world began.
type NodeStatus struct {
	CPU       time.Duration // CPU time used
	Throttled time.Duration // that threads were held back by the quota, added up over CPUs
	Periods   int64         // of the quota, in which something ran
	Held      int64         // of these, how many ended with threads held back
}

// A Status is the state of the world. Down and Up are by node or pair, Loads
// and Nodes by node. A node that is Beside another has no link of its own, one
// without load is not in Loads, and one without a quota that holds not in
// Nodes.
type Status struct {
	Down, Up map[string]LinkStatus
	Loads    map[string][]LoadStatus
	Nodes    map[string]NodeStatus
}
