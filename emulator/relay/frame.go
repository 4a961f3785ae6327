//go:build linux

package relay

import (
	"encoding/binary"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

const (
	etherHeader = 14 // bytes: two addresses and a type
	vlanTag     = 4  // bytes of an 802.1Q tag
	vlanOffset  = 12 // where it goes: after the two addresses
)

// maxFrame is the largest frame that one would expect: a full one with a VLAN
// tag.
const maxFrame = emulator.FullFrame + vlanTag

// A frame is one that came in at a port, as the kernel shows it. From a TUN
// device it is an IP packet.
type frame struct {
	data    []byte // what there is of it, without its VLAN tag
	length  int    // of all of it, likewise
	missing int    // bytes of its Ethernet header that data lacks
	at      time.Duration
	tag     tag
	offload offload

	unfinished bool // its checksum is not there, and offload does not say where it goes
}

// A tag is an 802.1Q tag that the kernel took out of a frame. Its protocol is
// 0 if there was none.
type tag struct{ protocol, control uint16 }

// size is the length of the frame on the wire, its tag included, and the
// Ethernet header.
func (f *frame) size() unit.Bytes {
	n := f.length + f.missing
	if f.tag.protocol != 0 {
		n += vlanTag
	}
	return unit.Bytes(n)
}

// whole reports whether all of the frame is in data.
func (f *frame) whole() bool { return f.length == len(f.data) }

// write puts the frame as it was on the wire into room, and returns how many
// bytes that is. It must be whole and fit.
func (f *frame) write(room []byte) int { return f.tag.insert(room, f.data) }

// insert copies the beginning of a frame, or all of it, to room, with the tag
// where it was.
func (t tag) insert(room, data []byte) int {
	if t.protocol == 0 || len(data) < vlanOffset {
		return copy(room, data)
	}
	n := copy(room, data[:vlanOffset])
	binary.BigEndian.PutUint16(room[n:], t.protocol)
	binary.BigEndian.PutUint16(room[n+2:], t.control)
	return n + vlanTag + copy(room[n+vlanTag:], data[vlanOffset:])
}

// arrival returns when the kernel received a packet that it stamped with the
// wall clock, on the monotonic clock counted from origin. read is a moment
// about when it was read. If the wall clock was set in between, so that the
// stamp is far off, the packet counts as arrived at read.
func arrival(stamp time.Duration, origin, read time.Time) time.Duration {
	age := time.Duration(read.UnixNano()) - stamp
	if age < -10*time.Millisecond || age > time.Second {
		age = 0
	}
	return read.Sub(origin) - age
}
