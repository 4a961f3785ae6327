//go:build linux

package relay_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/relay"
	"github.com/testbed/testbed/emulator/unit"
)

// all has every box of a Link in use, though none that drops for lack of time
// or room: what does depends on when packets come, which no seed decides.
var all = emulator.Link{
	Loss: 0.1, LossBurst: 3,
	Queue: 4 << 20, CoDel: &emulator.CoDel{Target: time.Second, Interval: time.Second},
	Rate: 200 * unit.Mbps, Layer: emulator.IP,
	Outages:     []emulator.Outage{{From: 20 * ms, To: 25 * ms, Every: 100 * ms}},
	IdlePenalty: ms, IdleAfter: ms,
	Delay: 20 * ms, Jitter: 5 * ms, JitterShape: emulator.Normal, Unordered: true,
	Reorder: 0.1, Duplicate: 0.1, Corrupt: 0.2,
}

// words is how many times a datagram says its number.
const words = 250

// arrived is how a datagram came: how often, and with which bit flipped,
// from the start of the payload; -1 for none.
type arrived struct{ copies, bit int }

// TestFatesRepeat: which of 1000 datagrams are lost, doubled or corrupted, and
// in which bit, is the same in two runs of one seed and what a Shaper says,
// from end to end; another seed has others.
func TestFatesRepeat(t *testing.T) {
	const n = 1000
	forEach(t, func(t *testing.T, k kind) {
		h := newHosts(t, k)
		run := func(seed uint64) (map[int]arrived, relay.Stats) {
			h.relay.Set(all, emulator.Link{}, seed)
			got := h.datagrams(t, n)
			s, _ := h.relay.Stats()
			s.LagP50, s.LagP99, s.LagMax, s.Lag, s.Clock, s.Zero = 0, 0, 0, nil, 0, time.Time{}
			return got, s
		}
		first, stats := run(7)
		want, wantStats := expected(n, 7)
		if diff := cmp.Diff(wantStats, stats); diff != "" {
			t.Fatalf("counts (-Shaper +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, first, cmp.AllowUnexported(arrived{})); diff != "" {
			t.Errorf("fates (-Shaper +got):\n%s", diff)
		}
		second, _ := run(7)
		if diff := cmp.Diff(first, second, cmp.AllowUnexported(arrived{})); diff != "" {
			t.Errorf("fates of two runs (-first +second):\n%s", diff)
		}
		if other, _ := run(8); cmp.Equal(first, other, cmp.AllowUnexported(arrived{})) {
			t.Error("another seed has the same fates")
		}
	})
}

// expected is what becomes of n datagrams by the Shaper. Those with a bit
// flipped in the headers of IP and UDP do not count as received.
func expected(n int, seed uint64) (map[int]arrived, relay.Stats) {
	const size unit.Bytes = 14 + 20 + 8 + 4*words
	shaper := twin(all, seed)
	got := map[int]arrived{}
	var s relay.Stats
	for i := range n {
		_, fate := shaper.Push(time.Duration(i)*ms, size)
		if !fate.Arrives() {
			s.Lost++
			continue
		}
		s.Packets++
		s.Bytes += size
		a := arrived{copies: 1, bit: -1}
		if fate&emulator.Duplicated != 0 {
			s.Duplicated++
			a.copies = 2
		}
		if fate&emulator.Corrupted != 0 {
			s.Corrupted++
			if a.bit = int(shaper.Bit(size)) - 8*(20+8); a.bit < 0 {
				continue
			}
		}
		got[i] = a
	}
	return got, s
}

// datagrams sends n of them from left to right, without checksum, and says
// which came.
func (h *hosts) datagrams(t *testing.T, n int) map[int]arrived {
	t.Helper()
	var from, to int
	h.left(func() { from = udp(t, 1) })
	h.right(func() { to = udp(t, 2) })
	defer unix.Close(from)
	defer unix.Close(to)
	unix.SetsockoptInt(from, unix.SOL_SOCKET, unix.SO_NO_CHECK, 1)
	tv := unix.NsecToTimeval(int64(late / 2))
	unix.SetsockoptTimeval(to, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for i := range n {
			p := make([]byte, 4*words)
			for w := range words {
				binary.BigEndian.PutUint32(p[4*w:], uint32(i))
			}
			unix.Sendto(from, p, 0, &unix.SockaddrInet4{Addr: [4]byte{10, 0, 0, 2}, Port: 5000})
			if i%10 == 9 { // or the receiver's buffer would overflow
				time.Sleep(ms)
			}
		}
	}()
	got := map[int]arrived{}
	p := make([]byte, 2000)
	for {
		size, source, err := unix.Recvfrom(to, p, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil { // nothing for a while
			select {
			case <-sent:
				return got
			default:
				continue
			}
		}
		if by, ok := source.(*unix.SockaddrInet4); !ok || by.Port != 5000 || size != 4*words {
			continue // its UDP header was hit
		}
		i, bit := vote(p)
		a, again := got[i]
		if again && a.bit != bit {
			t.Errorf("datagram %d has bit %d flipped once and bit %d once", i, a.bit, bit)
		}
		got[i] = arrived{a.copies + 1, bit}
	}
}

// vote returns the number that a datagram says most often, and the first bit
// of another, -1 for none.
func vote(p []byte) (number, bit int) {
	word := func(i int) uint32 { return binary.BigEndian.Uint32(p[4*i:]) }
	is := word(0)
	if is != word(1) && is != word(2) {
		is = word(1)
	}
	for b := range 32 * words {
		want := byte(is >> (24 - 8*(b/8%4)))
		if (p[b/8]^want)>>(b%8)&1 != 0 {
			return int(is), b
		}
	}
	return int(is), -1
}

// udp opens a socket at port 5000 of host number.
func udp(t *testing.T, number byte) int {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Error(err)
		return -1
	}
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{10, 0, 0, number}, Port: 5000}); err != nil {
		t.Error(err)
	}
	return fd
}
