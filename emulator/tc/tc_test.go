package tc

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

const ms = time.Millisecond

// need skips t on a machine that lacks one of kinds, or where tests have not
// the right to find out, unless TESTBED_NEED names it.
func need(t *testing.T, kinds ...string) {
	t.Helper()
	must := strings.Split(os.Getenv("TESTBED_NEED"), ",")
	for _, k := range kinds {
		err := Probe(k)
		unable := errors.Is(err, emulator.ErrUnsupported) || errors.Is(err, unix.EPERM)
		switch {
		case err == nil:
		case unable && !slices.Contains(must, k):
			t.Skip(err)
		default:
			t.Fatal(err)
		}
	}
}

// inNamespace runs f in a network namespace of its own, with a pair of
// interfaces, a and b.
func inNamespace(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	done := make(chan bool)
	go func() {
		defer close(done)
		runtime.LockOSThread() // the thread ends with this goroutine
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
			return
		}
		attrs := netlink.NewLinkAttrs()
		attrs.Name = "a"
		v := netlink.NewVeth(attrs)
		v.PeerName = "b"
		if err := netlink.LinkAdd(v); err != nil {
			t.Error(err)
			return
		}
		f(t)
	}()
	<-done
}

func TestBurst(t *testing.T) {
	for _, tt := range []struct {
		rate unit.BitRate
		want unit.Bytes
	}{
		{8 * unit.Kbps, 1515},      // a frame and 1 byte a millisecond
		{1 * unit.Mbps, 1639},      // 125
		{100 * unit.Mbps, 14_014},  // 12 500
		{10 * unit.Gbps, 1251_514}, // 1 250 000
	} {
		if got := burst(tt.rate); got != tt.want {
			t.Errorf("burst(%v) = %d, want %d", tt.rate, got, tt.want)
		}
	}
}

// TestTicks is for a tick of 64 ns, which every kernel with high-resolution
// timers has.
func TestTicks(t *testing.T) {
	if got := netlink.TickInUsec(); got != 15.625 {
		t.Skipf("%v ticks a microsecond here", got)
	}
	for _, tt := range []struct {
		n    unit.Bytes
		rate unit.BitRate
		want uint32
	}{
		{1514, unit.Mbps, 189_250},    // 12.112 ms
		{1600, 10 * unit.Gbps, 20},    // 1.28 µs, which in whole microseconds would be 15 ticks: 1200 bytes
		{1, 1 * unit.Gbps, 1},         // 8 ns, rounded up
		{1515, 8, 0},                  // 1515 s, more than 2^32 ticks (275 s)
		{1500, 100 * unit.Mbps, 1875}, // 120 µs
	} {
		if got := htbTicks(tt.n, tt.rate); got != tt.want {
			t.Errorf("htbTicks(%d, %v) = %d, want %d", tt.n, tt.rate, got, tt.want)
		}
	}
	if got := ticks(20 * ms); got != 312_500 { // 20 000 µs
		t.Errorf("ticks(20ms) = %d, want 312500", got)
	}
}

func TestQueueLimit(t *testing.T) {
	for _, tt := range []struct {
		queue unit.Bytes
		want  uint32
	}{
		{0, 1<<31 - 1},          // no limit
		{1514, 1514},            // one frame must always fit
		{15_140, 13_626},        // the one that HTB has let go
		{1 << 40, 1<<31 - 1},    // more than the kernel counts
		{2000, 1514},            // not less than a frame
		{3028 + 1514, 2 * 1514}, // two behind the one being sent
	} {
		if got := queueLimit(tt.queue); got != tt.want {
			t.Errorf("queueLimit(%d) = %d, want %d", tt.queue, got, tt.want)
		}
	}
}

