package devices

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/node"
)

// TestGrown: a probe should last 300 ms. At 8 Mbit/s, 1 MB/s, that is 300 kB.
func TestGrown(t *testing.T) {
	for _, tt := range []struct{ n, bps, want int64 }{
		{32768, 8_000_000, 300_000},
		{300_000, 8_000_000, 300_000},
		{300_000, 10_000_000, 300_000},     // 375 kB is a quarter more: not worth another
		{300_000, 10_000_100, 375_003},     // 375 003
		{32768, 400_000, 32768},            // 15 kB is less than was sent
		{32768, 1_000_000_000, 16 * 32768}, // 37.5 MB, but 16 times at most
		{1 << 20, 1_000_000_000, 8 << 20},  // and 8 MiB at most
		{8 << 20, 10_000_000_000, 8 << 20}, // which is the end
		{32768, 0, 16 * 32768},             // it was over at once
	} {
		if got := grown(tt.n, tt.bps); got != tt.want {
			t.Errorf("grown(%d, %d) = %d, want %d", tt.n, tt.bps, got, tt.want)
		}
	}
}

// A fixedPath has a rate each way.
type fixedPath struct {
	down, up int64
	asked    []node.ProbeArgs
}

func (p *fixedPath) Probe(_ context.Context, args node.ProbeArgs) (node.Probe, error) {
	p.asked = append(p.asked, args)
	if args.Pings > 0 {
		return node.Probe{RTT: 3 * ms, RTTMin: 2 * ms, DownBps: 1}, nil
	}
	return node.Probe{DownBps: p.down, UpBps: p.up, RTT: 99 * ms}, nil
}

// TestMeasure: 8 Mbit/s down want 300 kB, 80 kbit/s up are told by the first
// 32 KiB. Round trips come first, while the path is idle, and are their own.
func TestMeasure(t *testing.T) {
	p := &fixedPath{down: 8_000_000, up: 80_000}
	got, probes, err := measure(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(node.Probe{DownBps: 8_000_000, UpBps: 80_000, RTT: 3 * ms, RTTMin: 2 * ms}, got); diff != "" || probes != 2 {
		t.Errorf("%d probes, measured (-want +got):\n%s", probes, diff)
	}
	if diff := cmp.Diff([]node.ProbeArgs{{Pings: 9}, {DownBytes: 32768, UpBytes: 32768}, {DownBytes: 300_000, UpBytes: 32768}}, p.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	fast := &fixedPath{down: 1 << 50, up: 0}
	if _, probes, err := measure(t.Context(), fast); err != nil || probes != 3 {
		t.Errorf("a path too fast to measure: %d probes, %v; want 32 KiB, 512 KiB and 8 MiB", probes, err)
	}
}

// TestOnWire: 9.564068 Mbit/s of payload are 9.564068 · 1514/1448 = 10.0000 on
// the wire.
func TestOnWire(t *testing.T) {
	if got := onWire(9_564_068); got < 9_999_998 || got > 10_000_002 {
		t.Errorf("onWire = %d, want 10 Mbit/s", got)
	}
}
