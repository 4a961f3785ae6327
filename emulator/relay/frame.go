//go:build linux

package relay

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
)

const (
	vlanTag       = 4                                   // bytes of an 802.1Q tag
	vlanOffset    = 12                                  // where it goes: after the two addresses
	addressOffset = (unix.SizeofTpacket2Hdr + 15) &^ 15 // of the address in a slot: TPACKET_ALIGN
)

// maxFrame is the largest frame that one would expect: a full one with a VLAN
// tag.
const maxFrame = emulator.FullFrame + vlanTag

// A frame is one that the kernel wrote into its ring.
type frame struct {
	hdr    *unix.Tpacket2Hdr
	status uint32
	from   *unix.RawSockaddrLinklayer
	data   []byte // without its VLAN tag, which is in hdr
}

// outgoing reports whether our side sent the frame.
func (f frame) outgoing() bool { return f.from.Pkttype == unix.PACKET_OUTGOING }

// tagged reports whether the frame has a VLAN tag, which the kernel took out.
func (f frame) tagged() bool { return f.status&unix.TP_STATUS_VLAN_VALID != 0 }

// size is the length of the frame as it was on the wire, its tag included.
func (f frame) size() int {
	if f.tagged() {
		return int(f.hdr.Len) + vlanTag
	}
	return int(f.hdr.Len)
}

// whole reports whether all of the frame is in data.
func (f frame) whole() bool { return f.hdr.Len == f.hdr.Snaplen }

// unfinished reports whether its checksum was left to hardware.
func (f frame) unfinished() bool { return f.status&unix.TP_STATUS_CSUMNOTREADY != 0 }

// write puts the frame as it was on the wire into room, and returns its size.
// It must be whole.
func (f frame) write(room *[slot]byte) int {
	if !f.tagged() || len(f.data) < vlanOffset {
		return copy(room[:], f.data)
	}
	protocol := uint16(unix.ETH_P_8021Q)
	if f.status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
		protocol = f.hdr.Vlan_tpid
	}
	n := copy(room[:], f.data[:vlanOffset])
	binary.BigEndian.PutUint16(room[n:], protocol)
	binary.BigEndian.PutUint16(room[n+2:], f.hdr.Vlan_tci)
	return n + vlanTag + copy(room[n+vlanTag:], f.data[vlanOffset:])
}

// arrived returns when the kernel received the frame, on the monotonic clock
// counted from origin. read is a moment about when it was read. The kernel
// stamps by the wall clock; if that was set in between, so that the stamp is
// far off, the frame counts as arrived at read.
func (f frame) arrived(origin, read time.Time) time.Duration {
	stamp := int64(f.hdr.Sec)*int64(time.Second) + int64(f.hdr.Nsec)
	age := time.Duration(read.UnixNano() - stamp)
	if age < -10*time.Millisecond || age > time.Second {
		age = 0
	}
	return read.Sub(origin) - age
}
