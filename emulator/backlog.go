package emulator

import (
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// A backlog is the packets that wait for a bottleneck, in the order in which
// they leave it. It is a ring that grows when it must and is then reused, so
// that a Push allocates nothing in the long run. The zero backlog is empty.
type backlog struct {
	ring  []leaving // its length is 0 or a power of two
	first int       // index of the oldest
	count int
	bytes unit.Bytes
}

// leaving is a packet that is gone from the queue at the time done.
type leaving struct {
	done time.Duration
	size unit.Bytes
}

// drain removes the packets that have left by now.
func (b *backlog) drain(now time.Duration) {
	for b.count > 0 && b.ring[b.first].done <= now {
		b.bytes -= b.ring[b.first].size
		b.first = (b.first + 1) & (len(b.ring) - 1)
		b.count--
	}
}

// add appends a packet; done must not be earlier than that of the last.
func (b *backlog) add(done time.Duration, size unit.Bytes) {
	if b.count == len(b.ring) {
		bigger := make([]leaving, max(64, 2*len(b.ring)))
		n := copy(bigger, b.ring[b.first:])
		copy(bigger[n:], b.ring[:b.first])
		b.ring, b.first = bigger, 0
	}
	b.ring[(b.first+b.count)&(len(b.ring)-1)] = leaving{done, size}
	b.count++
	b.bytes += size
}
