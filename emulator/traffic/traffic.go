// Package traffic makes cross traffic on a link: datagrams or a TCP connection
// of somebody else, by a process that sends and one that receives at the two
// ends. What it achieves is what arrives.
//
// Rates count the Ethernet layer, as emulator.Link does: a full frame is 1514
// bytes. Of them a datagram carries 1472 and a segment of TCP 1448. Headers of
// TCP are reckoned, as if all segments were full, and what is sent again does
// not count.
package traffic

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// Options say what to send, and how its processes are started.
type Options struct {
	Traffic emulator.Traffic

	// Addr is the IPv4 address of the receiver, as the sender reaches it.
	Addr string

	// Sender and Receiver start a process in their place, such as the
	// namespace of a node.
	Sender, Receiver Spawn

	// Failed is told, once, if a process ends before Stop; nil: nobody is. It
	// is called from a goroutine of its own.
	Failed func(error)
}

// A Spawn starts this same program again, and returns what kills it.
type Spawn func(Process) (kill func(), err error)

// A Process is to be started.
type Process struct {
	Args   []string // all but the program's name, for Main
	Stdin  *os.File
	Stdout io.Writer
	Exited func(error) // is called once it has ended; the error says how
}

// A Status is how well traffic is achieved: shares of Traffic.Of. Bulk asks for
// no share: 0.
type Status struct {
	Asked, Achieved   float64      // means over the last second; since the begin if that is shorter
	AskedTotal, Total float64      // means since the begin, however often it was rewound
	Bps               unit.BitRate // achieved over the last second
}

// every and span are how often the receiver reports, and over how long Status
// averages.
const (
	every = 250 * time.Millisecond
	span  = time.Second
)

// What a full frame carries.
const (
	datagram = emulator.FullFrame - 14 - 20 - 8
	segment  = emulator.FullFrame - 14 - 20 - 20 - 12 // with timestamps
)

// payload is what a full frame of t carries.
func payload(t emulator.Traffic) unit.Bytes {
	if byTCP(t) {
		return segment
	}
	return datagram
}

// byTCP reports whether t is a TCP connection.
func byTCP(t emulator.Traffic) bool { return t.TCP || t.Bulk }

// check says what is wrong.
func (o *Options) check() error {
	switch err := (emulator.Load{Down: o.Traffic}).Check(); {
	case err != nil:
		return err
	case o.Traffic.IsZero():
		return errors.New("traffic: want a share of a rate, or bulk")
	}
	return nil
}
