//go:build linux

package relay

import (
	"net"
	"os"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// TestTUNDrops: a device that nobody reads keeps 4096 packets, and those after
// are counted once, wherever it was moved to and however it is called there.
func TestTUNDrops(t *testing.T) {
	NeedWorld(t)
	f, err := CreateTUN("before")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := openTUN(f, false)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	l, err := netlink.LinkByName("before")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	go func() { // on a thread that ends with it
		defer close(done)
		here, err := netns.Get()
		if err != nil {
			t.Error(err)
			return
		}
		defer here.Close()
		runtime.LockOSThread()
		there, err := netns.New()
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(func() { there.Close() }) // with it the device ends
		moveAndFill(t, l, here, there)
	}()
	<-done
	if got := p.takeDrops(); got != 100 {
		t.Errorf("%d drops, want 100", got)
	}
	if got := p.takeDrops(); got != 0 {
		t.Errorf("%d drops since, want none", got)
	}
	p.discard()
	if n := p.read(); n != 0 {
		t.Errorf("after discard a packet of %d bytes", n)
	}
}

// moveAndFill moves a TUN device to the thread's namespace there, and sends
// 4196 packets to it.
func moveAndFill(t *testing.T, l netlink.Link, here, there netns.NsHandle) {
	in, err := netlink.NewHandleAt(here)
	if err != nil {
		t.Error(err)
		return
	}
	defer in.Close()
	if err := in.LinkSetNsFd(l, int(there)); err != nil {
		t.Error(err)
		return
	}
	// So that the kernel sends nothing of its own.
	os.WriteFile("/proc/sys/net/ipv6/conf/all/disable_ipv6", []byte("1"), 0)
	if l, err = netlink.LinkByName("before"); err != nil {
		t.Error(err)
		return
	}
	addr, _ := netlink.ParseAddr("10.9.0.1/24")
	for _, err := range []error{
		netlink.LinkSetName(l, "after"), netlink.AddrAdd(l, addr), netlink.LinkSetUp(l),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	c, err := net.Dial("udp4", "10.9.0.2:9")
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	for range tunQueue + 100 {
		c.Write([]byte("x"))
	}
}
