package jpeg

// Row writes the pixels from x0 to x1 of row y to dst: red, green and blue from
// the lowest byte up, and 255 in the highest. They must be of the region that was
// decoded.
func (m *Image) Row(y, x0, x1 int, dst []uint32) {
	dst = dst[:x1-x0]
	var s [4][]byte
	for i := range m.planes {
		m.up[i] = grown(m.up[i], len(dst)+8)
		s[i] = m.upsampled(i, y, x0, x1)[:len(dst)]
	}
	switch m.colour {
	case grey:
		for x, v := range s[0] {
			dst[x] = pixel(v, v, v)
		}
	case ycc:
		fromYCC(dst, s[0], s[1], s[2])
	case rgb:
		for x := range dst {
			dst[x] = pixel(s[0][x], s[1][x], s[2][x])
		}
	case cmyk:
		for x := range dst {
			dst[x] = inked(s[0][x], s[1][x], s[2][x], s[3][x])
		}
	case ycck:
		fromYCC(dst, s[0], s[1], s[2])
		for x, p := range dst {
			dst[x] = inked(^byte(p), ^byte(p>>8), ^byte(p>>16), s[3][x])
		}
	}
}

func pixel(r, g, b byte) uint32 { return uint32(r) | uint32(g)<<8 | uint32(b)<<16 | 0xff000000 }

// inked is a pixel of cyan, magenta, yellow and black.
func inked(c, m, y, k byte) uint32 { return pixel(ink(c, k), ink(m, k), ink(y, k)) }

// ink is what is left of the light under a colour and black, both inverted (255:
// no ink), as Pillow reckons it: k - (255-c)*k/255, rounded.
func ink(c, k byte) byte {
	t := uint32(255-c)*uint32(k) + 128
	return k - byte((t>>8+t)>>8)
}

// fromYCC applies the matrix of JFIF, in whole numbers as libjpeg does
// (jdcolor.c). The three colours share a word, each with 256 added: red at bit
// 0, blue at 16, and green at 48, with 16 bits of fraction below. So a colour out
// of range shows in the two bits above its eight.
func fromYCC(dst []uint32, ys, cbs, crs []byte) {
	n := len(ys)
	dst, cbs, crs = dst[:n], cbs[:n], crs[:n]
	for x, y := range ys {
		v := uint64(y)*(1|1<<16|1<<48) + ofCb[cbs[x]] + ofCr[crs[x]]
		if v&(3<<8|3<<24|3<<56) != 1<<8|1<<24|1<<56 {
			v = clamped(v)
		}
		dst[x] = uint32(v)&0xff00ff | uint32(v>>40)&0xff00 | 0xff000000
	}
}

func clamped(v uint64) uint64 {
	in := func(at int) uint64 { return uint64(min(max(int(v>>at&1023)-256, 0), 255)) << at }
	return in(0) | in(16) | in(48)
}

// ofCb and ofCr are what the two add to such a word: 1.772 Cb to blue, 1.402 Cr
// to red, and to green -0.34414 Cb and -0.71414 Cr.
var ofCb, ofCr = func() (cb, cr [256]uint64) {
	for i := range 256 {
		c := int64(i) - 128
		cb[i] = uint64((256+(116130*c+1<<15)>>16)<<16 - 22554*c<<32)
		cr[i] = uint64(256 + (91881*c+1<<15)>>16 + (256<<16+1<<15-46802*c)<<32)
	}
	return cb, cr
}()

// upsampled returns row y of plane i, from x0 to x1 in pixels, as libjpeg's
// "fancy" upsampling makes it (jdsample.c): a triangle over the nearest two
// samples each way, where a sample is two pixels wide or high. At the edges the
// outermost sample stands for what is beyond.
func (m *Image) upsampled(i, y, x0, x1 int) []byte {
	p := &m.planes[i]
	switch {
	case p.dx == 1 && p.dy == 1:
		return p.row(y)[x0-p.x:]
	case p.dx == 2 && p.dy == 1 && p.w > 2:
		return p.wide(m.up[i], y, x0, x1)
	case p.dx == 2 && p.dy == 2 && p.w > 2:
		m.sum = grown(m.sum, (x1+1)/2-x0/2+2)
		return p.wideAndHigh(m.up[i], m.sum, y, x0, x1)
	case p.dx == 1 && p.dy == 2:
		near, far, bias := p.row(y/2), p.row(p.neighbour(y)), uint32(1+y%2)
		for x := x0; x < x1; x++ {
			m.up[i][x-x0] = byte((3*uint32(near[x-p.x]) + uint32(far[x-p.x]) + bias) >> 2)
		}
	default:
		row := p.row(y / p.dy)
		for x := x0; x < x1; x++ {
			m.up[i][x-x0] = row[x/p.dx-p.x]
		}
	}
	return m.up[i]
}

// row is row y of the samples, and perhaps what lies behind it.
func (p *plane) row(y int) []byte { return p.pix[(y-p.y)*p.stride:] }

// neighbour is the row of samples that is second nearest to row y of pixels,
// where a sample is two high.
func (p *plane) neighbour(y int) int {
	if y%2 == 0 {
		return max(y/2-1, 0)
	}
	return min(y/2+1, p.h-1)
}

func (p *plane) wide(up []byte, y, x0, x1 int) []byte {
	row := p.row(y)
	at := func(c int) uint32 { return uint32(row[min(max(c, 0), p.w-1)-p.x]) }
	first := x0 / 2
	last, this := at(first-1), at(first)
	for c := first; 2*c < x1; c++ {
		next := at(c + 1)
		up[2*(c-first)] = byte((3*this + last + 1) >> 2)
		up[2*(c-first)+1] = byte((3*this + next + 2) >> 2)
		last, this = this, next
	}
	return up[x0%2:]
}

func (p *plane) wideAndHigh(up []byte, sum []uint16, y, x0, x1 int) []byte {
	first, end := x0/2, (x1+1)/2
	near, far := p.row(y/2), p.row(p.neighbour(y))
	for i := range sum[:end-first+2] { // from first-1 to end
		c := min(max(first-1+i, 0), p.w-1) - p.x
		sum[i] = 3*uint16(near[c]) + uint16(far[c])
	}
	last, this := uint32(sum[0]), uint32(sum[1])
	for i := range end - first {
		next := uint32(sum[i+2])
		up[2*i] = byte((3*this + last + 8) >> 4)
		up[2*i+1] = byte((3*this + next + 7) >> 4)
		last, this = this, next
	}
	return up[x0%2:]
}
