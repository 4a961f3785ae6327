//go:build linux

package tc

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/tc/wire"
	"github.com/testbed/testbed/emulator/unit"
)

// shaped are links of HTB, and of netem with each of its settings.
var (
	shapedHTB = []emulator.Link{
		{Rate: 50 * unit.Mbps, Queue: 64_000},
		{Rate: 10 * unit.Gbps},
		{Rate: 100 * unit.Gbps}, // above 2^32 bytes/s
		{Rate: 40 * unit.Mbps, Queue: 1514},
		{Rate: 40 * unit.Mbps, QueuePackets: 10},
		{Rate: 40 * unit.Mbps, Layer: emulator.Wire},
		{Rate: 40 * unit.Mbps, QueueTime: 10 * ms},
	}
	shapedNetem = []emulator.Link{
		{Rate: 64 * unit.Kbps},
		{Delay: 123_456_789},
		{Delay: 400e9}, // more than the old structure holds: 275 s
		{Delay: ms, Rate: 100 * unit.Gbps},
		{Delay: ms, Rate: 5 * unit.Mbps, Queue: 64_000, Layer: emulator.IP},
		{Delay: ms, Rate: 5 * unit.Mbps, QueuePackets: 10, Layer: emulator.Wire},
		{Delay: 2 * ms, Jitter: ms},
		{Delay: 2 * ms, Jitter: ms, Unordered: true},
		{Delay: 2 * ms, Jitter: ms, JitterShape: emulator.Normal},
		{Delay: 2 * ms, Jitter: ms, JitterShape: emulator.Pareto},
		{Loss: 0.001},
		{Loss: 1},
		{Loss: 0.05, LossBurst: 4},
		{Delay: ms, Reorder: 0.25},
		{Duplicate: 0.125},
		{Corrupt: 0.0625},
		{Delay: 20 * ms, Jitter: 4 * ms, Rate: 5 * unit.Mbps, Queue: 64_000, Loss: 0.02, LossBurst: 3, Reorder: 0.1, Duplicate: 0.01, Corrupt: 0.001},
	}
)

// TestApplyReadsBack applies links, which reads them back, and then finds each
// other link in place of it wrong.
func TestApplyReadsBack(t *testing.T) {
	need(t, "htb")
	t.Run("htb", func(t *testing.T) { readsBack(t, shapedHTB) })
	t.Run("netem", func(t *testing.T) {
		need(t, "netem")
		readsBack(t, shapedNetem)
	})
	t.Run("codel", func(t *testing.T) {
		need(t, "codel")
		readsBack(t, []emulator.Link{
			{Rate: unit.Mbps, CoDel: codel},
			{Rate: unit.Mbps, CoDel: codel, Queue: 64_000},
			{Rate: unit.Mbps, CoDel: &emulator.CoDel{Target: 6 * ms, Interval: 100 * ms}},
		})
	})
}

func readsBack(t *testing.T, links []emulator.Link) {
	inNamespace(t, func(t *testing.T) {
		for i, l := range links {
			if err := Apply("a", l); err != nil {
				t.Errorf("%+v: %v", l, err)
				continue
			}
			for j, other := range links {
				// The table of a shape is the one thing that is not read back.
				same := other.JitterShape != l.JitterShape && other.Jitter != 0 && l.Jitter == other.Jitter
				if err := Verify("a", other); (err == nil) != (i == j) && !same {
					t.Errorf("%+v was applied; verified as %+v: %v", l, other, err)
				}
			}
		}
	})
}

// TestReadsBackWhatIsMissing: a setting that the kernel does not have is found.
func TestReadsBackWhatIsMissing(t *testing.T) {
	need(t, "htb")
	inNamespace(t, func(t *testing.T) {
		l := emulator.Link{Rate: 50 * unit.Mbps, Queue: 64_000}
		if err := Verify("a", l); err == nil || !strings.Contains(err.Error(), "htb 1:: not there") {
			t.Errorf("before Apply: %v", err)
		}
		must(t, Apply("a", l))
		if err := Verify("b", l); err == nil {
			t.Error("what was made for a is on b")
		}
		k, err := openKernel("a")
		must(t, err)
		defer k.close()
		must(t, k.change(wire.Object{Handle: queueHandle, Parent: classHandle, Options: &wire.FIFO{Limit: 5000}}))
		want := "verify a: bfifo 2:: limit is 62486: the kernel has 5000: not supported on this machine"
		if err := Verify("a", l); err == nil || err.Error() != want || !errors.Is(err, emulator.ErrUnsupported) {
			t.Errorf("%v, want %s", err, want)
		}
	})
}

