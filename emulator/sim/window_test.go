package sim

import (
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

func TestCubeRoot(t *testing.T) {
	for n := uint64(0); n < 2_642_245; n = n*5/4 + 1 { // 2642245³ is the largest cube below 2⁶⁴
		if got := cubeRoot(n * n * n); got != n {
			t.Fatalf("cubeRoot(%d³) = %d", n, got)
		}
		if got := cubeRoot(n*n*n + 3*n*(n+1)); got != n { // one less than the next cube
			t.Fatalf("cubeRoot of one less than %d³ is %d", n+1, got)
		}
	}
}

// TestCubic: after a loss at 100 segments the window is 70, K is ∛(30/0.4) =
// 4.217 s, and at K the curve is back at 100; 2 s later it is at 100 + 0.4·8.
// What is less than a segment of the distance to 100 does not count: 29.996 is 29.
func TestCubic(t *testing.T) {
	w := window{size: 100, threshold: 50, roundTrip: 100 * time.Millisecond}
	w.loss()
	if w.size != 70 || w.threshold != 70 || w.plateau != 100 {
		t.Fatalf("after a loss: %+v", w)
	}
	w.acked(1, 0)
	if w.flat != 4217*time.Millisecond || w.origin != 100 {
		t.Errorf("K is %v to %d, want 4.217s to 100", w.flat, w.origin)
	}
	for at, want := range map[time.Duration]int{0: 71, 2217: 97, 4217: 100, 6217: 103, 9217: 150} {
		if got := w.curve(at * time.Millisecond); got != want {
			t.Errorf("the curve at %d ms: %d, want %d", at, got, want)
		}
	}
	// A second loss below the first gives way: 0.85 · 80.
	w.size = 80
	if w.loss(); w.plateau != 68 || w.size != 56 {
		t.Errorf("after the second loss: plateau %d, size %d; want 68, 56", w.plateau, w.size)
	}
	w.timeout()
	if w.size != 1 || w.threshold != 39 {
		t.Errorf("after a timeout: size %d up to %d, want 1 up to 39", w.size, w.threshold)
	}
}

// TestHystart: slow start ends at the acknowledgement that comes more than half of
// (20 + 1) ms after the first of its round without a gap; or at the ninth if
// those of the round are 4 ms later than the first of all.
func TestHystart(t *testing.T) {
	const ms = time.Millisecond
	train := window{size: 20, threshold: unlimitedWindow, roundTrip: 20 * ms}
	train.hystart.round(0)
	for at := time.Duration(0); at <= 10*ms; at += ms {
		if train.hear(at, 20*ms); train.hystart.done {
			t.Fatalf("over at %v", at)
		}
	}
	if train.hear(11*ms, 20*ms); !train.hystart.done || train.threshold != 20 {
		t.Errorf("not over at 11 ms: %+v", train)
	}
	late := window{size: 20, threshold: unlimitedWindow, roundTrip: 20 * ms}
	late.hystart.round(0)
	for i := range 8 {
		if late.hear(time.Duration(i)*10*ms, 24*ms+1); late.hystart.done {
			t.Fatalf("over at the acknowledgement %d", i+1)
		}
	}
	if late.hear(80*ms, 25*ms); !late.hystart.done {
		t.Error("not over at the ninth")
	}
}

// TestNothingWaits once all has arrived or is closed.
func TestNothingWaits(t *testing.T) {
	for _, l := range []emulator.Link{{Rate: unit.Mbps, QueuePackets: 100}, {Rate: unit.Mbps, Queue: 100_000, Loss: 0.1}} {
		e := New()
		link := NewLink(e, l, 1, 0)
		c := NewConn(e, []*Link{link}, nil)
		var done Latch
		c.Send(20_000, &done)
		e.Await(&done)
		c.Send(20_000, &done)
		c.Close()
		if link.waits != (pending{}) || link.busy != 0 || link.shaped != 0 || len(link.flows) != 0 {
			t.Errorf("%+v waits, %d and %d transfers, %d flows", link.waits, link.busy, link.shaped, len(link.flows))
		}
	}
}
