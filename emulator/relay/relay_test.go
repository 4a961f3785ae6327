//go:build linux

package relay_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/relay"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

const ms = time.Millisecond

// late is how much a busy machine may add to a time.
const late = 400 * ms

// settle waits until every frame is counted as sent, which is a moment after
// it was received.
func settle(t *testing.T, w *wire) {
	t.Helper()
	eventually(t, "nothing is queued", func() bool {
		ab, ba := w.relay.Stats()
		return ab.Queued+ba.Queued == 0
	})
}

func TestFramesPassUnchanged(t *testing.T) {
	w := newWire(t)
	for i, n := range []int{16, 60, 61, 1000, 1513, 1514} {
		for _, dir := range []struct{ from, to *host }{{w.left, w.right}, {w.right, w.left}} {
			sent := testFrame(i, n)
			dir.from.send(sent)
			if diff := cmp.Diff(sent, dir.to.receive(late)); diff != "" {
				t.Errorf("%d bytes from %s (-sent +received):\n%s", n, dir.from.name, diff)
			}
		}
	}
	if back := w.left.receive(20 * ms); back != nil {
		t.Errorf("a frame came back to its sender: %x", back)
	}
	settle(t, w)
	ab, ba := w.relay.Stats()
	// 16 + 60 + 61 + 1000 + 1513 + 1514 = 4164.
	for name, s := range map[string]relay.Stats{"a to b": ab, "b to a": ba} {
		if s.Packets != 6 || s.Bytes != 4164 || s.Queued+s.Oversized+s.Missed+s.Failed != 0 {
			t.Errorf("%s: %+v; want 6 packets of 4164 bytes", name, s)
		}
	}
}

// TestTagsPass: the kernel takes VLAN tags out of frames before it shows them,
// and a test that reads by the same means would not notice. So it counts bytes.
func TestTagsPass(t *testing.T) {
	w := newWire(t)
	tagged := testFrame(1, 1518)
	copy(tagged[12:], []byte{0x81, 0x00, 0x20, 0x2a, 0x88, 0xb5}) // priority 1, VLAN 42
	w.left.send(tagged)
	got := w.right.receive(late)
	if want := slices.Delete(bytes.Clone(tagged), 12, 16); !bytes.Equal(got, want) {
		t.Errorf("received %d bytes %x…; want %d bytes %x…", len(got), got[:min(20, len(got))], len(want), want[:20])
	}
	settle(t, w)
	if ab, _ := w.relay.Stats(); ab.Bytes != 1518 || ab.Oversized != 0 {
		t.Errorf("%+v; want 1518 bytes, none oversized", ab)
	}
}

func TestDelay(t *testing.T) {
	w := newWire(t)
	const there, back = 50 * ms, 20 * ms
	w.relay.Set(emulator.Link{Delay: there}, emulator.Link{Delay: back}, 1)
	for i := range 5 {
		for _, tt := range []struct {
			from, to *host
			want     time.Duration
		}{{w.left, w.right, there}, {w.right, w.left, back}} {
			start := time.Now()
			tt.from.send(testFrame(i, 100))
			got := tt.to.receive(tt.want + late)
			took := time.Since(start)
			if got == nil || took < tt.want || took > tt.want+late {
				t.Errorf("from %s: %v, want %v to %v", tt.from.name, took, tt.want, tt.want+late)
			}
		}
	}
}

// TestRate: 40 full frames at 12.112 Mbps take 40 · 1514 · 8 / 12.112e6 s =
// 40 ms, however they are sent.
func TestRate(t *testing.T) {
	w := newWire(t)
	w.relay.Set(emulator.Link{Rate: 12_112 * unit.Kbps}, emulator.Link{}, 1)
	start := time.Now()
	for i := range 40 {
		w.left.send(testFrame(i, 1514))
	}
	for i := range 40 {
		f := w.right.receive(late)
		if f == nil {
			t.Fatalf("frame %d did not come", i)
		}
		if number(f) != i {
			t.Fatalf("frame %d came in place of %d", number(f), i)
		}
		if first := time.Duration(i+1) * ms; time.Since(start) < first {
			t.Fatalf("frame %d after %v, want %v or later", i, time.Since(start), first)
		}
	}
	if took := time.Since(start); took > 40*ms+late {
		t.Errorf("took %v, want 40 ms", took)
	}
	settle(t, w)
	ab, _ := w.relay.Stats()
	t.Logf("lag: p50 %v, p99 %v, max %v", ab.LagP50, ab.LagP99, ab.LagMax)
	if ab.LagMax > late || ab.LagMax == 0 || ab.LagP50 > ab.LagP99 || ab.LagP99 > ab.LagMax {
		t.Errorf("lag p50 %v, p99 %v, max %v", ab.LagP50, ab.LagP99, ab.LagMax)
	}
}

