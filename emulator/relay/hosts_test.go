//go:build linux

package relay_test

import (
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/relay"
)

// A kind of world is what the relay is between: two pairs of veth, with packet
// sockets on their near ends, or two TUN devices; with offloads or without.
type kind struct {
	name         string
	tun, offload bool
}

// kinds are all of them.
var kinds = []kind{
	{"packet", false, false},
	{"packet with offload", false, true},
	{"TUN", true, false},
	{"TUN with offload", true, true},
}

// forEach runs a test in a world of each kind.
func forEach(t *testing.T, test func(t *testing.T, k kind)) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) { test(t, k) })
	}
}

// hosts are two with IP, in namespaces of their own, and a relay between them.
type hosts struct {
	relay       *relay.Relay
	left, right func(f func()) // runs f in the namespace
}

// newHosts makes hosts that end with the test: left is 10.0.0.1, right 10.0.0.2.
// They say nothing that they are not told to.
func newHosts(t testing.TB, k kind) *hosts {
	t.Helper()
	relay.NeedWorld(t)
	var h hosts
	var nearLeft, nearRight *os.File
	h.left, nearLeft = newHostNamespace(t, k, "left", "a", 1)
	h.right, nearRight = newHostNamespace(t, k, "right", "b", 2)
	var err error
	o := relay.Options{Offload: k.offload}
	if k.tun {
		h.relay, err = relay.OpenTUN(nearLeft, nearRight, o)
	} else {
		h.relay, err = relay.OpenWith("a", "b", o)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.relay.Close() })
	return &h
}

// newHostNamespace makes a namespace with an interface called outer, and
// returns what runs functions there, and the file of a TUN device. Without one
// the interface is one end of a pair, of which inner is in this namespace.
func newHostNamespace(t testing.TB, k kind, outer, inner string, number byte) (in func(func()), file *os.File) {
	t.Helper()
	quiet(t)
	in, ns := newNamespace(t)
	if k.tun {
		in(func() { file = newTUN(t, outer) })
	} else {
		veth(t, outer, inner, ns, !k.offload)
	}
	in(func() {
		if _, err := net.InterfaceByName(outer); err != nil {
			t.Error(err)
			return
		}
		quiet(t)
		setUpHost(t, outer, number)
	})
	if t.Failed() {
		t.FailNow()
	}
	return in, file
}

// setUpHost brings the interface of a host up, with its address and that of
// the other, so that nobody asks for it in between.
func setUpHost(t testing.TB, name string, number byte) {
	t.Helper()
	l, err := netlink.LinkByName(name)
	if err != nil {
		t.Error(err)
		return
	}
	if hasMAC(l) {
		if err := netlink.LinkSetHardwareAddr(l, mac(number)); err != nil {
			t.Error(err)
		}
	}
	if err := netlink.LinkSetUp(l); err != nil {
		t.Error(err)
	}
	address(t, l, net.IPv4(10, 0, 0, number).To4(), net.IPv4(10, 0, 0, 3-number).To4(), number)
}

// address gives an interface its own address and that of the other host.
func address(t testing.TB, l netlink.Link, own, other net.IP, number byte) {
	t.Helper()
	bits := 8 * len(own)
	addr := &netlink.Addr{IPNet: &net.IPNet{IP: own, Mask: net.CIDRMask(bits-8, bits)}}
	if len(own) == net.IPv6len {
		addr.Flags = unix.IFA_F_NODAD
	}
	if err := netlink.AddrAdd(l, addr); err != nil {
		t.Errorf("%s: %v", own, err)
	}
	if !hasMAC(l) {
		return
	}
	n := &netlink.Neigh{LinkIndex: l.Attrs().Index, State: netlink.NUD_PERMANENT, IP: other, HardwareAddr: mac(3 - number)}
	if err := netlink.NeighSet(n); err != nil {
		t.Errorf("neighbour %s: %v", other, err)
	}
}

// addIPv6 gives both hosts such addresses, fd00::1 and fd00::2, and with them
// frames that the kernel sends of its own.
func (h *hosts) addIPv6(t testing.TB) {
	for i, name := range []string{"left", "right"} {
		number := byte(i + 1)
		[]func(func()){h.left, h.right}[i](func() {
			if err := os.WriteFile("/proc/sys/net/ipv6/conf/"+name+"/disable_ipv6", []byte("0"), 0); err != nil {
				t.Error(err)
				return
			}
			l, err := netlink.LinkByName(name)
			if err != nil {
				t.Error(err)
				return
			}
			address(t, l, net.IP{0xfd, 15: number}, net.IP{0xfd, 15: 3 - number}, number)
		})
	}
}

func hasMAC(l netlink.Link) bool { return len(l.Attrs().HardwareAddr) > 0 }

// mac is the address of a host.
func mac(number byte) net.HardwareAddr { return net.HardwareAddr{2, 0, 0, 0, 0, number} }

// newTUN makes a TUN device where the caller is.
func newTUN(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := relay.CreateTUN(name)
	if err != nil {
		t.Error(err)
		runtime.Goexit()
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// newNamespace makes a network namespace, and returns it with what runs a
// function there, on a thread that ends with it.
func newNamespace(t testing.TB) (in func(func()), handle int) {
	t.Helper()
	var ns netns.NsHandle
	onThread(func() {
		var err error
		if ns, err = netns.New(); err != nil {
			t.Error(err)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	t.Cleanup(func() { ns.Close() })
	return func(f func()) {
		onThread(func() {
			if err := netns.Set(ns); err != nil {
				t.Error(err)
				return
			}
			f()
		})
	}, int(ns)
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

// connect opens a TCP connection from left to the address of right.
func (h *hosts) connect(t testing.TB, address string) (client, server net.Conn) {
	t.Helper()
	var listener net.Listener
	var err error
	h.right(func() { listener, err = net.Listen("tcp", address) })
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	h.left(func() { client, err = net.DialTimeout("tcp", address, 10*time.Second) })
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

// checkClean fails the test unless all that arrived was carried as it should.
func checkClean(t *testing.T, s relay.Stats) {
	t.Helper()
	if s.Oversized+s.Unfinished+s.Missed+s.Failed != 0 {
		s.Lag = nil
		t.Errorf("%+v; want no frame oversized, unfinished, missed or failed", s)
	}
}
