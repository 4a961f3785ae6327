package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Netlink speaks in the machine's own byte order.
var native = binary.NativeEndian

func u16(b []byte, v uint16) []byte { return native.AppendUint16(b, v) }
func u32(b []byte, v uint32) []byte { return native.AppendUint32(b, v) }
func u64(b []byte, v uint64) []byte { return native.AppendUint64(b, v) }

func getU16(b []byte) uint16 { return native.Uint16(b) }
func getU32(b []byte) uint32 { return native.Uint32(b) }

// nested is the flag of an attribute that holds attributes. Older kinds go
// without.
const nested = 1 << 15

// attribute appends a struct rtattr: length and type of 16 bits each, then the
// value, padded to 4 bytes. The length does not count the padding.
func attribute(b []byte, kind uint16, value []byte) []byte {
	b = u16(b, uint16(4+len(value)))
	b = u16(b, kind)
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func attribute32(b []byte, kind uint16, v uint32) []byte { return attribute(b, kind, u32(nil, v)) }
func attribute64(b []byte, kind uint16, v uint64) []byte { return attribute(b, kind, u64(nil, v)) }

// attributes splits a row of attributes by their types; of two of a type the
// last is kept.
func attributes(b []byte) (map[uint16][]byte, error) {
	found := map[uint16][]byte{}
	for len(b) >= 4 {
		n := int(getU16(b))
		if n < 4 || n > len(b) {
			return nil, fmt.Errorf("an attribute of %d bytes in %d", n, len(b))
		}
		found[getU16(b[2:])&^nested] = b[4:n]
		b = b[min((n+3)&^3, len(b)):]
	}
	return found, nil
}

// value32 and value64 read a number, 0 if the attribute is missing.
func value32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return native.Uint32(b)
}

func value64(b []byte) uint64 {
	if len(b) < 8 {
		return 0
	}
	return native.Uint64(b)
}

func zeroTerminated(s string) []byte { return append([]byte(s), 0) }

func text(b []byte) string { return string(bytes.TrimRight(b, "\x00")) }

// short says that options have fewer bytes than their structure.
func short(b []byte, want int) error {
	if len(b) < want {
		return fmt.Errorf("options of %d bytes: want at least %d", len(b), want)
	}
	return nil
}
