//go:build linux

package tc

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/thread"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

const ms = time.Millisecond

// need skips t on a machine that lacks one of kinds, or where tests have not
// the right to find out (see needs).
func need(t *testing.T, kinds ...string) {
	t.Helper()
	needs.Probed(t, func(kind string) error {
		err := Probe(kind)
		if errors.Is(err, unix.EPERM) {
			err = fmt.Errorf("%w: %w", emulator.ErrUnsupported, err)
		}
		return err
	}, kinds...)
}

// inNamespace runs f in a network namespace of its own, with a pair of
// interfaces, a and b, which are up and send nothing themselves.
func inNamespace(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	thread.ThrowAway(func() {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
			return
		}
		for _, name := range []string{"all", "default"} {
			_ = os.WriteFile("/proc/sys/net/ipv6/conf/"+name+"/disable_ipv6", []byte("1"), 0)
		}
		attrs := netlink.NewLinkAttrs()
		attrs.Name = "a"
		v := netlink.NewVeth(attrs)
		v.PeerName = "b"
		if err := netlink.LinkAdd(v); err != nil {
			t.Error(err)
			return
		}
		for _, name := range []string{"a", "b"} {
			link, err := netlink.LinkByName(name)
			if err == nil {
				err = netlink.LinkSetUp(link)
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
		f(t)
	})
}

// series is a Series of steps of 100 ms.
func series(values ...float64) *trace.Series {
	s := &trace.Series{Name: "steps", Value: values, Period: time.Duration(len(values)) * 100 * ms}
	for i := range values {
		s.At = append(s.At, time.Duration(i)*100*ms)
	}
	return s
}

var (
	lte   = &trace.Trace{Name: "lte", At: []time.Duration{0}, Period: ms, Quantum: 1500}
	codel = &emulator.CoDel{Target: 5 * ms, Interval: 100 * ms}
)

func TestCan(t *testing.T) {
	need(t, "htb")
	const no = ": not supported on this machine"
	for _, tt := range []struct {
		name string
		link emulator.Link
		want string // of the error; empty: it can
	}{
		{"a perfect wire", emulator.Link{}, ""},
		{"a rate and a queue", emulator.Link{Rate: 50 * unit.Mbps, Queue: 3000}, ""},
		{"rates", emulator.Link{Rates: series(1e6, 2e6)}, ""},
		{"a trace", emulator.Link{Trace: lte}, "the kernel has no traces" + no},
		{"a rate below HTB's clock", emulator.Link{Rate: 8}, "8 bit/s: too slow for the kernel's clock" + no},
		{"less than a byte a second", emulator.Link{Rate: 1}, "1 bit/s: too slow for the kernel's clock" + no},
		{"an idle penalty", emulator.Link{Rate: unit.Mbps, IdlePenalty: ms, IdleAfter: ms}, "the kernel has no idle penalty" + no},
		{"an idle penalty of nothing", emulator.Link{IdlePenalty: ms, IdleAfter: ms}, ""},
		{"jitter out of order through a bottleneck", emulator.Link{Rate: unit.Mbps, Delay: ms, Jitter: ms, Unordered: true},
			"netem with a rate keeps order" + no},
		{"too much jitter", emulator.Link{Delay: 3 * time.Second, Jitter: 3 * time.Second}, "jitter 3s: netem counts up to 2.147483647s" + no},
		{"CoDel and a delay", emulator.Link{Rate: unit.Mbps, CoDel: codel, Delay: ms}, "the kernel has no CoDel beside a delay" + no},
		{"CoDel and outages", emulator.Link{Rates: series(1e6, 0), CoDel: codel},
			"the kernel has no CoDel beside outages: HTB has no rate of 0" + no},
	} {
		err := Can(tt.link)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (!errors.Is(err, emulator.ErrUnsupported) || err.Error() != tt.want):
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestCanNeedsNetem: what only netem does is refused without it, and said.
func TestCanNeedsNetem(t *testing.T) {
	need(t, "htb")
	netem := Probe("netem")
	for _, tt := range []struct {
		link emulator.Link
		what string
	}{
		{emulator.Link{Delay: ms}, "a delay"},
		{emulator.Link{Delays: series(0.1)}, "a delay"},
		{emulator.Link{Rate: unit.Mbps, Loss: 0.1}, "losses"},
		{emulator.Link{Losses: series(0.1)}, "losses"},
		{emulator.Link{Duplicate: 0.1}, "duplicates"},
		{emulator.Link{Corrupt: 0.1}, "corruption"},
		{emulator.Link{Rates: series(1e6, 0)}, "outages: HTB has no rate of 0"},
		{emulator.Link{Rate: unit.Mbps, Outages: []emulator.Outage{{To: ms}}}, "outages: HTB has no rate of 0"},
		{emulator.Link{Rate: unit.Mbps, Layer: emulator.IP}, "a rate on the IP layer"},
	} {
		err := Can(tt.link)
		switch {
		case netem == nil && err != nil:
			t.Errorf("%s: %v", tt.what, err)
		case netem != nil && (!errors.Is(err, emulator.ErrUnsupported) || err.Error() != tt.what+": "+netem.Error()):
			t.Errorf("%s: %v, want %v", tt.what, err, netem)
		}
	}
}

func TestExact(t *testing.T) {
	const (
		queue = "netem counts its queue in packets, with those that wait out their delay"
		drops = "netem drops what comes during an outage instead of keeping it"
		keeps = "what waits in netem keeps its time when the link changes"
	)
	// Without netem: early by 1 ms and 12112 bit / rate: 1.5 ms at 24.22 Mbit/s.
	bucket := func(early string) string {
		if Probe("netem") == nil {
			return ""
		}
		return early
	}
	for _, tt := range []struct {
		link emulator.Link
		want string
	}{
		{emulator.Link{}, ""},
		{emulator.Link{Queue: 3000}, ""},
		{emulator.Link{Rate: 25 * unit.Mbps, Queue: 3000}, ""},
		{emulator.Link{Rate: 24 * unit.Mbps}, bucket("HTB would be up to 1.5ms early")},
		{emulator.Link{Rate: 1 * unit.Mbps}, bucket("HTB would be up to 13.1ms early")},
		{emulator.Link{Rates: series(1e6, 2e6)}, "HTB does not hasten the packet being sent when the rate changes"},
		{emulator.Link{Rate: 50 * unit.Mbps, CoDel: codel}, "the kernel's CoDel counts its queue in packets, and time in units of 1.024µs"},
		{emulator.Link{Delay: ms}, ""},
		{emulator.Link{Rate: unit.Mbps, Delay: ms}, ""},
		{emulator.Link{Rate: unit.Mbps, Delay: ms, Layer: emulator.IP}, ""},
		{emulator.Link{Rate: unit.Mbps, Delay: ms, Layer: emulator.Wire}, "netem does not pad short frames"},
		{emulator.Link{Rate: unit.Mbps, Delay: ms, Queue: 3000}, queue},
		{emulator.Link{Rate: unit.Mbps, Delay: ms, QueuePackets: 3}, queue},
		{emulator.Link{Rate: unit.Mbps, Delay: ms, QueueTime: 3}, queue},
		{emulator.Link{Delay: ms, Jitter: ms}, "the kernel draws its own jitter"},
		{emulator.Link{Loss: 0.1}, "the kernel draws its own losses"},
		{emulator.Link{Losses: series(0.1)}, "the kernel draws its own losses"},
		{emulator.Link{Duplicate: 0.1}, "the kernel draws itself which packets it duplicates, corrupts and reorders"},
		{emulator.Link{Rates: series(1e6, 0)}, drops},
		{emulator.Link{Delay: ms, Outages: []emulator.Outage{{To: ms}}}, drops},
		{emulator.Link{Delay: ms, Rates: series(1e6)}, keeps},
		{emulator.Link{Delays: series(0.1)}, keeps},
		{emulator.Link{Trace: lte}, "the kernel has no traces: not supported on this machine"},
	} {
		got := ""
		if err := Exact(tt.link); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("Exact(%+v) = %q, want %q", tt.link, got, tt.want)
		}
	}
}

func TestProbe(t *testing.T) {
	if err := Probe("sfq2"); err == nil || errors.Is(err, emulator.ErrUnsupported) {
		t.Errorf(`Probe("sfq2") = %v, want an error that does not say no`, err)
	}
	for _, kind := range []string{"htb", "tbf", "netem", "netem-seed", "codel", "ifb", "ingress"} {
		err := Probe(kind)
		t.Logf("%s: %v", kind, err)
		if err != nil && !errors.Is(err, emulator.ErrUnsupported) && !errors.Is(err, unix.EPERM) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
