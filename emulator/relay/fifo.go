//go:build linux

package relay

import "time"

// slot is the room for one frame, in the ring of the kernel and in ours.
const slot = 2048

// A fifo holds frames until they are due, in order of arrival, which is also
// the order in which they are due. It is a chain of blocks: it grows without
// moving what it holds, and blocks are used again.
type fifo struct {
	head, tail *block // the same if there is one block only
	spare      *block
	blocks     int // all of them
}

// A block is 256 frames in half a mebibyte.
type block struct {
	next        *block
	first, last int // frames [first, last) wait
	due         [256]time.Duration
	size        [256]int
	data        [256][slot]byte
}

// maxBlocks bounds a fifo to 256 MiB, 131072 frames.
const maxBlocks = 512

// newFIFO makes an empty fifo with room for n blocks.
func newFIFO(n int) *fifo {
	b := new(block)
	f := &fifo{head: b, tail: b, blocks: 1}
	for ; f.blocks < n; f.blocks++ {
		f.spare = &block{next: f.spare}
	}
	return f
}

// room returns where the next frame is to be written, for commit to append it;
// nil if the fifo is full.
func (f *fifo) room() *[slot]byte {
	if f.tail.last == len(f.tail.data) && !f.grow() {
		return nil
	}
	return &f.tail.data[f.tail.last]
}

// commit appends the frame that was written to room.
func (f *fifo) commit(size int, due time.Duration) {
	t := f.tail
	t.due[t.last], t.size[t.last] = due, size
	t.last++
}

// grow adds an empty block at the tail, if there may be one more.
func (f *fifo) grow() bool {
	b := f.spare
	switch {
	case b != nil:
		f.spare = b.next
	case f.blocks < maxBlocks:
		b = new(block)
		f.blocks++
	default:
		return false
	}
	b.next, b.first, b.last = nil, 0, 0
	f.tail.next = b
	f.tail = b
	return true
}

// next returns when the first frame is due; false if there is none.
func (f *fifo) next() (time.Duration, bool) {
	if h := f.head; h.first < h.last {
		return h.due[h.first], true
	}
	return 0, false
}

// ready returns the block with the oldest frames and how many of them, at most
// limit, are due by now.
func (f *fifo) ready(now time.Duration, limit int) (*block, int) {
	h := f.head
	n := 0
	for n < limit && h.first+n < h.last && h.due[h.first+n] <= now {
		n++
	}
	return h, n
}

// pop removes the n oldest frames, all of which are in the block of ready.
func (f *fifo) pop(n int) {
	h := f.head
	h.first += n
	if h.first < h.last {
		return
	}
	if h.next == nil {
		h.first, h.last = 0, 0
		return
	}
	f.head = h.next
	h.next, f.spare = f.spare, h
}

// reset removes all frames.
func (f *fifo) reset() {
	for f.head.next != nil {
		f.pop(f.head.last - f.head.first)
	}
	f.head.first, f.head.last = 0, 0
}
