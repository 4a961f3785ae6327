//go:build linux

package relay_test

import (
	"io"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/unit"
)

// BenchmarkCapacity is what TCP passes one way through perfect links, at most;
// first through the kernel, which redirects frames between the same
// interfaces, with and without offloads: the limit for each.
func BenchmarkCapacity(b *testing.B) {
	limit := map[bool]float64{} // by offload
	for _, k := range kinds[:2] {
		b.Run("kernel"+k.name[len("packet"):], func(b *testing.B) {
			h := newHosts(b, k)
			h.relay.Close()
			redirect(b, "a", "b")
			redirect(b, "b", "a")
			limit[k.offload] = h.pour(b)
		})
	}
	for _, k := range kinds {
		b.Run(k.name, func(b *testing.B) {
			h := newHosts(b, k)
			rate := h.pour(b)
			s, _ := h.relay.Stats()
			if l := limit[k.offload]; l > 0 {
				b.ReportMetric(rate/l, "of-kernel")
			}
			b.ReportMetric(float64(s.Packets)/b.Elapsed().Seconds(), "frames/s")
			b.ReportMetric(float64(s.Missed+s.Failed+s.Oversized+s.Unfinished), "bad")
			if h.relay.Realtime() != nil {
				b.ReportMetric(0, "FIFO")
			}
		})
	}
}

// pour sends TCP from left to right for as long as the benchmark lasts, and
// returns the bytes a second.
func (h *hosts) pour(b *testing.B) float64 {
	client, server := h.connect(b, right4)
	const chunk = 256 << 10
	go func() {
		data := make([]byte, chunk)
		for {
			if _, err := client.Write(data); err != nil {
				return
			}
		}
	}()
	// Past the slow start.
	if _, err := io.CopyN(io.Discard, server, 64<<20); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(chunk)
	start, n := time.Now(), 0
	for b.Loop() {
		if _, err := io.CopyN(io.Discard, server, chunk); err != nil {
			b.Fatal(err)
		}
		n++
	}
	rate := unit.Over(unit.Bytes(n)*chunk, time.Since(start))
	b.ReportMetric(float64(rate)/1e9, "Gbit/s")
	return float64(rate)
}

// redirect has the kernel send on to what comes in at from.
func redirect(b *testing.B, from, to string) {
	b.Helper()
	f, err := netlink.LinkByName(from)
	if err != nil {
		b.Fatal(err)
	}
	t, err := netlink.LinkByName(to)
	if err != nil {
		b.Fatal(err)
	}
	in := &netlink.Ingress{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: f.Attrs().Index, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_INGRESS,
	}}
	if err := netlink.QdiscAdd(in); err != nil {
		b.Skipf("no limit to compare with: ingress: %v", err)
	}
	all := &netlink.U32{
		FilterAttrs: netlink.FilterAttrs{LinkIndex: f.Attrs().Index, Parent: in.Handle, Priority: 1, Protocol: unix.ETH_P_ALL},
		Actions:     []netlink.Action{netlink.NewMirredAction(t.Attrs().Index)},
	}
	if err := netlink.FilterAdd(all); err != nil {
		b.Skipf("no limit to compare with: redirection: %v", err)
	}
}
