//go:build linux

package relay

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"
)

// A large packet as a kernel with offloads leaves it.
type large struct {
	v6, udp     bool
	missing     int // of the Ethernet header
	inline      int // VLAN tags in the data
	tag         tag
	options     int // bytes of TCP or IPv4 options, a multiple of 4
	payload     int
	segment     int
	flags       byte
	sequence    uint32
	extension   bool // of IPv6
	headerTrust uint16
}

// frame makes it, with random payload and addresses.
func (l large) frame(rng *rand.Rand) *frame {
	var b []byte
	order := binary.BigEndian
	proto := byte(unix.IPPROTO_TCP)
	if l.udp {
		proto = unix.IPPROTO_UDP
	}
	if l.missing == 0 {
		b = append(b, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1)
		for range l.inline {
			b = append(b, 0x81, 0, 0, 7)
		}
		if l.v6 {
			b = append(b, 0x86, 0xdd)
		} else {
			b = append(b, 8, 0)
		}
	}
	options := l.options
	if l.udp {
		options = 0
	}
	transport := 8
	if !l.udp {
		transport = 20 + options
	}
	addresses := make([]byte, 8)
	if l.v6 {
		addresses = make([]byte, 32)
	}
	for i := range addresses {
		addresses[i] = byte(rng.Uint32())
	}
	if l.v6 {
		b = append(b, 0x60, 0, 0, 0, 0, 0, proto, 64)
		b = append(b, addresses...)
		if l.extension {
			b[len(b)-34] = 0 // hop by hop
			b = append(b, proto, 0, 1, 4, 0, 0, 0, 0)
		}
	} else {
		b = append(b, 0x45+byte(l.options/4), 0, 0, 0, 0xff, 0xfe, 0x40, 0, 64, proto, 1, 2) // ID 65534
		b = append(b, addresses...)
		b = append(b, make([]byte, l.options)...)
	}
	start := len(b)
	f := &frame{missing: l.missing, tag: l.tag}
	f.offload = offload{
		flags: unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, header: l.headerTrust,
		segment: uint16(l.segment), start: uint16(start), field: tcpChecksum,
	}
	b = order.AppendUint32(b, 0x1234_5678) // ports
	if l.udp {
		f.offload.kind, f.offload.field = unix.VIRTIO_NET_HDR_GSO_UDP_L4, udpChecksum
		b = append(b, 0, 0, 0x77, 0x77) // length, sum of the pseudo header
	} else {
		f.offload.kind = unix.VIRTIO_NET_HDR_GSO_TCPV4
		if l.v6 {
			f.offload.kind = unix.VIRTIO_NET_HDR_GSO_TCPV6
		}
		if l.flags&tcpCWR != 0 {
			f.offload.kind |= unix.VIRTIO_NET_HDR_GSO_ECN
		}
		b = order.AppendUint32(b, l.sequence)
		b = append(b, 0, 0, 0, 9, byte(transport/4)<<4, l.flags, 1, 0, 0x77, 0x77, 0, 0)
		for i := range options {
			b = append(b, byte(i))
		}
	}
	for range l.payload {
		b = append(b, byte(rng.Uint32()))
	}
	f.data, f.length = b, len(b)
	return f
}

// TestSegmenter cuts packets of all sorts and reads what comes out of it.
func TestSegmenter(t *testing.T) {
	for i, l := range []large{
		{payload: 3 * 1448, segment: 1448, options: 12, flags: 0x10},
		{payload: 3*1448 + 1, segment: 1448, flags: 0x10 | tcpFIN | tcpPSH, sequence: 0xffff_fff0},
		{payload: 65_000, segment: 1400, flags: 0x10 | tcpCWR, headerTrust: 9},
		{payload: 65_000, segment: 100, flags: 0x10}, // 650 packets
		{payload: 5000, segment: 1428, v6: true, options: 12, flags: 0x18},
		{payload: 5000, segment: 1428, v6: true, extension: true},
		{payload: 5000, segment: 1000, udp: true},
		{payload: 5001, segment: 1001, udp: true, v6: true}, // odd lengths
		{payload: 5000, segment: 1448, missing: etherHeader},
		{payload: 5000, segment: 1000, missing: etherHeader, udp: true, v6: true},
		{payload: 5000, segment: 1448, tag: tag{0x8100, 0x202a}},
		{payload: 5000, segment: 1448, inline: 2},
		{payload: 700, segment: 1448}, // one packet
	} {
		f := l.frame(rand.New(rand.NewPCG(uint64(i), 0)))
		var g segmenter
		if !g.begin(f, slot) {
			t.Errorf("%+v: not cut", l)
			continue
		}
		var got [][]byte
		for g.more() {
			room := make([]byte, slot)
			got = append(got, room[:g.write(room)])
		}
		checkSegments(t, l, f, got)
	}
}