// TestSeedThatIsIgnored: a kernel older than 6.6 takes a seed and forgets it.
func TestSeedThatIsIgnored(t *testing.T) {
	need(t, "netem")
	inNamespace(t, func(t *testing.T) {
		err := ApplyWith("a", emulator.Link{Loss: 0.5}, Options{Seed: 1 << 63})
		if Probe("netem-seed") == nil {
			must(t, err)
			return
		}
		const want = "seed is -9223372036854775808: the kernel has none"
		if err == nil || !errors.Is(err, emulator.ErrUnsupported) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if err := Verify("a", emulator.Link{Loss: 0.5}); err == nil {
			t.Error("what could not be applied is there")
		}
	})
}

func TestClear(t *testing.T) {
	need(t, "htb")
	inNamespace(t, func(t *testing.T) {
		must(t, Apply("a", emulator.Link{Rate: 50 * unit.Mbps}))
		for range 2 { // once there is something to clear, once not
			must(t, Clear("a"))
		}
		link, err := netlink.LinkByName("a")
		must(t, err)
		if classes, err := netlink.ClassList(link, 0); err != nil || len(classes) != 0 {
			t.Errorf("after Clear: classes %v, %v", classes, err)
		}
		for _, f := range []func() error{
			func() error { return Apply("none", emulator.Link{}) },
			func() error { return Clear("none") },
			func() error { return Verify("none", emulator.Link{}) },
			func() error { _, err := Play("none", emulator.Link{}, 0); return err },
			func() error { return Apply("a", emulator.Link{Rates: series(1, 2)}) },
		} {
			if f() == nil {
				t.Error("an interface that is not there, or a link that varies: no error")
			}
		}
	})
}

// TestTBF: a link is played by TBF where HTB is missing.
func TestTBF(t *testing.T) {
	need(t, "tbf")
	inNamespace(t, func(t *testing.T) {
		k, err := openKernel("a")
		must(t, err)
		defer k.close()
		for _, l := range []emulator.Link{
			{Rate: 8 * unit.Mbps, Queue: 64_000},
			{Rate: 3 * unit.Mbps},
			{Rate: 100 * unit.Gbps},
			{Rate: 123_456_789, Layer: emulator.Wire},
		} {
			must(t, k.replace(tbf.objects(l, false, Options{})))
		}
	})
}

// TestLines runs the commands by iproute2's tc, and reads back the same.
func TestLines(t *testing.T) {
	need(t, "htb")
	if _, err := exec.LookPath("tc"); err != nil {
		t.Skip(err)
	}
	links := []emulator.Link{ // whose buckets last whole microseconds
		{Rate: 40 * unit.Mbps, Queue: 64_000}, // 6514 bytes at 5 a microsecond: 1302.8, see below
		{Rate: 32 * unit.Mbps, Queue: 15_140},
		{Rate: 40 * unit.Mbps, QueuePackets: 10},
	}
	if Probe("netem") == nil {
		for _, l := range shapedNetem {
			// tc counts in ticks, up to 275 s.
			if l.Delay%wire.Tick == 0 && l.Delay < 275e9 {
				links = append(links, l)
			}
		}
	}
	if Probe("codel") == nil {
		links = append(links, emulator.Link{Rate: 40 * unit.Mbps, CoDel: codel})
	}
	inNamespace(t, func(t *testing.T) {
		for _, l := range links {
			must(t, Clear("a"))
			lines, err := Lines("a", l)
			must(t, err)
			for _, line := range lines {
				words := strings.Fields(line)
				if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
					t.Errorf("%s: %v: %s", line, err, out)
				}
			}
			// tc truncates buckets to microseconds: 16 ticks.
			if err := Verify("a", l); err != nil && !strings.Contains(err.Error(), "bucket in ticks") {
				t.Errorf("%v: %v", lines, err)
			}
		}
	})
}

func TestRedirectTwice(t *testing.T) {
	need(t, "ingress")
	inNamespace(t, func(t *testing.T) {
		for range 2 {
			must(t, Redirect("a", "b"))
			must(t, ClearRedirect("a"))
		}
		must(t, ClearRedirect("a")) // there is none
		if err := Redirect("a", "none"); err == nil {
			t.Error("to an interface that is not there: no error")
		}
	})
}
