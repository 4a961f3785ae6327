package dataset

import "encoding/binary"

// resize computes the pixels of the crop row by row: rows of the source are
// resized across, rounded to 8 bits, and then down, as Pillow does; only those
// that the crop needs. Two numbers share a word, the lower half and the upper,
// so that one multiplication does for both: sums of products of less than 32
// bits do not mix, but for the borrow of a negative lower half, which settled
// gives back.
//
// It calls emit with each row of the result, which the next overwrites.
func (s *scratch) resize(src source, emit func(y int, row []uint32)) {
	across, down := &s.across, &s.down
	size := len(across.first)
	x0, x1 := across.span()
	next, end := down.span()
	s.wide = grown(s.wide, x1-x0+across.taps)
	s.rows[0], s.rows[1] = grown(s.rows[0], x1-x0), grown(s.rows[1], x1-x0)
	// A ring of resized rows, of 4 bytes a number and an even number of pixels. Rows
	// are made two at a time.
	pairs, ring := (size+1)/2, down.taps+1
	s.ring = grown(s.ring, ring*24*pairs)
	s.out = grown(s.out, 2*pairs)
	s.taken = grown(s.taken, down.taps)
	slot := func(y int) []byte { return s.ring[y%ring*24*pairs:][:24*pairs] }
	for y := range size {
		first, by := down.of(y)
		for ; next < min(first+len(by), end); next += 2 {
			other := min(next+1, end-1)
			src.Row(next, x0, x1, s.rows[0])
			src.Row(other, x0, x1, s.rows[1])
			lay(s.wide, s.rows[0], s.rows[1])
			s.squeeze(x0, slot(next), slot(next+1))
		}
		for k := range by {
			s.taken[k] = slot(first + k)
		}
		s.sum(by)
		emit(y, s.out[:size])
	}
}

// wide is a pixel of two rows: red and green of the one, of the other, and blue
// of both.
type wide [3]int64

func lay(dst []wide, a, b []uint32) {
	dst, b = dst[:len(a)], b[:len(a)]
	for x := range a {
		p, q := int64(a[x]), int64(b[x])
		dst[x] = wide{p&0xff | p&0xff00<<24, q&0xff | q&0xff00<<24, p>>16&0xff | q&0xff0000<<16}
	}
}

const (
	half = 1 << (precision - 1)
	both = half<<32 + half
)

// squeeze resizes two rows across, into rows of three numbers a pixel.
func (s *scratch) squeeze(x0 int, a, b []byte) {
	w := &s.across
	for i := range w.first {
		first, by := w.of(i)
		pixels := s.wide[first-x0:][:len(by)]
		p, q, r := int64(both), int64(both), int64(both)
		for k, weight := range by {
			p += weight * pixels[k][0]
			q += weight * pixels[k][1]
			r += weight * pixels[k][2]
		}
		blues := settled(r)
		put(a[12*i:], settled(p), uint32(blues))
		put(b[12*i:], settled(q), uint32(blues>>32))
	}
}

func put(dst []byte, redGreen uint64, blue uint32) {
	d := (*[12]byte)(dst)
	binary.LittleEndian.PutUint64(d[0:], redGreen)
	binary.LittleEndian.PutUint32(d[8:], blue)
}

// sum makes a row of the result, in s.out, of the rows taken from the ring. Two
// pixels are three words.
func (s *scratch) sum(by []int64) {
	rows := s.taken[:len(by)]
	for i := 0; i+1 < len(s.out); i += 2 {
		u, v, w := int64(both), int64(both), int64(both)
		for k, weight := range by {
			words := (*[24]byte)(rows[k][12*i:])
			u += weight * int64(binary.LittleEndian.Uint64(words[0:]))
			v += weight * int64(binary.LittleEndian.Uint64(words[8:]))
			w += weight * int64(binary.LittleEndian.Uint64(words[16:]))
		}
		a, b, c := settled(u), settled(v), settled(w)
		s.out[i] = uint32(a) | uint32(a>>24) | uint32(b)<<16
		s.out[i+1] = uint32(b>>32) | uint32(c)<<8 | uint32(c>>16)
	}
}

// settled makes the two sums of a word pixels: without their fraction, and
// within 0 to 255. A sum that is negative or too large shows in the two bits above
// those of a pixel.
func settled(v int64) uint64 {
	const beyond = 3<<62 | 3<<30
	if uint64(v)&beyond == 0 {
		return uint64(v) >> precision & (0xff<<32 | 0xff)
	}
	low := int32(v)
	return clip(int32((v-int64(low))>>32))<<32 | clip(low)
}

func clip(v int32) uint64 { return uint64(min(max(v>>precision, 0), 255)) }