// checkSegments reads packets in the order of their bytes.
func checkSegments(t *testing.T, l large, f *frame, packets [][]byte) {
	t.Helper()
	if want := (l.payload + l.segment - 1) / l.segment; len(packets) != want {
		t.Fatalf("%+v: %d packets, want %d", l, len(packets), want)
	}
	start := int(f.offload.start)
	head := start + 8
	if !l.udp {
		head = start + int(f.data[start+12]>>4)*4
	}
	rest := f.data[head:]
	order := binary.BigEndian
	for i, p := range packets {
		if l.tag.protocol != 0 {
			if order.Uint16(p[12:]) != l.tag.protocol || order.Uint16(p[14:]) != l.tag.control {
				t.Errorf("%+v: packet %d has tag %x", l, i, p[12:16])
			}
			p = append(append([]byte{}, p[:12]...), p[16:]...)
		}
		last := i == len(packets)-1
		n := min(l.segment, len(rest))
		if len(p) != head+n || !bytes.Equal(p[head:], rest[:n]) {
			t.Fatalf("%+v: packet %d has %d bytes, or others, want %d", l, i, len(p), head+n)
		}
		rest = rest[n:]
		ip := p[etherHeader-l.missing+4*l.inline : start]
		body := p[start:]
		pseudo := []byte{0, 0, byte(len(body) >> 8), byte(len(body)), 0, unix.IPPROTO_TCP}
		if l.udp {
			pseudo[5] = unix.IPPROTO_UDP
		}
		if l.v6 {
			if got := int(order.Uint16(ip[4:])); got != len(p)-(start-len(ip))-40 {
				t.Errorf("%+v: packet %d: IPv6 length %d", l, i, got)
			}
			pseudo = append(pseudo, ip[8:40]...)
		} else {
			if got := int(order.Uint16(ip[2:])); got != len(ip)+len(body) {
				t.Errorf("%+v: packet %d: IPv4 length %d", l, i, got)
			}
			if got, want := order.Uint16(ip[4:]), 0xfffe+uint16(i); got != want { // ids go round
				t.Errorf("%+v: packet %d: ID %d, want %d", l, i, got, want)
			}
			if c := words(ip); c != 0xffff {
				t.Errorf("%+v: packet %d: IPv4 checksum is off: %x", l, i, c)
			}
			pseudo = append(pseudo, ip[12:20]...)
		}
		if c := words(append(pseudo, body...)); c != 0xffff {
			t.Errorf("%+v: packet %d: checksum is off: %x", l, i, c)
		}
		if l.udp {
			if got := int(order.Uint16(body[4:])); got != len(body) {
				t.Errorf("%+v: packet %d: UDP length %d, want %d", l, i, got, len(body))
			}
			continue
		}
		if got, want := order.Uint32(body[4:]), l.sequence+uint32(i*l.segment); got != want {
			t.Errorf("%+v: packet %d: sequence %d, want %d", l, i, got, want)
		}
		want := l.flags
		if !last {
			want &^= tcpFIN | tcpPSH
		}
		if i > 0 {
			want &^= tcpCWR
		}
		if body[13] != want {
			t.Errorf("%+v: packet %d: flags %x, want %x", l, i, body[13], want)
		}
	}
}

// words adds up 16-bit words as RFC 1071 has it, one by one.
func words(b []byte) uint16 {
	var s uint32
	for i := 0; i < len(b); i += 2 {
		s += uint32(b[i]) << 8
		if i+1 < len(b) {
			s += uint32(b[i+1])
		}
		s = s&0xffff + s>>16
	}
	return uint16(s)
}