// TestTraceStartsAtSet: the only opportunity of a second is 100 ms after Set,
// for one full frame.
func TestTraceStartsAtSet(t *testing.T) {
	w := newWire(t)
	tr := &trace.Trace{Name: "pulse", At: []time.Duration{100 * ms}, Period: time.Second, Quantum: 1514}
	time.Sleep(30 * ms) // the clock of Open has run a while
	before := time.Now()
	w.relay.Set(emulator.Link{Trace: tr}, emulator.Link{}, 1)
	after := time.Now()
	w.left.send(testFrame(0, 1514))
	if w.right.receive(100*ms+late) == nil {
		t.Fatal("no frame")
	}
	if time.Since(before) < 100*ms || time.Since(after) > 100*ms+late {
		t.Errorf("came %v to %v after Set, want 100 ms", time.Since(after), time.Since(before))
	}
	if ab, _ := w.relay.Stats(); ab.Clock < 100*ms || ab.Clock > time.Since(before) {
		t.Errorf("clock %v", ab.Clock)
	}
}

// TestSameSeedSameLosses: which of 200 frames arrive follows from the seed,
// is what a Shaper of that seed says, and differs between the directions.
func TestSameSeedSameLosses(t *testing.T) {
	w := newWire(t)
	const n = 200
	link := emulator.Link{Loss: 0.2}
	arrivals := func(seed uint64, from, to *host) (got []int) {
		w.relay.Set(link, link, seed)
		for i := range n {
			from.send(testFrame(i, 100))
		}
		for _, f := range to.collect(100 * ms) {
			got = append(got, number(f))
		}
		return got
	}
	first := arrivals(7, w.left, w.right)
	ab, _ := w.relay.Stats()
	if ab.Packets != int64(len(first)) || ab.Packets+ab.Lost != n {
		t.Errorf("%+v; want %d packets, %d lost", ab, len(first), n-len(first))
	}
	// 200 · 0.2 = 40, σ = √(200 · 0.2 · 0.8) = 5.7.
	if ab.Lost < 12 || ab.Lost > 68 {
		t.Errorf("%d of 200 lost, want 40 ± 28", ab.Lost)
	}
	if diff := cmp.Diff(first, arrivals(7, w.left, w.right)); diff != "" {
		t.Errorf("the same seed, other losses:\n%s", diff)
	}
	if slices.Equal(first, arrivals(8, w.left, w.right)) {
		t.Error("another seed, the same losses")
	}
	if slices.Equal(first, arrivals(7, w.right, w.left)) {
		t.Error("the same losses in both directions")
	}
}

// TestQueueDrops: a queue of two full frames at 12.112 kbps (a second a frame)
// takes two of five that come at once.
func TestQueueDrops(t *testing.T) {
	w := newWire(t)
	w.relay.Set(emulator.Link{Rate: 12_112, Queue: 2 * 1514}, emulator.Link{}, 1)
	for i := range 5 {
		w.left.send(testFrame(i, 1514))
	}
	eventually(t, "five frames are accounted for", func() bool {
		s, _ := w.relay.Stats()
		return s.Dropped+s.Queued+s.Packets == 5
	})
	if s, _ := w.relay.Stats(); s.Dropped != 3 {
		t.Errorf("%+v; want 3 dropped", s)
	}
}

// TestSetDiscards: what waits under one link never comes under the next, and
// the next is in use at once.
func TestSetDiscards(t *testing.T) {
	w := newWire(t)
	w.relay.Set(emulator.Link{Delay: 200 * ms}, emulator.Link{}, 1)
	for i := range 3 {
		w.left.send(testFrame(i, 100))
	}
	eventually(t, "three frames wait", func() bool {
		s, _ := w.relay.Stats()
		return s.Queued == 3
	})
	w.relay.Set(emulator.Link{}, emulator.Link{}, 1)
	if s, _ := w.relay.Stats(); s.Queued != 0 || s.Packets != 0 || s.LagMax != 0 || s.Clock > late {
		t.Errorf("after Set: %+v; want nothing", s)
	}
	w.left.send(testFrame(3, 100))
	got := w.right.collect(300 * ms)
	if len(got) != 1 || number(got[0]) != 3 {
		t.Errorf("%d frames came, want the one after Set alone", len(got))
	}
	if s, _ := w.relay.Stats(); s.Packets != 1 || s.Queued != 0 {
		t.Errorf("%+v; want 1 packet", s)
	}
}

// TestManyWait holds more frames than the fifo begins with, and lets them out
// no faster than a receiver with a small buffer can take them.
func TestManyWait(t *testing.T) {
	w := newWire(t)
	const n, delay = 3000, 600 * ms
	size := func(i int) int { return 60 + i%200 }
	w.relay.Set(emulator.Link{Rate: 10 * unit.Mbps, Delay: delay}, emulator.Link{}, 1)
	for i := range n {
		w.left.send(testFrame(i, size(i)))
	}
	for i := range n {
		sent, got := testFrame(i, size(i)), w.right.receive(delay+late)
		if !bytes.Equal(sent, got) {
			t.Fatalf("frame %d (-sent +received):\n%s", i, cmp.Diff(sent, got))
		}
	}
	settle(t, w)
	if s, _ := w.relay.Stats(); s.LagMax > late {
		t.Errorf("lag of %v, want what the relay is late by, without the delay", s.LagMax)
	}
}
