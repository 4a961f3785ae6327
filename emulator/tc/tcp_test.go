//go:build linux

package tc

import (
	"io"
	"math"
	"net"
	"os"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/thread"
	"github.com/testbed/testbed/emulator/unit"
)

// connected runs f with both ends of a TCP connection: from an address on a to
// one on b, which is in a namespace of its own. Segments leave one by one.
func connected(t *testing.T, f func(t *testing.T, from, to net.Conn)) {
	t.Helper()
	inNamespace(t, func(t *testing.T) {
		a, err := netlink.LinkByName("a")
		must(t, err)
		must(t, netlink.LinkSetGSOMaxSegs(a, 1))
		address(t, "a", "10.0.0.1/24")
		space, moved, accepted := make(chan *os.File), make(chan bool), make(chan net.Conn)
		go thread.ThrowAway(func() {
			defer close(accepted)
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				t.Error(err)
				close(space)
				return
			}
			self, err := os.Open("/proc/thread-self/ns/net")
			if err != nil {
				t.Error(err)
			}
			space <- self
			<-moved
			address(t, "b", "10.0.0.2/24")
			l, err := net.Listen("tcp4", "10.0.0.2:1")
			if err != nil {
				t.Error(err)
				return
			}
			defer l.Close()
			accepted <- nil // it listens
			conn, err := l.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			accepted <- conn
		})
		there, ok := <-space
		if !ok {
			return
		}
		defer there.Close()
		b, err := netlink.LinkByName("b")
		must(t, err)
		must(t, netlink.LinkSetNsFd(b, int(there.Fd())))
		moved <- true
		<-accepted
		from, err := net.Dial("tcp4", "10.0.0.2:1")
		must(t, err)
		defer from.Close()
		to := <-accepted
		defer to.Close()
		f(t, from, to)
	})
}

func address(t *testing.T, name, addr string) {
	link, err := netlink.LinkByName(name)
	must(t, err)
	parsed, err := netlink.ParseAddr(addr)
	must(t, err)
	must(t, netlink.AddrAdd(link, parsed))
	must(t, netlink.LinkSetUp(link))
}

// oneShot sends n bytes and returns how long it takes until the last is there,
// and the time from the skipped'th byte on.
func oneShot(t *testing.T, from, to net.Conn, n, skip int) (all, rest time.Duration) {
	t.Helper()
	begin := time.Now()
	go func() {
		if _, err := from.Write(make([]byte, n)); err != nil {
			t.Error(err)
		}
	}()
	if _, err := io.CopyN(io.Discard, to, int64(skip)); err != nil {
		t.Error(err)
	}
	middle := time.Now()
	if _, err := io.CopyN(io.Discard, to, int64(n-skip)); err != nil {
		t.Error(err)
	}
	return time.Since(begin), time.Since(middle)
}

// TestNetemTCP: the goodput of a link of rate R is R·1448/1514 (reference F1),
// and n bytes on a connection in use take d + 8·(n + 66·⌈n/1448⌉)/R (F2).
func TestNetemTCP(t *testing.T) {
	need(t, "netem")
	connected(t, func(t *testing.T, from, to net.Conn) {
		must(t, Apply("a", emulator.Link{Rate: 8 * unit.Mbps, Delay: 5 * ms}))
		const n, skip = 600_000, 150_000 // slow start
		var off float64
		for range 5 {
			_, rest := oneShot(t, from, to, n, skip)
			got, want := float64(n-skip)*8/rest.Seconds()/1e6, 8*1448.0/1514
			t.Logf("%.3f Mbit/s of goodput, want %.3f", got, want)
			if off = got/want - 1; math.Abs(off) <= 0.01 {
				break
			}
		}
		if math.Abs(off) > 0.03 {
			t.Errorf("goodput is off by %.1f %%", off*100)
		}
		for _, tt := range []struct {
			link emulator.Link
			n    int
		}{
			{emulator.Link{Rate: unit.Mbps}, 1_000}, // 8.5 ms
			{emulator.Link{Rate: unit.Mbps}, 20_000},
			{emulator.Link{Rate: 10 * unit.Mbps, Delay: 20 * ms}, 10_000},
			{emulator.Link{Rate: 20 * unit.Mbps}, 100_000},
		} {
			must(t, Apply("a", tt.link))
			segments := (tt.n + 1447) / 1448
			want := tt.link.Delay + tt.link.Rate.TimeToSend(unit.Bytes(tt.n+66*segments))
			late := time.Duration(math.MaxInt64)
			for n := 0; n < 10 && late > max(want/50, ms); n++ {
				took, _ := oneShot(t, from, to, tt.n, 0)
				late = min(late, took-want)
			}
			t.Logf("%d bytes at %v: %v, %v late", tt.n, tt.link.Rate, want, late)
			if late < -early50 || late > max(want/50, 10*ms) {
				t.Errorf("%d bytes at %v: %v late of %v", tt.n, tt.link.Rate, late, want)
			}
		}
	})
}
