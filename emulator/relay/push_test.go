//go:build linux

package relay

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
)

// received makes a frame as the kernel's ring has it.
func received(size int, stamp time.Time) frame {
	return frame{
		hdr: &unix.Tpacket2Hdr{
			Len: uint32(size), Snaplen: uint32(size),
			Sec: uint32(stamp.Unix()), Nsec: uint32(stamp.Nanosecond()),
		},
		from: &unix.RawSockaddrLinklayer{},
		data: make([]byte, size),
	}
}

// TestPushIgnores what is of the link before, or went out on our side.
func TestPushIgnores(t *testing.T) {
	d := &direction{wait: newFIFO(1)}
	s := newSetting(emulator.Link{}, nil, time.Now())
	d.push(s, received(100, time.Now()), -1)
	ours := received(100, time.Now())
	ours.from.Pkttype = unix.PACKET_OUTGOING
	d.push(s, ours, 5)
	if got := s.stats(); got.Queued != 0 {
		t.Errorf("%d frames queued, want none", got.Queued)
	}
	d.push(s, received(100, time.Now()), 5)
	if due, ok := d.wait.next(); !ok || due != 5 || s.stats().Queued != 1 {
		t.Errorf("due at %v, %v; want 5ns", due, ok)
	}
}

// TestPushCountsUnfinished checksums, and frames that are cut off.
func TestPushCountsUnfinished(t *testing.T) {
	d := &direction{wait: newFIFO(1)}
	s := newSetting(emulator.Link{}, nil, time.Now())
	f := received(100, time.Now())
	f.status = unix.TP_STATUS_CSUMNOTREADY
	d.push(s, f, 0)
	cut := received(1900, time.Now())
	cut.hdr.Len = 60_000
	d.push(s, cut, 0)
	if got := s.stats(); got.Unfinished != 1 || got.Oversized != 1 || got.Queued != 1 {
		t.Errorf("%+v; want 1 unfinished, 1 oversized, 1 queued", got)
	}
}

// TestArrived: a frame counts from when the kernel stamped it, unless the
// clocks do not fit together.
func TestArrived(t *testing.T) {
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
		if got := received(100, read.Add(-tt.age)).arrived(origin, read); got != tt.want {
			t.Errorf("stamped %v before it was read: %v, want %v", tt.age, got, tt.want)
		}
	}
}
