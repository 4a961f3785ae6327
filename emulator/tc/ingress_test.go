//go:build linux

package tc

import (
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// names returns the interfaces of the namespace.
func names(t *testing.T) (all []string) {
	t.Helper()
	links, err := netlink.LinkList()
	must(t, err)
	for _, l := range links {
		all = append(all, l.Attrs().Name)
	}
	slices.Sort(all)
	return all
}

// filters returns how many qdiscs of what arrives b has.
func filters(t *testing.T, ifname string) (n int) {
	t.Helper()
	k, err := openKernel(ifname)
	must(t, err)
	defer k.close()
	all, err := k.objects()
	must(t, err)
	for _, o := range all {
		if o.Options != nil && o.Options.Kind() == "ingress" {
			n++
		}
	}
	return n
}

// TestIngress: what arrives at b is slowed, and nothing is left after.
func TestIngress(t *testing.T) {
	need(t, "ifb", "ingress", "htb")
	inNamespace(t, func(t *testing.T) {
		before := names(t)
		c := newCable(t)
		l := emulator.Link{Rate: 2 * unit.Mbps, Queue: 200 * 1514}
		undo, err := Ingress("b", l)
		must(t, err)
		begins := c.sendAll(40, 1514, 0)
		all := c.receive(300 * ms)
		if len(all) != 40 {
			t.Fatalf("%d of 40 arrived", len(all))
		}
		// 40 frames take 242 ms, less what a bucket is early: two frames.
		took := all[39].at - begins[0]
		if least := l.Rate.TimeToSend(40*1514 - burst(l.Rate) - frame); took < least-ms || took > least+200*ms {
			t.Errorf("40 frames took %v, want at least %v", took, least)
		}
		if _, err := Ingress("b", l); err == nil || !strings.Contains(err.Error(), "tc qdisc del dev b ingress") {
			t.Errorf("a second one: %v, want what to do", err)
		}
		if n := filters(t, "b"); n != 1 {
			t.Errorf("%d qdiscs of what arrives after a second one was refused, want the first", n)
		}
		must(t, undo())
		if after := names(t); !slices.Equal(before, after) || filters(t, "b") != 0 {
			t.Errorf("left behind: %v, %d filters", after, filters(t, "b"))
		}
		begins = c.sendAll(40, 1514, 0)
		if all := c.receive(100 * ms); len(all) != 40 || all[39].at-begins[0] > 150*ms {
			t.Errorf("%d of 40 arrived after it was undone", len(all))
		}
	})
}

// TestIngressLeftovers: those of a process that died can be cleared; filters
// that are not ours stay.
func TestIngressLeftovers(t *testing.T) {
	need(t, "ifb", "ingress", "htb")
	inNamespace(t, func(t *testing.T) {
		before := names(t)
		_, err := Ingress("b", emulator.Link{Rate: 50 * unit.Mbps})
		must(t, err)
		for range 2 { // the second time there is none
			must(t, ClearIngress("b"))
		}
		if after := names(t); !slices.Equal(before, after) || filters(t, "b") != 0 {
			t.Errorf("left behind: %v, %d filters", after, filters(t, "b"))
		}
		must(t, Redirect("b", "a"))
		if _, err := Ingress("b", emulator.Link{Rate: 50 * unit.Mbps}); err == nil {
			t.Error("in place of someone else's filters")
		}
		if filters(t, "b") != 1 {
			t.Error("someone else's filters are gone")
		}
		if after := names(t); !slices.Equal(before, after) {
			t.Errorf("left behind: %v", after)
		}
		must(t, ClearIngress("b"))
		if filters(t, "b") != 1 {
			t.Error("someone else's filters are gone")
		}
	})
}

// TestIngressFromOne: only what one address sends is slowed. The frames here
// are IPv4 packets of two senders.
func TestIngressFromOne(t *testing.T) {
	need(t, "ifb", "ingress", "htb")
	inNamespace(t, func(t *testing.T) {
		c := newCable(t)
		link, err := netlink.LinkByName("b")
		must(t, err)
		const network = uint16(0x0008) // ETH_P_IP, 0x0800, in the order of the network
		must(t, unix.Bind(c.rx, &unix.SockaddrLinklayer{Protocol: network, Ifindex: link.Attrs().Index}))
		undo, err := IngressFrom("b", netip.MustParseAddr("10.0.0.2"), emulator.Link{Rate: 100 * unit.Kbps}, Options{})
		must(t, err)
		for range 20 {
			for _, sender := range []byte{2, 3} {
				frame := makeFrame(0, 1514)
				// Version and length, and the source at byte 12; the rest of an IPv4
				// header does not matter here, the number of the frame does.
				copy(frame[12:], "\x08\x00\x45\x00\x05\xdc")
				frame[17] = sender
				copy(frame[26:], []byte{10, 0, 0, sender})
				must(t, unix.Send(c.tx, frame, 0))
			}
		}
		seen := map[int]int{}
		time.Sleep(400 * ms)
		for _, a := range c.receive(10 * ms) {
			seen[a.index&0xff]++
		}
		// At 100 kbit/s a frame takes 121 ms; a bucket lets two pass at once.
		if seen[3] != 20 || seen[2] < 1 || seen[2] > 15 {
			t.Errorf("%d of 20 from 10.0.0.2 arrived, want few; and %d of 20 from 10.0.0.3", seen[2], seen[3])
		}
		must(t, undo())
	})
}

// TestPlayerStaysInItsNamespace: a Player goes on in the namespace in which it
// was made, whatever its caller does.
func TestPlayerStaysInItsNamespace(t *testing.T) {
	need(t, "htb")
	inNamespace(t, func(t *testing.T) {
		home, err := os.Open("/proc/thread-self/ns/net")
		must(t, err)
		defer home.Close()
		p, err := Play("a", emulator.Link{Rates: once(1e6, 2e6)}, 0)
		must(t, err)
		must(t, unix.Unshare(unix.CLONE_NEWNET))
		runtime.Gosched()
		time.Sleep(150 * ms)
		if s := p.Stats(); s.Done != 1 || s.Errors != 0 {
			t.Errorf("%+v, want one step", s)
		}
		must(t, unix.Setns(int(home.Fd()), unix.CLONE_NEWNET))
		must(t, Verify("a", emulator.Link{Rates: once(2e6)}))
		must(t, p.Close())
	})
}
