//go:build linux

package relay

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"
)

// TestFIFO plays random traffic against a slice.
func TestFIFO(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		f := newFIFO(1 + int(seed%3))
		var twin []time.Duration // due times, which are the contents too
		var due time.Duration
		for range 3000 {
			switch {
			case rng.IntN(500) == 0:
				f.reset()
				twin = twin[:0]
			case rng.IntN(5) < 3:
				due += time.Duration(rng.IntN(3))
				binary.BigEndian.PutUint64(f.room()[:], uint64(due))
				f.commit(8, due)
				twin = append(twin, due)
			default:
				now := due - time.Duration(rng.IntN(200))
				b, n := f.ready(now, 32)
				for i := range n {
					at := b.first + i
					got := time.Duration(binary.BigEndian.Uint64(b.data[at][:b.size[at]]))
					if got != twin[i] || b.due[at] != twin[i] || got > now {
						t.Fatalf("seed %d: frame of %v due at %v, want %v, by %v", seed, got, b.due[at], twin[i], now)
					}
				}
				if n == 0 && len(twin) > 0 && twin[0] <= now {
					t.Fatalf("seed %d: nothing ready at %v, want frame of %v", seed, now, twin[0])
				}
				if n > 0 {
					f.pop(n)
					twin = twin[n:]
				}
			}
			if next, ok := f.next(); ok != (len(twin) > 0) || ok && next != twin[0] {
				t.Fatalf("seed %d: next is %v, %v; want %v", seed, next, ok, twin[:min(1, len(twin))])
			}
		}
	}
}

// TestFIFOIsBounded fills a fifo: it takes 256 MiB of frames and no more, and
// works on when there is room again.
func TestFIFOIsBounded(t *testing.T) {
	f := newFIFO(4)
	n := 0
	for ; f.room() != nil; n++ {
		f.commit(1, 0)
	}
	if want := 256 << 20 / slot; n != want {
		t.Errorf("took %d frames, want %d", n, want)
	}
	f.pop(256)
	if f.room() == nil {
		t.Error("no room after a block was sent")
	}
	f.reset()
	if _, ok := f.next(); ok || f.room() == nil {
		t.Error("not empty after reset")
	}
}
