//go:build linux

package relay

import "time"

// A port is one end of the relay: packets come in and go out. One thread may
// receive while another sends.
type port interface {
	// fd is what to wait on for packets, with ppoll.
	fd() int

	// receive fills in the oldest packet, false if there is none. It is valid
	// until release, which must follow before the next receive. Times count
	// from origin; read is about now.
	receive(f *frame, origin, read time.Time) bool
	release()

	// discard forgets packets that came in before a link is set, of which
	// receive could not tell.
	discard()

	// send sends the first of 1 to batch packets, as they are. It returns how
	// many it is done with and how many of these, 0 or 1, the kernel did not
	// take: the interface is down, has no buffer left, or the packet is
	// larger than its MTU. It is done with none if it was interrupted.
	send(packets [][]byte) (done, failed int)

	// missing is how many bytes of the Ethernet header packets come without.
	missing() int

	// takeDrops returns how many packets found no room since the last call.
	// Any thread may call it, one at a time.
	takeDrops() int64

	// clearError is called when ppoll says that something is wrong. It
	// reports whether that is over.
	clearError() bool

	// close frees everything. No thread may use the port any more.
	close() error
}
