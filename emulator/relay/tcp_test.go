//go:build linux

package relay_test

import (
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/relay"
	"github.com/testbed/testbed/emulator/unit"
)

// newHosts makes two hosts with IP, in namespaces of their own, and a relay
// between them. The function in runs f in the namespace of left or right.
func newHosts(t testing.TB) (r *relay.Relay, inLeft, inRight func(f func())) {
	t.Helper()
	relay.NeedWorld(t)
	inLeft = newNamespace(t, "left", "a", "10.0.0.1/24")
	inRight = newNamespace(t, "right", "b", "10.0.0.2/24")
	r, err := relay.Open("a", "b")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, inLeft, inRight
}

// newNamespace makes a namespace in which the interface outer has that address
// and is connected to inner in this one. The function it returns runs another
// there, on a thread that ends with it.
func newNamespace(t testing.TB, outer, inner, address string) func(func()) {
	t.Helper()
	quiet(t)
	var ns netns.NsHandle
	onThread(func() {
		var err error
		if ns, err = netns.New(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { ns.Close() })
	in := func(f func()) {
		onThread(func() {
			if err := netns.Set(ns); err != nil {
				t.Error(err)
				return
			}
			f()
		})
	}
	veth(t, outer, inner, int(ns))
	in(func() {
		quiet(t)
		l, err := netlink.LinkByName(outer)
		if err != nil {
			t.Error(err)
			return
		}
		addr, _ := netlink.ParseAddr(address)
		if err := netlink.AddrAdd(l, addr); err != nil {
			t.Error(err)
		}
		if err := offloadsOff(outer); err != nil {
			t.Error(err)
		}
		if err := netlink.LinkSetUp(l); err != nil {
			t.Error(err)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	return in
}

// onThread runs f on a thread that ends with it.
func onThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		f()
	}()
	<-done
}

// connect opens a TCP connection from left to right.
func connect(t testing.TB, inLeft, inRight func(func())) (client, server net.Conn) {
	t.Helper()
	var listener net.Listener
	var err error
	inRight(func() { listener, err = net.Listen("tcp4", "10.0.0.2:5000") })
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	inLeft(func() { client, err = net.DialTimeout("tcp4", "10.0.0.2:5000", 10*time.Second) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

// TestGoodput holds TCP through a link to R · 1448/1514: 1448 bytes of payload
// in each full frame.
func TestGoodput(t *testing.T) {
	r, inLeft, inRight := newHosts(t)
	const rate = 20 * unit.Mbps
	r.Set(emulator.Link{Rate: rate, Delay: 5 * ms, Queue: 100 * 1514}, emulator.Link{Delay: 5 * ms}, 1)
	client, server := connect(t, inLeft, inRight)
	go func() {
		chunk := make([]byte, 1448)
		for {
			if _, err := client.Write(chunk); err != nil {
				return
			}
		}
	}()
	// The queue is full after the first 300 kB; then 1.5 MB take 0.6 s.
	if _, err := io.CopyN(io.Discard, server, 300_000); err != nil {
		t.Fatal(err)
	}
	const n unit.Bytes = 1_500_000
	start := time.Now()
	if _, err := io.CopyN(io.Discard, server, int64(n)); err != nil {
		t.Fatal(err)
	}
	got, want := unit.Over(n, time.Since(start)), float64(rate)*1448/1514
	t.Logf("%v, want %.0f: %+.2f %%", got, want, 100*(float64(got)/want-1))
	s, _ := r.Stats()
	t.Logf("%+v", s)
	// What the reader was late by lets it see more in less time, and so does
	// a busy machine the other way round.
	if float64(got) > 1.05*want || float64(got) < 0.7*want {
		t.Errorf("goodput %v, want %.0f", got, want)
	}
	if s.Oversized+s.Unfinished+s.Missed+s.Failed != 0 {
		t.Errorf("%+v; want no frame oversized, unfinished, missed or failed", s)
	}
}

// BenchmarkTCP is what passes through a relay of perfect links, at most.
func BenchmarkTCP(b *testing.B) {
	r, inLeft, inRight := newHosts(b)
	client, server := connect(b, inLeft, inRight)
	const chunk = 64 << 10
	go func() {
		data := make([]byte, chunk)
		for {
			if _, err := client.Write(data); err != nil {
				return
			}
		}
	}()
	b.SetBytes(chunk)
	for b.Loop() {
		if _, err := io.CopyN(io.Discard, server, chunk); err != nil {
			b.Fatal(err)
		}
	}
	s, _ := r.Stats()
	b.ReportMetric(float64(s.Packets)/b.Elapsed().Seconds(), "frames/s")
	b.ReportMetric(float64(s.LagP99)/1e3, "µs-lag-p99")
	b.ReportMetric(float64(s.Missed+s.Failed+s.Oversized+s.Unfinished), "bad")
}
