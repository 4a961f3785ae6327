//go:build linux

package relay

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
)

// fakePort receives the frames that are in it.
type fakePort struct {
	port // the rest of it is not called
	in   []frame
}

func (p *fakePort) receive(f *frame, _, _ time.Time) bool {
	if len(p.in) == 0 {
		return false
	}
	*f, p.in = p.in[0], p.in[1:]
	return true
}

func (p *fakePort) release() {}

// received makes a frame that came in whole.
func received(size int, at time.Duration) frame {
	return frame{data: make([]byte, size), length: size, at: at}
}

// push pushes frames through the link.
func push(link emulator.Link, frames ...frame) (*direction, *setting) {
	d := &direction{in: &fakePort{in: frames}, wait: newQueue(1)}
	s := newSetting(link, nil, time.Now(), 0)
	for d.receive(s, time.Now()) > 0 {
	}
	return d, s
}

// TestPushIgnores what is of the link before.
func TestPushIgnores(t *testing.T) {
	_, s := push(emulator.Link{}, received(100, -1))
	if got := s.stats(); got.Queued != 0 {
		t.Errorf("%d frames queued, want none", got.Queued)
	}
	d, s := push(emulator.Link{}, received(100, 5))
	if due, ok := d.wait.next(); !ok || due != 5 || s.stats().Queued != 1 {
		t.Errorf("due at %v, %v; want 5ns", due, ok)
	}
}

// TestPushCountsUnfinished checksums, and frames that are cut off.
func TestPushCountsUnfinished(t *testing.T) {
	f := received(100, 0)
	f.offload = offload{flags: unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, start: 90, field: 9} // one byte too far
	plain := received(100, 0)
	plain.unfinished = true
	cut := received(1900, 0)
	cut.length = 60_000
	_, s := push(emulator.Link{}, f, plain, cut)
	if got := s.stats(); got.Unfinished != 2 || got.Oversized != 1 || got.Queued != 2 {
		t.Errorf("%+v; want 2 unfinished, 1 oversized, 2 queued", got)
	}
}

// TestSentLate: lag is what a packet that was taken was late by.
func TestSentLate(t *testing.T) {
	s := newSetting(emulator.Link{}, nil, time.Now(), 0)
	s.sent(waiting{due: time.Second, size: 100}, true, 0, time.Second+5*time.Millisecond)
	s.sent(waiting{due: time.Second, size: 100}, false, 0, 2*time.Second)
	got := s.stats()
	if got.LagMax != 5*time.Millisecond || got.LagP50 != got.LagMax || len(got.Lag) != 1 || got.Packets != 1 || got.Failed != 1 {
		t.Errorf("%+v; want one packet 5ms late, and one failed", got)
	}
}

// TestArrival: a frame counts from when the kernel stamped it, unless the
// clocks do not fit together.
func TestArrival(t *testing.T) {
	origin := time.Now()
	read := origin.Add(time.Minute)
	for _, tt := range []struct {
		age, want time.Duration
	}{
		{0, time.Minute},
		{300 * time.Millisecond, time.Minute - 300*time.Millisecond},
		{-50 * time.Microsecond, time.Minute + 50*time.Microsecond}, // came in after the clock was read
		{-20 * time.Millisecond, time.Minute},                       // the wall clock was set back
		{2 * time.Second, time.Minute},                              // or forward
		{24 * time.Hour, time.Minute},
	} {
		stamp := time.Duration(read.Add(-tt.age).UnixNano())
		if got := arrival(stamp, origin, read); got != tt.want {
			t.Errorf("stamped %v before it was read: %v, want %v", tt.age, got, tt.want)
		}
	}
}
