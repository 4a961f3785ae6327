package jpeg

import "encoding/binary"

// bits reads entropy-coded data, in which a byte 0 follows each byte ff. It ends
// at a marker, or with the data; from there on it gives zeros, and counts them.
type bits struct {
	data []byte
	at   int

	next uint64 // the first bit at the top
	n    int    // how many of them are there; those beyond may be there or 0
	over int    // how many of them are zeros after the end
}

// fill makes n at least 49.
func (b *bits) fill() {
	if b.at+8 <= len(b.data) {
		// Eight bytes without an ff can be taken as they are: the usual case.
		v := binary.BigEndian.Uint64(b.data[b.at:])
		if (^v-0x0101010101010101)&v&0x8080808080808080 == 0 {
			b.next |= v >> b.n
			whole := (63 - b.n) >> 3
			b.at += whole
			b.n += 8 * whole
			return
		}
	}
	b.fillSlowly()
}

func (b *bits) fillSlowly() {
	for ; b.n <= 56; b.n += 8 {
		if b.at >= len(b.data) {
			b.over += 8
			continue
		}
		c := b.data[b.at]
		if c == 0xff {
			if b.at+1 >= len(b.data) || b.data[b.at+1] != 0 {
				b.over += 8
				continue
			}
			b.at++
		}
		b.at++
		b.next |= uint64(c) << (56 - b.n)
	}
}

// spent says that bits were taken that are not in the file.
func (b *bits) spent() bool { return b.n < b.over }

// reset goes to the byte at, with nothing read ahead.
func (b *bits) reset(at int) { *b = bits{data: b.data, at: at} }
