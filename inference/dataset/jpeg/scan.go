package jpeg

import "fmt"

// zigzag is the place in a block, row by row, of each coefficient.
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10,
	17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34,
	27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36,
	29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46,
	53, 60, 61, 54, 47, 55, 62, 63,
}

// A scanner decodes the one scan of a file.
type scanner struct {
	file       *File
	image      *Image
	components []component
	bits       bits
	block      block
}

// run decodes MCU by MCU: from each component, h by v blocks.
func (s *scanner) run() error {
	f := s.file
	for i := range s.components {
		s.components[i].previous = 0
	}
	maxH, maxV := f.sampling()
	columns, rows := ceil(f.Width, 8*maxH), ceil(f.Height, 8*maxV)
	left := f.interval
	for y := range rows {
		for x := range columns {
			if f.interval > 0 && left == 0 {
				if err := s.restart(x + y*columns); err != nil {
					return err
				}
				left = f.interval
			}
			left--
			for i := range s.components {
				if !s.mcu(i, x, y) {
					return s.broken(y, rows)
				}
			}
		}
		if s.bits.spent() {
			return s.broken(y, rows)
		}
	}
	return s.end()
}

func (s *scanner) broken(y, rows int) error {
	if s.bits.spent() {
		return fmt.Errorf("data ends in row %d of %d blocks: %w", y, rows, ErrShort)
	}
	return fmt.Errorf("data in row %d of %d blocks: a code that no table has", y, rows)
}

// mcu decodes the blocks of component i in the MCU at (x, y).
func (s *scanner) mcu(i, x, y int) bool {
	c, p := &s.components[i], &s.image.planes[i]
	for v := range c.v {
		by := y*c.v + v
		inside := p.hull.Min.Y <= by && by < p.hull.Max.Y
		for h := range c.h {
			bx := x*c.h + h
			if !inside || bx < p.hull.Min.X || bx >= p.hull.Max.X {
				if !s.bits.skip(c) {
					return false
				}
				continue
			}
			if !s.bits.read(c, &s.block) {
				return false
			}
			s.block.inverse(p.pix[8*(by-p.hull.Min.Y)*p.stride+8*(bx-p.hull.Min.X):], p.stride)
		}
	}
	return true
}

// read decodes the coefficients of the next block of c, each times its step. It
// says whether the codes were such as the tables have.
func (b *bits) read(c *component, out *block) bool {
	if !b.dc(c) {
		return false
	}
	quant, fast := c.quant, &c.ac.fast
	out.c[0] = c.previous * quant[0]
	next, n, k, last := b.next, b.n, 0, 0
	for k < 63 {
		if n < 32 {
			b.next, b.n = next, n
			b.fill()
			next, n = b.next, b.n
		}
		step := fast[next>>(64-peek)]
		if step == 0 {
			if step = c.ac.step(next); step == 0 {
				return false
			}
		}
		next <<= uint(step) & 63
		n -= int(step & 0xff)
		if k += int(step>>8) & 0xff; k > 63 {
			break
		}
		last = k
		out.c[zigzag[k]&63] = step >> 16 * quant[k]
	}
	b.next, b.n, out.last = next, n, last
	return true
}

// skip goes over a block that nobody needs but for its DC.
func (b *bits) skip(c *component) bool {
	if !b.dc(c) {
		return false
	}
	fast := &c.ac.fast
	next, n := b.next, b.n
	for k := 0; k < 63; {
		if n < 32 {
			b.next, b.n = next, n
			b.fill()
			next, n = b.next, b.n
		}
		step := fast[next>>(64-peek)]
		if step == 0 {
			if step = c.ac.step(next); step == 0 {
				return false
			}
		}
		next <<= uint(step) & 63
		n -= int(step & 0xff)
		k += int(step>>8) & 0xff
	}
	b.next, b.n = next, n
	return true
}

// dc decodes the difference that begins a block.
func (b *bits) dc(c *component) bool {
	if b.n < 32 {
		b.fill()
	}
	step := c.dc.fast[b.next>>(64-peek)]
	if step == 0 {
		if step = c.dc.step(b.next); step == 0 {
			return false
		}
	}
	b.next <<= uint(step) & 63
	b.n -= int(step & 0xff)
	c.previous += step >> 16
	return true
}

// restart passes the marker before the MCU of that number.
func (s *scanner) restart(mcu int) error {
	if s.bits.spent() {
		return fmt.Errorf("data ends before MCU %d: %w", mcu, ErrShort)
	}
	marker, _, next, err := segment(s.file.data, s.bits.at)
	if err != nil {
		return err
	}
	want := byte(rst0 + (mcu/s.file.interval-1)%8)
	if marker != want {
		return fmt.Errorf("before MCU %d: marker %02x at byte %d: want %02x", mcu, marker, next-2, want)
	}
	s.bits.reset(next)
	for i := range s.components {
		s.components[i].previous = 0
	}
	return nil
}

// end looks for the end of the file's picture behind the scan.
func (s *scanner) end() error {
	for at := s.bits.at; ; {
		marker, _, next, err := segment(s.file.data, at)
		if err != nil {
			return err
		}
		if marker == eoi {
			return nil
		}
		if marker == sos {
			return fmt.Errorf("a second scan of all components")
		}
		at = next
	}
}
