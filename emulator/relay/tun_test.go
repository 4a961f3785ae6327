//go:build linux

package relay_test

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/relay"
)

// udpFrom sends n datagrams of 100 bytes from left to right.
func (h *hosts) udpFrom(t *testing.T, n int) {
	t.Helper()
	h.left(func() {
		c, err := net.Dial("udp4", "10.0.0.2:9")
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		for range n {
			c.Write(make([]byte, 100))
		}
	})
}

// TestTUNCounts the Ethernet header that packets lack: 100 + 8 + 20 + 14.
func TestTUNCounts(t *testing.T) {
	h := newHosts(t, kind{tun: true})
	// 142 bytes take 1 ms, so that ten take 10 ms.
	h.relay.Set(emulator.Link{Rate: 142 * 8 * 1000}, emulator.Link{}, 1)
	start := time.Now()
	h.udpFrom(t, 10)
	eventually(t, "ten packets are through", func() bool {
		s, _ := h.relay.Stats()
		return s.Packets == 10
	})
	if took := time.Since(start); took < 10*ms {
		t.Errorf("took %v, want 10 ms", took)
	}
	if s, _ := h.relay.Stats(); s.Bytes != 1420 {
		t.Errorf("%d bytes, want 1420", s.Bytes)
	}
}

// TestTUNSetDiscards what came before: under a link that nothing leaves.
func TestTUNSetDiscards(t *testing.T) {
	h := newHosts(t, kind{tun: true})
	h.relay.Set(emulator.Link{Delay: time.Hour}, emulator.Link{}, 1)
	h.udpFrom(t, 10)
	h.relay.Set(emulator.Link{}, emulator.Link{}, 1)
	h.udpFrom(t, 1)
	eventually(t, "one packet is through", func() bool {
		s, _ := h.relay.Stats()
		return s.Packets > 0
	})
	if s, _ := h.relay.Stats(); s.Packets != 1 || s.Queued != 0 {
		t.Errorf("%+v; want 1 packet", s)
	}
}

// TestTUNGone: the threads of devices that are deleted neither spin nor hang,
// and packets to them fail.
func TestTUNGone(t *testing.T) {
	h := newHosts(t, kind{tun: true})
	h.right(func() {
		l, err := netlink.LinkByName("right")
		if err != nil {
			t.Error(err)
			return
		}
		if err := netlink.LinkDel(l); err != nil {
			t.Error(err)
		}
	})
	cpu := func() time.Duration {
		var r syscall.Rusage
		syscall.Getrusage(syscall.RUSAGE_SELF, &r)
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	before := cpu()
	time.Sleep(300 * ms)
	if took := cpu() - before; took > 150*ms {
		t.Errorf("%v of CPU in 300 ms", took)
	}
	h.udpFrom(t, 1)
	eventually(t, "the packet failed", func() bool {
		s, _ := h.relay.Stats()
		return s.Failed == 1
	})
}

// TestCreateTUN makes a device with a long queue, which ends with its file.
func TestCreateTUN(t *testing.T) {
	relay.NeedWorld(t)
	f, err := relay.CreateTUN("tun%d")
	if err != nil {
		t.Fatal(err)
	}
	l, err := netlink.LinkByName("tun0")
	if err != nil || l.Attrs().TxQLen != 4096 {
		t.Errorf("%v, %v; want a queue of 4096", l, err)
	}
	if _, err := relay.CreateTUN("tun0"); err == nil || err.Error() != "TUN tun0: make: device or resource busy" {
		t.Errorf("a second one: %v", err)
	}
	const long = "a-name-that-is-too-long"
	if _, err := relay.CreateTUN(long); err == nil || err.Error() != "TUN "+long+": interface name: invalid argument" {
		t.Errorf("a long name: %v", err)
	}
	f.Close()
	if _, err := netlink.LinkByName("tun0"); err == nil {
		t.Error("the device is still there")
	}
}

func TestOpenTUNErrors(t *testing.T) {
	relay.NeedWorld(t)
	good, err := relay.CreateTUN("good")
	if err != nil {
		t.Fatal(err)
	}
	defer good.Close()
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	tap := tunWith(t, "tap", unix.IFF_TAP|unix.IFF_NO_PI|unix.IFF_VNET_HDR)
	plain := tunWith(t, "plain", unix.IFF_TUN|unix.IFF_NO_PI)
	for _, tt := range []struct {
		a, b *os.File
		want string
	}{
		{good, null, "relay TUN /dev/null: not a TUN device: "},
		{tap, good, "relay TUN tap: flags 0x5002: want a device with IFF_TUN, IFF_NO_PI and IFF_VNET_HDR"},
		{good, plain, "relay TUN plain: flags 0x1001: want a device with IFF_TUN, IFF_NO_PI and IFF_VNET_HDR"},
	} {
		r, err := relay.OpenTUN(tt.a, tt.b, relay.Options{})
		if err == nil {
			r.Close()
		}
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("OpenTUN(%s, %s) = %v, want %s", tt.a.Name(), tt.b.Name(), err, tt.want)
		}
		if errors.Is(err, emulator.ErrUnsupported) {
			t.Errorf("%v is called unsupported", err)
		}
	}
}

// tunWith opens a device with those flags.
func tunWith(t *testing.T, name string, flags uint16) *os.File {
	t.Helper()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), name)
	t.Cleanup(func() { f.Close() })
	req, _ := unix.NewIfreq(name)
	req.SetUint16(flags)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		t.Fatal(err)
	}
	return f
}
