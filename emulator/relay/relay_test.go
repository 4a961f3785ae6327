//go:build linux

package relay_test

import (
	"bytes"
	"encoding/binary"
	"runtime"
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

// TestSameSeedSameLosses: which of 500 frames arrive follows from the seed,
// is what a Shaper of that seed says, and differs between the directions.
func TestSameSeedSameLosses(t *testing.T) {
	w := newWire(t)
	const n = 500
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
	// 500 · 0.2 = 100, σ = √(500 · 0.2 · 0.8) = 8.9.
	if ab.Lost < 55 || ab.Lost > 145 {
		t.Errorf("%d of 500 lost, want 100 ± 45", ab.Lost)
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

// TestQueueDrops: a queue of two full frames at 121.12 kbps (100 ms a frame)
// takes two of five that come at once.
func TestQueueDrops(t *testing.T) {
	w := newWire(t)
	w.relay.Set(emulator.Link{Rate: 121_120, Queue: 2 * 1514}, emulator.Link{}, 1)
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
	if got := len(w.right.collect(late)); got != 2 {
		t.Errorf("%d frames came, want 2", got)
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

// TestOversized: a frame above 1518 bytes is counted, and one that fits our
// memory and the MTU is carried all the same.
func TestOversized(t *testing.T) {
	w := newWire(t)
	setMTU(t, 9000, "left", "a", "b", "right")
	for _, n := range []int{1518, 1519, 1900, 9000} {
		w.left.send(testFrame(0, n))
	}
	if got := len(w.right.collect(50 * ms)); got != 3 {
		t.Errorf("%d frames came, want 3", got)
	}
	if s, _ := w.relay.Stats(); s.Oversized != 3 || s.Packets != 3 {
		t.Errorf("%+v; want 3 oversized, 3 packets", s)
	}
}

// TestSendFails: frames that the interface does not take are counted, and
// those after them pass.
func TestSendFails(t *testing.T) {
	w := newWire(t)
	setMTU(t, 1000, "b")
	for i, n := range []int{100, 1514, 100, 1514, 1514, 100} {
		w.left.send(testFrame(i, n))
	}
	var got []int
	for _, f := range w.right.collect(50 * ms) {
		got = append(got, number(f))
	}
	if diff := cmp.Diff([]int{0, 2, 5}, got); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
	if s, _ := w.relay.Stats(); s.Failed != 3 || s.Packets != 3 || s.Bytes != 300 || s.Queued != 0 {
		t.Errorf("%+v; want 3 failed, 3 packets of 300 bytes", s)
	}
}

// TestDownAndUp: an interface that goes down and comes back is used again.
func TestDownAndUp(t *testing.T) {
	w := newWire(t)
	setUp(t, "a", false)
	setUp(t, "b", false)
	time.Sleep(20 * ms)
	setUp(t, "a", true)
	setUp(t, "b", true)
	eventually(t, "a frame passes", func() bool {
		w.left.send(testFrame(1, 100))
		return w.right.receive(50*ms) != nil
	})
}

func TestManyWait(t *testing.T) {
	w := newWire(t)
	// More than the fifo begins with (1024), at a size that tells them apart.
	const n = 3000
	w.relay.Set(emulator.Link{Delay: 300 * ms}, emulator.Link{}, 1)
	for i := range n {
		w.left.send(testFrame(i, 60+i%1400))
	}
	for i := range n {
		sent, got := testFrame(i, 60+i%1400), w.right.receive(late)
		if !bytes.Equal(sent, got) {
			t.Fatalf("frame %d (-sent +received):\n%s", i, cmp.Diff(sent, got))
		}
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	w := newWire(t)
	w.relay.Close()
	before := runtime.NumGoroutine()
	for range 5 {
		r, err := relay.Open("a", "b")
		if err != nil {
			t.Fatal(err)
		}
		r.Set(emulator.Link{Delay: time.Hour}, emulator.Link{}, 1)
		w.left.send(testFrame(0, 100)) // so that a thread waits for something distant
		start := time.Now()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > late {
			t.Errorf("Close took %v", took)
		}
		if err := r.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
		r.Set(emulator.Link{}, emulator.Link{}, 1) // neither hangs nor panics
		r.Stats()
	}
	eventually(t, "goroutines have ended", func() bool { return runtime.NumGoroutine() <= before })
}

func TestOpenErrors(t *testing.T) {
	newWire(t)
	for _, tt := range []struct{ a, b, want string }{
		{"nowhere", "b", "relay nowhere: interface: no such device"},
		{"a", "nowhere", "relay nowhere: interface: no such device"},
		{"a-name-that-is-too-long", "b", "relay a-name-that-is-too-long: interface name: invalid argument"},
	} {
		r, err := relay.Open(tt.a, tt.b)
		if err == nil {
			r.Close()
		}
		if err == nil || err.Error() != tt.want {
			t.Errorf("Open(%s, %s) = %v, want %s", tt.a, tt.b, err, tt.want)
		}
	}
}

// TestRealtimeSaysWhy: in a user namespace nobody has SCHED_FIFO, and the
// relay works without.
func TestRealtimeSaysWhy(t *testing.T) {
	w := newWire(t)
	if err := w.relay.Realtime(); err != nil {
		t.Logf("without: %v", err)
	}
	w.left.send(binary.BigEndian.AppendUint16(testFrame(0, 100), 0))
	if w.right.receive(late) == nil {
		t.Error("no frame")
	}
}
