//go:build linux

package calibrate

import (
	"encoding/binary"
	"net/netip"

	"github.com/testbed/testbed/emulator/unit"
)

// Frames are UDP over IPv4 to the discard port. Their payload says three times
// which one they are, so that a flipped bit does not hide it, and is a pattern
// from there on.
const (
	etherHeader = 14
	ipHeader    = 20
	udpHeader   = 8
	headers     = etherHeader + ipHeader + udpHeader
	numbers     = 3 * 4 // bytes

	discard = 9
	source  = 7009
)

// SmallestFrame is the least that a numbered frame holds.
const SmallestFrame unit.Bytes = headers + numbers

// payload is what frame number i of n bytes, headers included, carries.
func payload(i int, n unit.Bytes) []byte {
	p := make([]byte, max(int(n)-headers, numbers))
	for k := range 3 {
		binary.BigEndian.PutUint32(p[4*k:], uint32(i))
	}
	for k := numbers; k < len(p); k++ {
		p[k] = pattern(i, k)
	}
	return p
}

func pattern(i, k int) byte { return byte(i*31 + k*7) }

// parse returns which frame this is, and whether any bit after its Ethernet
// header is not as it was sent (the time to live and the sum over it apart,
// which the router changes). It is false for frames that are not numbered.
func parse(f []byte) (number int, corrupt, ok bool) {
	if len(f) < int(SmallestFrame) {
		return 0, false, false
	}
	p := f[headers:]
	a, b, c := binary.BigEndian.Uint32(p), binary.BigEndian.Uint32(p[4:]), binary.BigEndian.Uint32(p[8:])
	i := a // the number of at least two
	switch {
	case a == b || a == c:
	case b == c:
		i = b
	default:
		return 0, false, false
	}
	return int(i), a != i || b != i || c != i || !intact(f, int(i)), true
}

// intact compares a frame with what was sent.
func intact(f []byte, i int) bool {
	ip, udp, p := f[etherHeader:], f[etherHeader+ipHeader:], f[headers:]
	switch {
	case sum(ip[:ipHeader]) != 0xffff:
		return false
	case binary.BigEndian.Uint16(udp) != source || binary.BigEndian.Uint16(udp[2:]) != discard,
		int(binary.BigEndian.Uint16(udp[4:])) != udpHeader+len(p), binary.BigEndian.Uint16(udp[6:]) != 0:
		return false
	}
	for k := numbers; k < len(p); k++ {
		if p[k] != pattern(i, k) {
			return false
		}
	}
	return true
}

// sum is the Internet's sum (RFC 1071) over an even number of bytes; over a
// whole header it is 0xffff.
func sum(b []byte) uint16 {
	var s uint32
	for k := 0; k < len(b); k += 2 {
		s += uint32(binary.BigEndian.Uint16(b[k:]))
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}

// ipv4 reads an address.
func ipv4(s string) ([4]byte, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return [4]byte{}, &netAddrError{s}
	}
	return a.As4(), nil
}

type netAddrError struct{ text string }

func (e *netAddrError) Error() string { return "address " + e.text + ": want IPv4" }
