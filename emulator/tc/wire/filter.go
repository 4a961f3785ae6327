package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Attributes of the u32 classifier and of its action mirred, and constants of
// both.
const (
	u32Sel      = 5
	u32Act      = 7
	actKind     = 1
	actOptions  = 2
	mirredParms = 2

	terminal       = 1 // the match is the answer
	stolen         = 4 // the packet is not seen any more here
	egressRedirect = 1

	etherAll, etherIPv4, etherIPv6 = 0x0003, 0x0800, 0x86dd
)

// A Redirect is a filter that takes packets which arrive at an interface and
// sends them out of another.
type Redirect struct {
	To   int        // index of the other interface
	From netip.Addr // only packets from this address; the zero Addr: all
}

// Message returns what follows the netlink header in a message that adds the
// filter to what arrives at the interface of that index.
func (r Redirect) Message(index int) []byte {
	const priority = 1
	b := Header(index, 0, MakeHandle(0xffff, 0), priority<<16|uint32(swapped(r.protocol())))
	b = attribute(b, tcaKind, zeroTerminated("u32"))
	options := attribute(nil, u32Sel, r.selector())
	options = attribute(options, u32Act, attribute(nil, 1, mirred(r.To)))
	return attribute(b, tcaOptions, options)
}

func (r Redirect) protocol() uint16 {
	switch {
	case !r.From.IsValid():
		return etherAll
	case r.From.Unmap().Is4():
		return etherIPv4
	}
	return etherIPv6
}

// selector is a struct tc_u32_sel, flags, offshift, nkeys and padding, then 12
// bytes of offsets that are not used, and its keys: mask, value, offset from
// the beginning of the IP header, and an offset mask. No keys match all.
func (r Redirect) selector() []byte {
	var address []byte
	offset := uint32(0)
	if r.From.IsValid() {
		address, offset = r.From.Unmap().AsSlice(), 12 // of the source in IPv4
		if len(address) == 16 {
			offset = 8
		}
	}
	b := []byte{terminal, 0, byte(len(address) / 4), 0}
	b = append(b, make([]byte, 12)...)
	for i := 0; i < len(address); i += 4 {
		b = append(b, 0xff, 0xff, 0xff, 0xff)
		b = append(b, address[i:i+4]...) // in the order of the network
		b = u32(u32(b, offset+uint32(i)), 0)
	}
	return b
}

// mirred is the action, with a struct tc_mirred: index, capabilities, action,
// two counts, eaction, and the interface.
func mirred(to int) []byte {
	parms := u32(u32(u32(u32(u32(nil, 0), 0), stolen), 0), 0)
	parms = u32(u32(parms, egressRedirect), uint32(int32(to)))
	b := attribute(nil, actKind, zeroTerminated("mirred"))
	return attribute(b, actOptions, attribute(nil, mirredParms, parms))
}

// swapped is a number in the order of the network.
func swapped(v uint16) uint16 {
	return native.Uint16(binary.BigEndian.AppendUint16(nil, v))
}

// Line returns the tc command that adds the filter to the interface from.
func (r Redirect) Line(from, to string) string {
	match := "match u32 0 0"
	protocol := "all"
	switch {
	case !r.From.IsValid():
	case r.From.Unmap().Is4():
		protocol, match = "ip", "match ip src "+r.From.Unmap().String()
	default:
		protocol, match = "ipv6", "match ip6 src "+r.From.String()
	}
	return fmt.Sprintf("tc filter add dev %s parent ffff: protocol %s prio 1 u32 %s action mirred egress redirect dev %s",
		from, protocol, match, to)
}
