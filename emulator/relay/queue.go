//go:build linux

package relay

import (
	"time"

	"github.com/testbed/testbed/emulator"
)

// slot is the room for one packet in a queue, and in the ring of the kernel.
const slot = 2048

// A chunk is half a mebibyte of room. maxChunks bounds a queue to 256 MiB.
const (
	chunkSlots = 256
	maxChunks  = 512
	maxQueue   = maxChunks * chunkSlots // packets: a power of two
)

// A queue holds packets until they are due, and gives them out in the order in
// which they are due; those due at the same time in the order in which they
// came. It grows without moving packets and uses their room again, so that
// in the long run it allocates nothing.
//
// A packet due no earlier than all before it goes to the end of a plain row.
// The others, which a link without reordering never has, go to a heap.
type queue struct {
	chunks []*[chunkSlots][slot]byte
	free   []uint32 // slots of chunks that hold nothing

	row       []waiting // a ring of maxQueue
	first, in int       // of the row, oldest and how many
	latest    time.Duration
	heap      []waiting
	count     uint64 // packets that ever came
}

// A waiting packet.
type waiting struct {
	due   time.Duration
	order uint64 // in which they came
	slot  uint32
	size  uint16
	mark  emulator.Fate // Duplicated for the second of two, Corrupted for each that is
}

// newQueue makes an empty queue with room for n chunks of packets.
func newQueue(n int) *queue {
	q := &queue{
		chunks: make([]*[chunkSlots][slot]byte, 0, maxChunks),
		free:   make([]uint32, 0, maxQueue),
		// Memory that is not touched is not there: this is faster than to
		// make the row longer in the middle of things.
		row:  make([]waiting, maxQueue),
		heap: make([]waiting, 0, maxQueue),
	}
	for range n {
		q.grow()
	}
	return q
}

// grow adds a chunk, if there may be one more.
func (q *queue) grow() bool {
	if len(q.chunks) == maxChunks {
		return false
	}
	first := len(q.chunks) * chunkSlots
	q.chunks = append(q.chunks, new([chunkSlots][slot]byte))
	for i := chunkSlots; i > 0; i-- {
		q.free = append(q.free, uint32(first+i-1))
	}
	return true
}

// room returns where the next packet is to be written, for add to take it in;
// nil if the queue is full.
func (q *queue) room() *[slot]byte {
	if len(q.free) == 0 && !q.grow() {
		return nil
	}
	return q.at(q.free[len(q.free)-1])
}

func (q *queue) at(i uint32) *[slot]byte { return &q.chunks[i/chunkSlots][i%chunkSlots] }

// packet returns what was written.
func (q *queue) packet(w waiting) []byte { return q.at(w.slot)[:w.size] }

// add takes in the packet of size bytes that was written to room.
func (q *queue) add(size int, due time.Duration, mark emulator.Fate) {
	last := len(q.free) - 1
	w := waiting{due: due, order: q.count, slot: q.free[last], size: uint16(size), mark: mark}
	q.free = q.free[:last]
	q.count++
	if q.in > 0 && due < q.latest {
		q.push(w)
		return
	}
	if q.in == 0 {
		q.first = 0 // of memory that was just used
	}
	q.row[(q.first+q.in)&(maxQueue-1)] = w
	q.in++
	q.latest = due
}

// next returns when the first packet is due; false if there is none.
func (q *queue) next() (time.Duration, bool) {
	switch {
	case q.rowFirst():
		return q.row[q.first].due, true
	case len(q.heap) > 0:
		return q.heap[0].due, true
	}
	return 0, false
}

// rowFirst reports whether the first packet of all is in the row.
func (q *queue) rowFirst() bool {
	return q.in > 0 && (len(q.heap) == 0 || q.row[q.first].before(&q.heap[0]))
}

// take moves packets that are due by now to the beginning of to, as many as
// there are or it holds. They must be released.
func (q *queue) take(now time.Duration, to []waiting) int {
	n := 0
	for ; n < len(to); n++ {
		due, ok := q.next()
		if !ok || due > now {
			break
		}
		if q.rowFirst() {
			to[n] = q.row[q.first]
			q.first = (q.first + 1) & (maxQueue - 1)
			q.in--
		} else {
			to[n] = q.pop()
		}
	}
	return n
}

// release makes the room of packets that were taken free.
func (q *queue) release(ws []waiting) {
	for _, w := range ws {
		q.free = append(q.free, w.slot)
	}
}

// reset removes all packets.
func (q *queue) reset() {
	for ; q.in > 0; q.in-- {
		q.free = append(q.free, q.row[q.first].slot)
		q.first = (q.first + 1) & (maxQueue - 1)
	}
	q.release(q.heap)
	q.heap = q.heap[:0]
}

// before reports whether w goes out before x.
func (w *waiting) before(x *waiting) bool {
	return w.due < x.due || w.due == x.due && w.order < x.order
}

// push and pop are those of a binary heap.
//
// Note: those of container/heap allocate for each packet.
func (q *queue) push(w waiting) {
	q.heap = append(q.heap, w)
	i := len(q.heap) - 1
	for i > 0 && w.before(&q.heap[(i-1)/2]) {
		q.heap[i] = q.heap[(i-1)/2]
		i = (i - 1) / 2
	}
	q.heap[i] = w
}

func (q *queue) pop() waiting {
	top := q.heap[0]
	n := len(q.heap) - 1
	w := q.heap[n]
	q.heap = q.heap[:n]
	i := 0
	for 2*i+1 < n {
		child := 2*i + 1
		if child+1 < n && q.heap[child+1].before(&q.heap[child]) {
			child++
		}
		if !q.heap[child].before(&w) {
			break
		}
		q.heap[i] = q.heap[child]
		i = child
	}
	if n > 0 {
		q.heap[i] = w
	}
	return top
}
