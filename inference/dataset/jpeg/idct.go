package jpeg

import "encoding/binary"

// A block is 64 coefficients, row by row, each times its step.
type block struct {
	c    [64]int32
	last int // in zigzag order, the last that may not be 0
}

// The inverse transform is libjpeg's "islow" (jidctint.c), after Loeffler,
// Ligtenberg and Moschytz, bit for bit: 13 bits of constants, and 2 more bits
// of precision between the passes.
const (
	constBits = 13
	passBits  = 2

	fix0298 = 2446
	fix0390 = 3196
	fix0541 = 4433
	fix0765 = 6270
	fix0899 = 7373
	fix1175 = 9633
	fix1501 = 12299
	fix1847 = 15137
	fix1961 = 16069
	fix2053 = 16819
	fix2562 = 20995
	fix3072 = 25172
)

// limit makes a number, modulo 1024 and 128 too low, a sample.
var limit = func() (t [1024]byte) {
	for i := range t {
		switch {
		case i < 128:
			t[i] = byte(i + 128)
		case i < 512:
			t[i] = 255
		case i >= 896:
			t[i] = byte(i - 896)
		}
	}
	return t
}()

// inverse writes the samples of the block to eight rows of dst, and clears it.
func (b *block) inverse(dst []byte, stride int) {
	switch {
	case b.last == 0:
		b.flat(dst, stride)
		b.c[0] = 0
		return
	case b.last < 10: // the first ten lie in the 4 by 4 at the top left
		b.columns4()
		b.rows4(dst, stride)
	default:
		b.columns()
		b.rows(dst, stride)
	}
	b.c = [64]int32{}
}

// flat is a block that has a DC only.
func (b *block) flat(dst []byte, stride int) {
	v := uint64(limit[(b.c[0]<<passBits+1<<(passBits+2))>>(passBits+3)&1023]) * 0x0101010101010101
	for y := range 8 {
		binary.LittleEndian.PutUint64(dst[y*stride:], v)
	}
}

func (b *block) columns() {
	for x := range 8 {
		c := b.c[x:]
		_ = c[56]
		if c[8]|c[16]|c[24]|c[32]|c[40]|c[48]|c[56] == 0 {
			v := c[0] << passBits
			c[0], c[8], c[16], c[24], c[32], c[40], c[48], c[56] = v, v, v, v, v, v, v, v
			continue
		}
		z1 := (c[16] + c[48]) * fix0541
		t2, t3 := z1-c[48]*fix1847, z1+c[16]*fix0765
		t0, t1 := (c[0]+c[32])<<constBits, (c[0]-c[32])<<constBits
		e0, e3, e1, e2 := t0+t3, t0-t3, t1+t2, t1-t2
		o0, o1, o2, o3 := odd(c[56], c[40], c[24], c[8])
		const down, half = constBits - passBits, 1 << (constBits - passBits - 1)
		c[0], c[56] = (e0+o3+half)>>down, (e0-o3+half)>>down
		c[8], c[48] = (e1+o2+half)>>down, (e1-o2+half)>>down
		c[16], c[40] = (e2+o1+half)>>down, (e2-o1+half)>>down
		c[24], c[32] = (e3+o0+half)>>down, (e3-o0+half)>>down
	}
}

// odd is the odd part of the transform: of the coefficients 7, 5, 3 and 1.
func odd(t0, t1, t2, t3 int32) (int32, int32, int32, int32) {
	z1, z2, z3, z4 := t0+t3, t1+t2, t0+t2, t1+t3
	z5 := (z3 + z4) * fix1175
	z1, z2, z3, z4 = z1*-fix0899, z2*-fix2562, z3*-fix1961+z5, z4*-fix0390+z5
	return t0*fix0298 + z1 + z3, t1*fix2053 + z2 + z4, t2*fix3072 + z2 + z3, t3*fix1501 + z1 + z4
}

const (
	rowDown = constBits + passBits + 3
	rowHalf = 1 << (rowDown - 1)
)

func (b *block) rows(dst []byte, stride int) {
	for y := range 8 {
		c := (*[8]int32)(b.c[8*y:])
		z1 := (c[2] + c[6]) * fix0541
		t2, t3 := z1-c[6]*fix1847, z1+c[2]*fix0765
		t0, t1 := (c[0]+c[4])<<constBits+rowHalf, (c[0]-c[4])<<constBits+rowHalf
		e0, e3, e1, e2 := t0+t3, t0-t3, t1+t2, t1-t2
		o0, o1, o2, o3 := odd(c[7], c[5], c[3], c[1])
		store(dst[y*stride:], e0, e1, e2, e3, o0, o1, o2, o3)
	}
}

// store writes a row: its samples are the sums and differences of the even and
// the odd part.
func store(dst []byte, e0, e1, e2, e3, o0, o1, o2, o3 int32) {
	d := (*[8]byte)(dst)
	d[0] = limit[(e0+o3)>>rowDown&1023]
	d[1] = limit[(e1+o2)>>rowDown&1023]
	d[2] = limit[(e2+o1)>>rowDown&1023]
	d[3] = limit[(e3+o0)>>rowDown&1023]
	d[4] = limit[(e3-o0)>>rowDown&1023]
	d[5] = limit[(e2-o1)>>rowDown&1023]
	d[6] = limit[(e1-o2)>>rowDown&1023]
	d[7] = limit[(e0-o3)>>rowDown&1023]
}

// columns4 is columns where all but the upper left 4 by 4 is 0: the same sums
// without the terms that vanish.
func (b *block) columns4() {
	for x := range 4 {
		c := b.c[x:]
		_ = c[56]
		t2, t3 := c[16]*fix0541, c[16]*(fix0541+fix0765)
		t0 := c[0] << constBits
		e0, e3, e1, e2 := t0+t3, t0-t3, t0+t2, t0-t2
		o0, o1, o2, o3 := odd4(c[24], c[8])
		const down, half = constBits - passBits, 1 << (constBits - passBits - 1)
		c[0], c[56] = (e0+o3+half)>>down, (e0-o3+half)>>down
		c[8], c[48] = (e1+o2+half)>>down, (e1-o2+half)>>down
		c[16], c[40] = (e2+o1+half)>>down, (e2-o1+half)>>down
		c[24], c[32] = (e3+o0+half)>>down, (e3-o0+half)>>down
	}
}

func (b *block) rows4(dst []byte, stride int) {
	for y := range 8 {
		c := (*[4]int32)(b.c[8*y:])
		t2, t3 := c[2]*fix0541, c[2]*(fix0541+fix0765)
		t0 := c[0]<<constBits + rowHalf
		o0, o1, o2, o3 := odd4(c[3], c[1])
		store(dst[y*stride:], t0+t3, t0+t2, t0-t2, t0-t3, o0, o1, o2, o3)
	}
}

// odd4 is odd(0, 0, t2, t3).
func odd4(t2, t3 int32) (int32, int32, int32, int32) {
	z5 := (t2 + t3) * fix1175
	z3, z4 := z5-t2*fix1961, z5-t3*fix0390
	return z3 - t3*fix0899, z4 - t2*fix2562, t2*(fix3072-fix2562) + z3, t3*(fix1501-fix0899) + z4
}