// TestSum compares with words, for all lengths, and where carries are dense.
func TestSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	b := make([]byte, 200)
	for n := range b {
		for _, fill := range []int{256, 2} {
			for i := range b[:n] {
				b[i] = byte(-rng.IntN(fill)) // any byte; 0 or 255
			}
			start := uint64(rng.Uint32())
			want := words(append(binary.BigEndian.AppendUint32(nil, uint32(start)), b[:n]...))
			if got := fold(sum(b[:n], start)); got != want && got+want != 0xffff {
				t.Fatalf("%d bytes: %x, want %x", n, got, want)
			}
		}
	}
	if got := fold(sum(bytes.Repeat([]byte{255}, 64), ^uint64(0))); got != 0xffff {
		t.Errorf("all ones: %x, want ffff", got)
	}
}

// TestFinish fills in the checksum of a UDP packet whose sum is 0, which is
// sent as ffff, as 0 means none.
func TestFinish(t *testing.T) {
	packet := []byte{9, 9, 0x12, 0x34, 0xed, 0xcb, 0, 0} // 1234 + edcb = ffff
	o := offload{flags: unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, start: 2, field: 4}
	if !o.finish(packet) || binary.BigEndian.Uint16(packet[6:]) != 0xffff {
		t.Errorf("finished to %x", packet)
	}
	packet[3], packet[6], packet[7] = 0x35, 0, 0 // 1235 + edcb = 10000 = 1
	if !o.finish(packet) || binary.BigEndian.Uint16(packet[6:]) != 0xfffe {
		t.Errorf("finished to %x", packet)
	}
	o.field = 5
	if o.finish(packet) {
		t.Error("finished past the end")
	}
}

// TestNotCut is what a segmenter refuses.
func TestNotCut(t *testing.T) {
	for name, spoil := range map[string]func(f *frame){
		"cut off":            func(f *frame) { f.length++ },
		"checksum is there":  func(f *frame) { f.offload.flags = 0 },
		"no segment size":    func(f *frame) { f.offload.segment = 0 },
		"too large a piece":  func(f *frame) { f.offload.segment = slot },
		"fragments of UDP":   func(f *frame) { f.offload.kind = unix.VIRTIO_NET_HDR_GSO_UDP },
		"IPv6, says it":      func(f *frame) { f.offload.kind = unix.VIRTIO_NET_HDR_GSO_TCPV6 },
		"not IP":             func(f *frame) { f.data[14] = 0x75 },
		"IP header too long": func(f *frame) { f.data[14] = 0x46 },
		"TCP before IP ends": func(f *frame) { f.offload.start -= 4 },
		"TCP header short":   func(f *frame) { f.data[34+12] = 0x40 },
		"nothing to carry":   func(f *frame) { f.data = f.data[:54]; f.length = 54 },
		"hardly a header":    func(f *frame) { f.data = f.data[:40]; f.length = 40 },
		"empty":              func(f *frame) { f.data = nil; f.length = 0 },
	} {
		f := large{payload: 5000, segment: 1448}.frame(rand.New(rand.NewPCG(1, 1)))
		var g segmenter
		if !g.begin(f, slot) {
			t.Fatal("the packet itself is refused")
		}
		if spoil(f); g.begin(f, slot) {
			t.Errorf("%s: is cut", name)
		}
	}
}

// FuzzSegmenter: whatever the kernel says, no byte is read or written that is
// not there, and what is cut ends.
func FuzzSegmenter(f *testing.F) {
	for i, l := range []large{{payload: 3000, segment: 1000}, {payload: 300, segment: 100, udp: true, v6: true, missing: etherHeader}} {
		p := l.frame(rand.New(rand.NewPCG(uint64(i), 0)))
		f.Add(p.data, p.missing > 0, uint16(0), p.offload.kind, p.offload.segment, p.offload.start, p.offload.field)
	}
	f.Fuzz(func(t *testing.T, data []byte, tun bool, vlan uint16, kind uint8, segment, start, field uint16) {
		p := &frame{data: data, length: len(data), tag: tag{protocol: vlan}}
		if tun {
			p.missing, p.tag = etherHeader, tag{}
		}
		p.offload = offload{flags: unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, kind: kind, segment: segment, start: start, field: field}
		var g segmenter
		var room [slot]byte
		if g.begin(p, slot) {
			for n := 0; g.more(); n++ {
				if g.write(room[:]) > slot || n > len(data) {
					t.Fatal("does not end, or where it should")
				}
			}
		}
		p.offload.finish(data)
	})
}
