//go:build linux

package relay

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
)

// loopback opens two ports on the loopback interface: what one sends, the
// other receives.
func loopback(t testing.TB) (from, to *packetPort) {
	t.Helper()
	NeedWorld(t)
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		t.Fatal(err)
	}
	var ports [2]*packetPort
	for i := range ports {
		if ports[i], err = openPacket("lo", false); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ports[i].close() })
	}
	return ports[0], ports[1]
}

// numbered is a frame that nobody answers, with a number in it.
func numbered(i int) []byte {
	f := make([]byte, 60)
	f[12], f[13] = 0x88, 0xb5 // IEEE: for experiments
	binary.BigEndian.PutUint32(f[14:], uint32(i))
	return f
}

func sendNumbered(t testing.TB, p *packetPort, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if _, err := unix.Write(p.socket, numbered(i)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRingGoesRound: a ring that nobody reads keeps its 4096 frames and counts
// those after; when it has been read it takes more, from the start again.
func TestRingGoesRound(t *testing.T) {
	from, to := loopback(t)
	sendNumbered(t, from, 0, ringFrames+100)
	if got := to.takeDrops(); got != 100 {
		t.Errorf("%d frames dropped, want 100", got)
	}
	if got := to.takeDrops(); got != 0 {
		t.Errorf("%d frames dropped since, want none", got)
	}
	read := func(i int) {
		t.Helper()
		var f frame
		ok := to.receive(&f, time.Time{}, time.Time{})
		if !ok || !bytes.Equal(f.data, numbered(i)) {
			t.Fatalf("frame %d: %v, %x", i, ok, f.data)
		}
		to.release()
	}
	for i := range ringFrames {
		read(i)
	}
	for i := range 3 * ringFrames {
		sendNumbered(t, from, i, i+1)
		read(i)
	}
	var f frame
	if to.receive(&f, time.Time{}, time.Time{}) {
		t.Errorf("one frame more: %x", f.data)
	}
}

// TestLateThread: a thread that gets to a frame late pushes it as of when it
// came in, so that what it is late by is not added to the link.
func TestLateThread(t *testing.T) {
	from, to := loopback(t)
	s := newSetting(emulator.Link{Delay: time.Second}, nil, time.Now(), 0)
	d := &direction{in: to, wait: newQueue(1)}
	before := time.Since(s.origin)
	sendNumbered(t, from, 0, 1)
	after := time.Since(s.origin)
	time.Sleep(100 * time.Millisecond)
	if n := d.receive(s, time.Now()); n != 1 {
		t.Fatalf("%d frames, want 1", n)
	}
	// The wall clock and the monotonic one are read one after the other.
	const slack = 5 * time.Millisecond
	due, _ := d.wait.next()
	if at := due - time.Second; at < before-slack || at > after+slack {
		t.Errorf("pushed as of %v, sent %v to %v", at, before, after)
	}
}

// TestWriteTag puts a tag back where it was.
func TestWriteTag(t *testing.T) {
	f := &frame{data: numbered(7), length: 60, tag: tag{unix.ETH_P_8021AD, 0x202a}}
	var room [slot]byte
	n := f.write(room[:])
	want := bytes.Join([][]byte{f.data[:12], {0x88, 0xa8, 0x20, 0x2a}, f.data[12:]}, nil)
	if diff := cmp.Diff(want, room[:n]); diff != "" || f.size() != 64 {
		t.Errorf("size %d; written (-want +got):\n%s", f.size(), diff)
	}
}

// TestShownTag reads a tag as the kernel shows it.
func TestShownTag(t *testing.T) {
	s := shown{header: &unix.Tpacket2Hdr{Vlan_tci: 0x202a, Vlan_tpid: unix.ETH_P_8021AD}}
	for _, tt := range []struct {
		status uint32
		want   tag
	}{
		{0, tag{}},
		{unix.TP_STATUS_VLAN_VALID, tag{0x8100, 0x202a}}, // an old kernel: it must be 802.1Q
		{unix.TP_STATUS_VLAN_VALID | unix.TP_STATUS_VLAN_TPID_VALID, tag{0x88a8, 0x202a}},
	} {
		s.status = tt.status
		if got := s.tag(); got != tt.want {
			t.Errorf("status %#x: tag %#x, want %#x", tt.status, got, tt.want)
		}
	}
}
