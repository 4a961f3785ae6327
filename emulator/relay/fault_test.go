//go:build linux

package relay_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/relay"
)

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
	w.left.send(testFrame(0, 100))
	if w.right.receive(late) == nil {
		t.Error("no frame")
	}
}
