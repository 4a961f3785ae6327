//go:build linux

package relay

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
)

// TestQueue plays random traffic against a sorted slice: due times that never
// go back, that go back now and then, and of any order.
func TestQueue(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		back := []int{0, 20, 2}[seed%3] // one in so many is due earlier
		q := newQueue(1)
		var twin []waiting // in order
		var due time.Duration
		for i := range uint64(3000) {
			switch {
			case rng.IntN(500) == 0:
				q.reset()
				twin = nil
			case rng.IntN(5) < 3:
				due += time.Duration(rng.IntN(3))
				w := waiting{due: due, order: i, mark: emulator.Fate(i % 2)}
				if back > 0 && rng.IntN(back) == 0 {
					w.due = max(0, due-time.Duration(rng.IntN(50)))
				}
				binary.BigEndian.PutUint64(q.room()[:], i)
				q.add(8, w.due, w.mark)
				at, _ := slices.BinarySearchFunc(twin, w.due+1, func(w waiting, due time.Duration) int { return int(w.due - due) })
				twin = slices.Insert(twin, at, w) // after those due at the same time
			default:
				now := due - time.Duration(rng.IntN(200))
				var got [batch]waiting
				n := q.take(now, got[:1+rng.IntN(batch)])
				for i, w := range got[:n] {
					order := binary.BigEndian.Uint64(q.packet(w))
					if w.due != twin[i].due || order != twin[i].order || w.mark != twin[i].mark || w.due > now {
						t.Fatalf("seed %d: packet %d due at %v, want %d at %v, by %v", seed, order, w.due, twin[i].order, twin[i].due, now)
					}
				}
				if n == 0 && len(twin) > 0 && twin[0].due <= now {
					t.Fatalf("seed %d: nothing at %v, want packet of %v", seed, now, twin[0].due)
				}
				q.release(got[:n])
				twin = twin[n:]
			}
			if next, ok := q.next(); ok != (len(twin) > 0) || ok && next != twin[0].due {
				t.Fatalf("seed %d: next is %v, %v; want %v", seed, next, ok, twin[:min(1, len(twin))])
			}
		}
	}
}

// TestQueueIsBounded fills a queue, in order and in reverse: it takes 256 MiB
// of packets and no more, and works on when there is room again.
func TestQueueIsBounded(t *testing.T) {
	for _, step := range []time.Duration{1, -1} {
		q := newQueue(4)
		n := 0
		for ; q.room() != nil; n++ {
			q.add(1, time.Hour+step*time.Duration(n), 0)
		}
		if want := 256 << 20 / slot; n != want {
			t.Errorf("took %d packets, want %d", n, want)
		}
		var first [batch]waiting
		if got := q.take(2*time.Hour, first[:]); got != batch {
			t.Errorf("%d packets are due, want %d", got, batch)
		}
		q.release(first[:1])
		if q.room() == nil {
			t.Error("no room after a packet was sent")
		}
		q.release(first[1:])
		q.reset()
		if _, ok := q.next(); ok || len(q.free) != n {
			t.Errorf("after reset there is room for %d packets, want %d", len(q.free), n)
		}
	}
}

// BenchmarkQueue is a packet in and out, with 1000 others waiting.
func BenchmarkQueue(b *testing.B) {
	for _, bb := range []struct {
		name   string
		spread int
	}{{"in order", 1}, {"any order", 1000}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			rng := rand.New(rand.NewPCG(1, 1))
			q := newQueue(8)
			var out [1]waiting
			now := time.Duration(0)
			add := func() {
				q.room()
				q.add(1, now+1000+time.Duration(rng.IntN(bb.spread)), 0)
			}
			for range 1000 {
				add()
				now++
			}
			for b.Loop() {
				add()
				q.release(out[:q.take(now, out[:])])
				now++
			}
		})
	}
}
