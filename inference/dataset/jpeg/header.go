package jpeg

import (
	"encoding/binary"
	"fmt"
)

// Markers, the byte after 0xff.
const (
	sof0  = 0xc0 // baseline
	sof1  = 0xc1 // extended sequential
	sof2  = 0xc2 // progressive
	dht   = 0xc4
	sofF  = 0xcf // the last of the frame headers
	jpg   = 0xc8 // not one of them
	dac   = 0xcc // nor this
	rst0  = 0xd0
	rst7  = 0xd7
	soi   = 0xd8
	eoi   = 0xd9
	sos   = 0xda
	dqt   = 0xdb
	dri   = 0xdd
	app0  = 0xe0
	app1  = 0xe1
	app14 = 0xee
)

// Open reads the header of a JPEG file, up to the first scan. The file is kept,
// not copied.
//
// A file too short for the blocks that its header claims is an error: a block
// takes a bit or more.
func Open(data []byte) (*File, error) {
	if len(data) < 2 || data[0] != 0xff || data[1] != soi {
		return nil, fmt.Errorf("not a JPEG file: want it to begin with ff d8")
	}
	h := header{file: &File{data: data, Orientation: 1}}
	if err := h.read(); err != nil {
		return nil, err
	}
	f := h.file
	if blocks := ceil(f.Width, 8) * ceil(f.Height, 8); blocks > 8*len(data) {
		return nil, fmt.Errorf("%d x %d pixels in %d bytes: %w", f.Width, f.Height, len(data), ErrShort)
	}
	if f.standard && f.Width > maxStandard/f.Height {
		return nil, fmt.Errorf("progressive or in several scans, %d x %d pixels: want at most %d", f.Width, f.Height, maxStandard)
	}
	return f, nil
}

// maxStandard is the most pixels of an image that is left to the standard
// library, which takes 15 bytes for each.
const maxStandard = 16 << 20

// A header is what the segments before a scan have said so far.
type header struct {
	file   *File
	quant  [4]*[64]int32
	dc, ac [4]*huffman

	frame       byte // SOF0 or another; 0: none yet
	jfif, adobe bool
	transform   byte // of adobe
}

func (h *header) read() error {
	for at := 2; ; {
		marker, body, next, err := segment(h.file.data, at)
		if err != nil {
			return err
		}
		switch {
		case marker == sos:
			h.file.scan = next
			return h.startOfScan(body)
		case marker == eoi:
			return fmt.Errorf("no picture: want a scan before the end: %w", ErrShort)
		default:
			if err := h.segment(marker, body); err != nil {
				return err
			}
		}
		at = next
	}
}

// segment finds the marker at or behind at, and returns its body and where the
// next may be. What lies between is skipped, as libjpeg does.
func segment(data []byte, at int) (marker byte, body []byte, next int, err error) {
	for at+1 < len(data) && (data[at] != 0xff || data[at+1] == 0 || data[at+1] == 0xff) {
		at++
	}
	if at+1 >= len(data) {
		return 0, nil, 0, fmt.Errorf("no marker at byte %d: %w", at, ErrShort)
	}
	marker, at = data[at+1], at+2
	if marker == eoi || marker == soi || marker == 0x01 || rst0 <= marker && marker <= rst7 {
		return marker, nil, at, nil
	}
	if at+2 > len(data) {
		return 0, nil, 0, fmt.Errorf("segment %02x at byte %d: %w", marker, at-2, ErrShort)
	}
	n := int(binary.BigEndian.Uint16(data[at:]))
	if n < 2 {
		return 0, nil, 0, fmt.Errorf("segment %02x at byte %d: length %d: want 2 or more", marker, at-2, n)
	}
	if at+n > len(data) {
		return 0, nil, 0, fmt.Errorf("segment %02x at byte %d: %d bytes: %w", marker, at-2, n, ErrShort)
	}
	return marker, data[at+2 : at+n], at + n, nil
}

func (h *header) segment(marker byte, body []byte) error {
	switch marker {
	case dqt:
		return h.quantization(body)
	case dht:
		return h.huffman(body)
	case dri:
		if len(body) != 2 {
			return fmt.Errorf("restart interval of %d bytes: want 2", len(body))
		}
		h.file.interval = int(binary.BigEndian.Uint16(body))
	case app0:
		h.jfif = h.jfif || len(body) >= 5 && string(body[:5]) == "JFIF\x00"
	case app1:
		if o := orientation(body); o != 0 {
			h.file.Orientation = o
		}
	case app14:
		if len(body) >= 12 && string(body[:5]) == "Adobe" {
			h.adobe, h.transform = true, body[11]
		}
	default:
		if sof0 <= marker && marker <= sofF && marker != jpg && marker != dac {
			return h.startOfFrame(marker, body)
		}
	}
	return nil
}

