//go:build linux

package relay

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// offloadSize is the size of the header that virtio describes an offload with.
const offloadSize = 10

// An offload is what was left to hardware: struct virtio_net_hdr, in which
// positions count from the start of the packet. The zero offload is nothing.
type offload struct {
	flags, kind uint8
	header      uint16 // not to be trusted for forwarded packets
	segment     uint16 // bytes of payload in each packet but the last
	start       uint16 // of what the checksum is about: the TCP or UDP header
	field       uint16 // where the checksum goes, after start
}

// parseOffload reads an offload in the byte order of this machine.
func parseOffload(b []byte) offload {
	return offload{
		flags:   b[0],
		kind:    b[1],
		header:  binary.NativeEndian.Uint16(b[2:]),
		segment: binary.NativeEndian.Uint16(b[4:]),
		start:   binary.NativeEndian.Uint16(b[6:]),
		field:   binary.NativeEndian.Uint16(b[8:]),
	}
}

// large reports whether the packet is to be cut.
func (o offload) large() bool { return o.kind != unix.VIRTIO_NET_HDR_GSO_NONE }

// unfinished reports whether the checksum is to be filled in. In its field is
// the sum of the pseudo header.
func (o offload) unfinished() bool { return o.flags&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM != 0 }

// finish fills in the checksum of a packet that is not to be cut; false if
// there is no place for it.
func (o offload) finish(packet []byte) bool {
	at := int(o.start) + int(o.field)
	if at+2 > len(packet) {
		return false
	}
	putChecksum(packet[at:], sum(packet[o.start:], 0))
	return true
}

// putChecksum writes the complement of a sum. A 0, which UDP takes for none,
// is written as its other form (RFC 768), which does not hurt TCP.
func putChecksum(field []byte, s uint64) {
	c := ^fold(s)
	if c == 0 {
		c = 0xffff
	}
	binary.BigEndian.PutUint16(field, c)
}

// fold makes 16 bits of a sum, by adding what is above them.
func fold(s uint64) uint16 {
	s = s>>32 + s&0xffffffff
	s = s>>32 + s&0xffffffff
	s = s>>16 + s&0xffff
	s = s>>16 + s&0xffff
	return uint16(s)
}
