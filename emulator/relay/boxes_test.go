//go:build linux

package relay_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// twin is the Shaper that a relay's direction from a to b has.
func twin(link emulator.Link, seed uint64) *emulator.Shaper {
	return emulator.NewShaper(link, rand.New(rand.NewPCG(seed, 0)))
}

// TestDuplicates come right after their firsts, and are counted apart.
func TestDuplicates(t *testing.T) {
	w := newWire(t)
	w.relay.Set(emulator.Link{Duplicate: 1}, emulator.Link{}, 1)
	for i := range 40 {
		w.left.send(testFrame(i, 100))
	}
	for i := range 80 {
		if got := w.right.receive(late); !bytes.Equal(got, testFrame(i/2, 100)) {
			t.Fatalf("frame %d is %x, want number %d", i, got, i/2)
		}
	}
	settle(t, w)
	if s, _ := w.relay.Stats(); s.Packets != 40 || s.Bytes != 4000 || s.Duplicated != 40 || s.Failed != 0 {
		t.Errorf("%+v; want 40 packets of 4000 bytes, 40 duplicated", s)
	}
}

// TestCorrupt flips the bit that the Shaper says, in both of two.
func TestCorrupt(t *testing.T) {
	w := newWire(t)
	link := emulator.Link{Corrupt: 1, Duplicate: 1}
	const n, seed = 30, 5
	w.relay.Set(link, emulator.Link{}, seed)
	shaper := twin(link, seed)
	for i := range n {
		size := 60 + 40*i
		w.left.send(testFrame(i, size))
		shaper.Push(0, unit.Bytes(size))
		want := testFrame(i, size)
		bit := shaper.Bit(unit.Bytes(size))
		want[14+bit/8] ^= 1 << (bit % 8)
		for range 2 {
			if diff := cmp.Diff(want, w.right.receive(late)); diff != "" {
				t.Fatalf("frame %d, bit %d (-want +got):\n%s", i, bit, diff)
			}
		}
	}
	settle(t, w)
	if s, _ := w.relay.Stats(); s.Corrupted != n || s.Packets != n || s.Duplicated != n {
		t.Errorf("%+v; want %d corrupted", s, n)
	}
}

// TestReorder: the frames that skip the delay come at once, the others after
// it, both in order.
func TestReorder(t *testing.T) {
	w := newWire(t)
	link := emulator.Link{Delay: 300 * ms, Reorder: 0.5}
	const n, seed = 40, 3
	w.relay.Set(link, emulator.Link{}, seed)
	shaper := twin(link, seed)
	var early, after, got []int
	for i := range n {
		w.left.send(testFrame(i, 100))
		if out, _ := shaper.Push(0, 100); out == 0 {
			early = append(early, i)
		} else {
			after = append(after, i)
		}
	}
	for _, f := range w.right.collect(300*ms + late) {
		got = append(got, number(f))
	}
	if diff := cmp.Diff(slices.Concat(early, after), got); diff != "" || len(early) == 0 {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// TestUnordered: with jitter of seconds, what frames are sent within
// milliseconds of each other is an order that the jitter alone decides.
func TestUnordered(t *testing.T) {
	w := newWire(t)
	link := emulator.Link{Delay: 400 * ms, Jitter: 400 * ms, Unordered: true}
	const n, seed = 12, 3
	w.relay.Set(link, emulator.Link{}, seed)
	shaper := twin(link, seed)
	var want []int
	outs := map[int]int64{}
	for i := range n {
		w.left.send(testFrame(i, 100))
		out, _ := shaper.Push(0, 100)
		outs[i] = int64(out)
		want = append(want, i)
	}
	slices.SortFunc(want, func(a, b int) int { return int(outs[a] - outs[b]) })
	var got []int
	for _, f := range w.right.collect(800*ms + late) {
		got = append(got, number(f))
	}
	if slices.IsSorted(want) {
		t.Fatal("this seed reorders nothing")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s\nout: %v", diff, outs)
	}
}