func (h *header) startOfFrame(marker byte, body []byte) error {
	if marker > sof2 {
		return fmt.Errorf("frame header %02x (lossless, hierarchical or arithmetic): want baseline, extended or progressive", marker)
	}
	if h.frame != 0 {
		return fmt.Errorf("a second frame header")
	}
	if len(body) < 6 || len(body) != 6+3*int(body[5]) {
		return fmt.Errorf("frame header of %d bytes: %w", len(body), ErrShort)
	}
	f := h.file
	h.frame = marker
	f.Height, f.Width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	if n := body[5]; body[0] != 8 || n != 1 && n != 3 && n != 4 {
		return fmt.Errorf("%d components of %d bits: want 1, 3 or 4 of 8", n, body[0])
	}
	if f.Width == 0 || f.Height == 0 {
		return fmt.Errorf("%d x %d pixels: want 1 or more", f.Width, f.Height)
	}
	for b := body[6:]; len(b) > 0; b = b[3:] {
		c := component{id: b[0], h: int(b[1] >> 4), v: int(b[1] & 15), tq: b[2]}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.tq > 3 {
			return fmt.Errorf("component %d: sampling %d x %d, table %d: want 1 to 4, 0 to 3", c.id, c.h, c.v, c.tq)
		}
		f.components = append(f.components, c)
	}
	if len(f.components) == 1 { // its factors mean nothing then
		f.components[0].h, f.components[0].v = 1, 1
	}
	return nil
}

// startOfScan ties the components to their tables. Where this package does not
// decode such a scan, the standard library's decoder checks them instead.
func (h *header) startOfScan(body []byte) error {
	f := h.file
	if h.frame == 0 {
		return fmt.Errorf("a scan before the frame header")
	}
	if len(body) < 1 || len(body) != 4+2*int(body[0]) {
		return fmt.Errorf("scan header of %d bytes: %w", len(body), ErrShort)
	}
	f.colour = h.colour()
	f.standard = h.frame == sof2 || int(body[0]) != len(f.components) || !f.evenly()
	if f.standard {
		return nil
	}
	for i := range f.components {
		c := &f.components[i]
		id, dc, ac := body[1+2*i], body[2+2*i]>>4, body[2+2*i]&15
		if id != c.id || dc > 3 || ac > 3 {
			return fmt.Errorf("scan of component %d with tables %d and %d: want component %d, 0 to 3", id, dc, ac, c.id)
		}
		c.quant, c.dc, c.ac = h.quant[c.tq], h.dc[dc], h.ac[ac]
		if c.quant == nil || c.dc == nil || c.ac == nil {
			return fmt.Errorf("component %d: a table is missing", c.id)
		}
	}
	return nil
}

// evenly says that each component's samples are whole numbers of pixels, and an
// MCU is not larger than the standard allows.
func (f *File) evenly() bool {
	maxH, maxV := f.sampling()
	blocks := 0
	for _, c := range f.components {
		if maxH%c.h != 0 || maxV%c.v != 0 {
			return false
		}
		blocks += c.h * c.v
	}
	return blocks <= 10
}

// colour is what libjpeg takes the components for (jdapimin.c).
func (h *header) colour() colour {
	c := h.file.components
	switch {
	case len(c) == 1:
		return grey
	case len(c) == 4 && h.adobe && h.transform == 2:
		return ycck
	case len(c) == 4:
		return cmyk
	case h.jfif:
		return ycc
	case h.adobe && h.transform == 0:
		return rgb
	case !h.adobe && c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B':
		return rgb
	}
	return ycc
}

// quantization reads tables of 64 steps in zigzag order, as they are used.
func (h *header) quantization(b []byte) error {
	for len(b) > 0 {
		wide, id := int(b[0]>>4), b[0]&15
		if wide > 1 || id > 3 {
			return fmt.Errorf("quantization table %d of precision %d: want 0 to 3 of 0 or 1", id, wide)
		}
		b = b[1:]
		if len(b) < 64*(1+wide) {
			return fmt.Errorf("quantization table of %d bytes: %w", len(b), ErrShort)
		}
		t := new([64]int32)
		for k := range t {
			if wide == 1 {
				t[k] = int32(binary.BigEndian.Uint16(b[2*k:]))
			} else {
				t[k] = int32(b[k])
			}
		}
		h.quant[id], b = t, b[64*(1+wide):]
	}
	return nil
}

func (h *header) huffman(b []byte) error {
	for len(b) > 0 {
		class, id := b[0]>>4, b[0]&15
		if class > 1 || id > 3 {
			return fmt.Errorf("Huffman table %d of class %d: want 0 to 3 of 0 or 1", id, class)
		}
		t, n, err := newHuffman(b[1:], class == 0)
		if err != nil {
			return err
		}
		if class == 0 {
			h.dc[id] = t
		} else {
			h.ac[id] = t
		}
		b = b[1+n:]
	}
	return nil
}
