package jpeg

import "fmt"

// peek is how many bits are looked up at once.
const peek = 10

// A huffman is a Huffman table, with the bits that follow a code taken together
// with it: what a block is made of are steps, as (skip, value, length): go on by
// skip coefficients, that one has this value, and it took length bits.
type huffman struct {
	// fast has the steps of at most peek bits, by the next peek bits: value<<16,
	// skip<<8, length. 0: a longer one.
	fast [1 << peek]int32

	// For the others: the codes of length n are below limit[n] (as the upper bits
	// of 16), and code c of them has the symbol symbols[c+offset[n]].
	limit   [17]uint32
	offset  [17]int32
	symbols []byte
	dc      bool
}

// endOfBlock is a skip that goes past the block.
const endOfBlock = 64

// newHuffman reads a table: 16 counts of codes of each length, and the symbols.
// It says how many bytes these took.
func newHuffman(b []byte, dc bool) (*huffman, int, error) {
	if len(b) < 16 {
		return nil, 0, fmt.Errorf("Huffman table of %d bytes: %w", len(b), ErrShort)
	}
	total := 0
	for _, n := range b[:16] {
		total += int(n)
	}
	if total == 0 || total > 256 {
		return nil, 0, fmt.Errorf("Huffman table of %d codes: want 1 to 256", total)
	}
	if len(b) < 16+total {
		return nil, 0, fmt.Errorf("Huffman table of %d codes in %d bytes: %w", total, len(b), ErrShort)
	}
	t := &huffman{symbols: append([]byte(nil), b[16:16+total]...), dc: dc}
	if dc {
		for _, size := range t.symbols {
			if size > 15 {
				return nil, 0, fmt.Errorf("Huffman table: a difference of %d bits: want at most 15", size)
			}
		}
	}
	code, index := 0, 0
	for n := 1; n <= 16; n++ {
		t.offset[n] = int32(index - code)
		for range b[n-1] {
			if code >= 1<<n {
				return nil, 0, fmt.Errorf("Huffman table: more codes of %d bits than there are", n)
			}
			if n <= peek {
				t.look(code, n, t.symbols[index])
			}
			code, index = code+1, index+1
		}
		t.limit[n] = uint32(code) << (16 - n)
		code <<= 1
	}
	return t, 16 + total, nil
}

// look fills in the steps that begin with a code of n bits.
func (t *huffman) look(code, n int, symbol byte) {
	first := code << (peek - n)
	for i := range 1 << (peek - n) {
		if step := t.meaning(symbol, n, uint64(i)<<(64-peek+n)); step&0xff <= peek {
			t.fast[first+i] = step
		}
	}
}

// step works out a step from the next bits, the first at the top, of which it
// looks at 31. It is 0 where there is no such code.
func (t *huffman) step(next uint64) int32 {
	for n := 1; n <= 16; n++ {
		if uint32(next>>48) < t.limit[n] {
			return t.meaning(t.symbols[int32(next>>(64-n))+t.offset[n]], n, next<<n)
		}
	}
	return 0
}

// meaning is the step of a symbol that took n bits, with what follows it.
func (t *huffman) meaning(symbol byte, n int, next uint64) int32 {
	run, size := int32(symbol>>4), int(symbol&15)
	if t.dc {
		run = 0
	} else if size == 0 && run != 15 {
		return endOfBlock<<8 | int32(n)
	}
	return extend(next, size)<<16 | (run+1)<<8 | int32(n+size)
}

// extend reads size bits, 0 to 15, as a number: the half below the middle is
// negative.
func extend(next uint64, size int) int32 {
	if size == 0 {
		return 0
	}
	v := int32(next >> (64 - size))
	if v < 1<<(size-1) {
		v -= 1<<size - 1
	}
	return v
}