func TestNetem(t *testing.T) {
	if netlink.TickInUsec() != 15.625 {
		t.Skip("another tick")
	}
	for _, tt := range []struct {
		name string
		link emulator.Link
		want netlink.Netem
	}{
		{"delay alone", emulator.Link{Delay: 20 * ms}, netlink.Netem{Latency: 312_500, Limit: 1 << 20}},
		{"one percent", emulator.Link{Loss: 0.01}, netlink.Netem{Loss: 42_949_673, Limit: 1 << 20}}, // 42949672.95
		{"all is lost", emulator.Link{Loss: 1}, netlink.Netem{Loss: 1<<32 - 1, Limit: 1 << 20}},
		{"jitter keeps order by a rate", emulator.Link{Delay: 20 * ms, Jitter: 4 * ms},
			netlink.Netem{Latency: 312_500, Jitter: 62_500, Limit: 1 << 20, Rate64: 12_500_000_000}},
		// In flight: 10 Mbit/s · 24 ms = 30 000 bytes, 19.8 frames; waiting: 10.
		{"all at once", emulator.Link{Rate: 10 * unit.Mbps, Delay: 20 * ms, Jitter: 4 * ms, Queue: 15_140, Loss: 0.5},
			netlink.Netem{Latency: 312_500, Jitter: 62_500, Limit: 30, Rate64: 1_250_000, Loss: 1 << 31}},
		{"a rate without a queue limit", emulator.Link{Rate: 10 * unit.Mbps, Delay: ms},
			netlink.Netem{Latency: 15_625, Limit: 1 << 20, Rate64: 1_250_000}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.QdiscAttrs = netlink.QdiscAttrs{LinkIndex: 7, Handle: 1 << 16, Parent: netlink.HANDLE_ROOT}
			if diff := cmp.Diff(&tt.want, netemQdisc(7, tt.link)); diff != "" {
				t.Errorf("netem (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCan(t *testing.T) {
	need(t, "htb")
	looped := &trace.Trace{Name: "lte", At: []time.Duration{0}, Period: ms, Quantum: 1500}
	for _, tt := range []struct {
		name string
		link emulator.Link
		want string // of the error; empty: it can
	}{
		{"a perfect wire", emulator.Link{}, ""},
		{"a rate and a queue", emulator.Link{Rate: unit.Mbps, Queue: 3000}, ""},
		{"a trace", emulator.Link{Trace: looped}, "the kernel has no traces: not supported on this machine"},
		{"a rate below HTB's clock", emulator.Link{Rate: 8}, "HTB at 8 bit/s: too slow for its clock: not supported on this machine"},
	} {
		err := Can(tt.link)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (!errors.Is(err, emulator.ErrUnsupported) || err.Error() != tt.want):
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	if netem := Probe("netem"); netem != nil {
		for _, l := range []emulator.Link{{Delay: ms}, {Loss: 0.1}, {Delay: ms, Jitter: ms}, {Rate: unit.Mbps, Delay: ms}} {
			if err := Can(l); !errors.Is(err, emulator.ErrUnsupported) || err.Error() != netem.Error() {
				t.Errorf("Can(%+v) = %v, want %v", l, err, netem)
			}
		}
	}
}

func TestExact(t *testing.T) {
	for _, tt := range []struct {
		link emulator.Link
		want string
	}{
		{emulator.Link{}, ""},
		{emulator.Link{Queue: 3000}, ""},
		// Early by 1 ms and 12112 bit / rate: 1.5 ms at 24.22 Mbit/s.
		{emulator.Link{Rate: 25 * unit.Mbps}, ""},
		{emulator.Link{Rate: 24 * unit.Mbps}, "HTB would be up to 1.5ms early"},
		{emulator.Link{Rate: 1 * unit.Mbps}, "HTB would be up to 13.1ms early"},
		{emulator.Link{Delay: ms}, ""},
		{emulator.Link{Rate: unit.Mbps, Delay: ms}, ""},
		{emulator.Link{Rate: unit.Mbps, Delay: ms, Queue: 3000}, "netem counts its queue in packets, not bytes"},
		{emulator.Link{Delay: ms, Jitter: ms}, "the kernel's jitter has no seed"},
		{emulator.Link{Loss: 0.1}, "the kernel's losses have no seed"},
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

// TestApplyReadsBack applies links to an interface and reads back what the
// kernel has.
func TestApplyReadsBack(t *testing.T) {
	need(t, "htb")
	inNamespace(t, func(t *testing.T) {
		for i, l := range []emulator.Link{
			{Rate: 5 * unit.Mbps, Queue: 64_000},
			{Rate: 10 * unit.Gbps},
			{Rate: 100 * unit.Gbps}, // above 2^32 bytes/s
			{Rate: 64 * unit.Kbps, Queue: 1514},
		} {
			if err := Apply("a", l); err != nil {
				t.Fatal(err)
			}
			link, err := netlink.LinkByName("a")
			if err != nil {
				t.Fatal(err)
			}
			classes, err := netlink.ClassList(link, 0)
			if err != nil || len(classes) != 1 {
				t.Fatalf("link %d: classes %v, %v; want one", i, classes, err)
			}
			c := classes[0].(*netlink.HtbClass)
			if want := uint64(l.Rate) / 8; c.Rate != want || c.Ceil != want {
				t.Errorf("link %d: %d bytes/s up to %d, want %d", i, c.Rate, c.Ceil, want)
			}
			// The bucket in bytes, from its time: at least a frame.
			bucket := float64(c.Buffer) / netlink.TickInUsec() / 1e6 * float64(l.Rate) / 8
			if want := float64(burst(l.Rate)); bucket < want-1 || bucket > want*1.01+float64(l.Rate)/8*64e-9 {
				t.Errorf("link %d: a bucket of %.0f bytes, want %.0f", i, bucket, want)
			}
			if c.Quantum != 1514 || c.Handle != classHandle {
				t.Errorf("link %d: quantum %d of class %x, want 1514 of %x", i, c.Quantum, c.Handle, classHandle)
			}
			if got, want := fifoLimit(t, link), queueLimit(l.Queue); got != want {
				t.Errorf("link %d: a queue of %d bytes, want %d", i, got, want)
			}
			roots, err := netlink.QdiscList(link)
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range roots {
				if h, ok := q.(*netlink.Htb); ok && h.Defcls != 1 {
					t.Errorf("link %d: packets go to class %d unless told, want 1", i, h.Defcls)
				}
			}
		}
		for range 2 { // once there is something to clear, once not
			if err := Clear("a"); err != nil {
				t.Error(err)
			}
		}
		link, _ := netlink.LinkByName("a")
		if classes, err := netlink.ClassList(link, 0); err != nil || len(classes) != 0 {
			t.Errorf("after Clear: classes %v, %v", classes, err)
		}
		if err := Apply("none", emulator.Link{}); err == nil {
			t.Error("an interface that is not there: no error")
		}
	})
}

// fifoLimit reads the limit of the one bfifo of an interface, which the
// library does not decode.
func fifoLimit(t *testing.T, link netlink.Link) uint32 {
	t.Helper()
	req := nl.NewNetlinkRequest(unix.RTM_GETQDISC, unix.NLM_F_DUMP)
	req.AddData(&nl.TcMsg{Family: nl.FAMILY_ALL, Ifindex: int32(link.Attrs().Index)})
	msgs, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWQDISC)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range msgs {
		msg := nl.DeserializeTcMsg(m)
		if msg.Ifindex != int32(link.Attrs().Index) || msg.Parent != classHandle {
			continue
		}
		attrs, err := nl.ParseRouteAttr(m[msg.Len():])
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range attrs {
			if a.Attr.Type == nl.TCA_KIND && string(a.Value) != "bfifo\x00" {
				t.Errorf("queue %q, want bfifo", a.Value)
			}
			if a.Attr.Type == nl.TCA_OPTIONS {
				return nl.NativeEndian().Uint32(a.Value)
			}
		}
	}
	t.Fatal("no queue")
	return 0
}

func TestRedirectTwice(t *testing.T) {
	need(t, "ingress")
	inNamespace(t, func(t *testing.T) {
		for range 2 {
			if err := Redirect("a", "b"); err != nil {
				t.Error(err)
			}
			if err := ClearRedirect("a"); err != nil {
				t.Error(err)
			}
		}
		if err := ClearRedirect("a"); err != nil { // there is none
			t.Error(err)
		}
		if err := Redirect("a", "none"); err == nil {
			t.Error("to an interface that is not there: no error")
		}
	})
}

func TestProbe(t *testing.T) {
	if err := Probe("sfq2"); err == nil || errors.Is(err, emulator.ErrUnsupported) {
		t.Errorf(`Probe("sfq2") = %v, want an error that does not say no`, err)
	}
}
