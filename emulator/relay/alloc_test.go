//go:build linux

package relay

import (
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// TestNothingIsAllocated for a packet on its way from a port, through a link
// with all boxes and the queue, to a port, and for the sleep in between. GC
// would stop the thread.
func TestNothingIsAllocated(t *testing.T) {
	from, in := loopback(t)
	_, out := loopback(t)
	out.ring.unmap() // or it would fill; it only sends
	d, err := newDirection(in, discards{out}, newSetting(emulator.Link{}, nil, time.Now(), 0))
	if err != nil {
		t.Fatal(err)
	}
	defer d.closeWake()
	link := emulator.Link{
		Loss: 0.1, LossBurst: 2, Rate: 100 * unit.Mbps, Delay: time.Millisecond, Jitter: time.Millisecond,
		Unordered: true, Reorder: 0.2, Duplicate: 0.2, Corrupt: 0.2,
	}
	s := newSetting(link, rand.New(rand.NewPCG(1, 1)), time.Now(), 0)
	frame := numbered(1)
	step := func() {
		unix.Write(from.socket, frame)
		now := time.Now()
		d.receive(s, now)
		d.sendDue(s, now.Sub(s.origin))
		d.signal() // or it would wait for another packet
		d.sleep(s)
	}
	for range 500 { // rings grow to their size
		step()
	}
	if n := testing.AllocsPerRun(2000, step); n != 0 && !raced {
		t.Errorf("%v allocations a packet, want none", n)
	}
	if got := s.stats(); got.Packets == 0 || got.Duplicated == 0 || got.Corrupted == 0 || got.Lost == 0 {
		t.Errorf("%+v; want some packets of each fate", got)
	}
}

// TestCuttingAllocatesNothing for a large packet and all that it becomes.
func TestCuttingAllocatesNothing(t *testing.T) {
	f := large{payload: 60_000, segment: 1448, options: 12}.frame(rand.New(rand.NewPCG(1, 1)))
	d := &direction{wait: newQueue(1)}
	s := newSetting(emulator.Link{}, nil, time.Now(), 0)
	var out [batch]waiting
	n := testing.AllocsPerRun(100, func() {
		d.frame = *f
		d.push(s)
		for k := d.wait.take(time.Hour, out[:]); k > 0; k = d.wait.take(time.Hour, out[:]) {
			d.wait.release(out[:k])
		}
	})
	if n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
	if got := s.stats(); got.Segmented != 101 || got.Queued != 101*42 { // 60000/1448 = 41.4
		t.Errorf("%+v; want 101 cut into 42 each", got)
	}
}

// discards is a port that sends to nobody: loopback would give it back.
type discards struct{ port }

func (discards) send(packets [][]byte) (done, failed int) { return len(packets), 0 }
