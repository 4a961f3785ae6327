//go:build linux

package relay

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// A segmenter cuts one large packet of TCP or UDP into those that would have
// gone over the wire, as the kernel does it (tcp_gso_segment, __udp_gso_segment,
// inet_gso_segment), one after the other into the caller's memory.
//
// Note: golang.zx2c4.com/wireguard/tun does this well, for itself: its function
// is not exported, its device reads by Go's poller where this package waits
// with ppoll, it wants memory for all packets at once, and no packet sockets.
type segmenter struct {
	head    [256]byte // all headers, with VLAN tag
	headLen int
	network int // position in head of the IP header
	start   int // and of the TCP or UDP header
	v6, udp bool
	segment int

	payload []byte // that is left
	index   int    // of the next packet
}

// The positions of fields from the start of their header.
const (
	ip4Length, ip4ID, ip4Checksum, ip4Source = 2, 4, 10, 12
	ip6Length, ip6Source                     = 4, 8
	tcpSeq, tcpOffset, tcpFlags, tcpChecksum = 4, 12, 13, 16
	udpLength, udpChecksum                   = 4, 6
	tcpFIN, tcpPSH, tcpCWR                   = 0x01, 0x08, 0x80

	ip4Header, ip6Header, tcpHeader, udpHeader = 20, 40, 20, 8 // sizes, without options
)

// begin takes a large frame, which must stay as it is until the last packet is
// cut. It reports whether that can be done: the frame is whole and what its
// offload says, and packets have at most room bytes.
func (g *segmenter) begin(f *frame, room int) bool {
	if !f.whole() || !f.offload.unfinished() {
		return false
	}
	network, ok := networkHeader(f)
	if !ok {
		return false
	}
	headLen, ok := g.transport(f, network)
	if !ok || headLen > len(g.head)-vlanTag || headLen >= len(f.data) || f.offload.segment == 0 {
		return false
	}
	g.headLen = f.tag.insert(g.head[:], f.data[:headLen])
	shift := g.headLen - headLen
	g.network, g.start = network+shift, int(f.offload.start)+shift
	g.segment = int(f.offload.segment)
	g.payload, g.index = f.data[headLen:], 0
	return g.headLen+min(g.segment, len(g.payload)) <= room
}

// transport finds out what is on top of the IP header at network, and where
// the headers end; false if that is not what the offload says.
func (g *segmenter) transport(f *frame, network int) (headLen int, ok bool) {
	start := int(f.offload.start)
	g.v6 = f.data[network]>>4 == 6
	if g.v6 {
		ok = start >= network+ip6Header // there may be extensions
	} else {
		ok = start == network+int(f.data[network]&15)*4 && start >= network+ip4Header
	}
	if !ok || len(f.data) < start+udpHeader {
		return 0, false
	}
	switch f.offload.kind &^ unix.VIRTIO_NET_HDR_GSO_ECN {
	case unix.VIRTIO_NET_HDR_GSO_UDP_L4:
		g.udp = true
		return start + udpHeader, true
	case unix.VIRTIO_NET_HDR_GSO_TCPV4:
		ok = !g.v6
	case unix.VIRTIO_NET_HDR_GSO_TCPV6:
		ok = g.v6
	default:
		return 0, false
	}
	g.udp = false
	if !ok || len(f.data) < start+tcpHeader {
		return 0, false
	}
	headLen = start + int(f.data[start+tcpOffset]>>4)*4
	return headLen, headLen >= start+tcpHeader
}

// networkHeader returns where the IP header of a frame is, after any VLAN tags
// that are still in it.
func networkHeader(f *frame) (int, bool) {
	at := 0
	if f.missing == 0 {
		at = etherHeader
		for ; len(f.data) > at+vlanTag; at += vlanTag {
			if p := binary.BigEndian.Uint16(f.data[at-2:]); p != unix.ETH_P_8021Q && p != unix.ETH_P_8021AD {
				break
			}
		}
	}
	if len(f.data) < at+ip4Header {
		return 0, false
	}
	version := f.data[at] >> 4
	return at, version == 4 || version == 6 && len(f.data) >= at+ip6Header
}

// more reports whether there is another packet.
func (g *segmenter) more() bool { return len(g.payload) > 0 }

// write puts the next packet into room and returns how many bytes that is.
func (g *segmenter) write(room []byte) int {
	n := min(g.segment, len(g.payload))
	copy(room, g.head[:g.headLen])
	copy(room[g.headLen:], g.payload[:n])
	g.payload = g.payload[n:]
	packet := room[:g.headLen+n]
	if g.v6 {
		binary.BigEndian.PutUint16(packet[g.network+ip6Length:], uint16(len(packet)-g.network-ip6Header))
	} else {
		g.finish4(packet[g.network:])
	}
	if g.udp {
		binary.BigEndian.PutUint16(packet[g.start+udpLength:], uint16(len(packet)-g.start))
	} else {
		g.finishTCP(packet[g.start:])
	}
	g.checksum(packet)
	g.index++
	return len(packet)
}

// finish4 counts the IPv4 packet on, and sums up its header.
func (g *segmenter) finish4(ip []byte) {
	header := ip[:g.start-g.network]
	binary.BigEndian.PutUint16(header[ip4Length:], uint16(len(ip)))
	binary.BigEndian.PutUint16(header[ip4ID:], binary.BigEndian.Uint16(header[ip4ID:])+uint16(g.index))
	header[ip4Checksum], header[ip4Checksum+1] = 0, 0
	binary.BigEndian.PutUint16(header[ip4Checksum:], ^fold(sum(header, 0)))
}

// finishTCP advances the sequence number. The end of something is said by the
// last packet, that the window was reduced by the first.
func (g *segmenter) finishTCP(tcp []byte) {
	seq := binary.BigEndian.Uint32(tcp[tcpSeq:])
	binary.BigEndian.PutUint32(tcp[tcpSeq:], seq+uint32(g.index*g.segment))
	if g.more() {
		tcp[tcpFlags] &^= tcpFIN | tcpPSH
	}
	if g.index > 0 {
		tcp[tcpFlags] &^= tcpCWR
	}
}

// checksum sums up the addresses, the protocol, the length and the rest from
// the TCP or UDP header on.
func (g *segmenter) checksum(packet []byte) {
	source, address := ip4Source, 4
	if g.v6 {
		source, address = ip6Source, 16
	}
	protocol, field := uint64(unix.IPPROTO_TCP), tcpChecksum
	if g.udp {
		protocol, field = unix.IPPROTO_UDP, udpChecksum
	}
	body := packet[g.start:]
	body[field], body[field+1] = 0, 0
	source += g.network
	s := sum(packet[source:source+2*address], protocol+uint64(len(body)))
	putChecksum(body[field:], sum(body, s))
}
