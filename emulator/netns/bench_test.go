//go:build linux

package netns_test

import (
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
)

var four = []netns.Node{{Name: "control"}, {Name: "repository"}, {Name: "edge"}, {Name: "cloud"}}

// BenchmarkWorld makes and ends a world of four nodes.
func BenchmarkWorld(b *testing.B) { benchmarkWorld(b, netns.Config{Nodes: four}) }

// BenchmarkWorldPairs does so with the links of two pairs besides.
func BenchmarkWorldPairs(b *testing.B) {
	benchmarkWorld(b, netns.Config{Nodes: four, Pairs: []netns.Pair{{A: "edge", B: "cloud"}, {A: "edge", B: "control"}}})
}

// BenchmarkWorldTUN does so by TUN interfaces, between which relays run.
func BenchmarkWorldTUN(b *testing.B) { benchmarkWorld(b, netns.Config{Nodes: four, Device: "tun"}) }

// BenchmarkWorldLarge makes and ends seven nodes, two of them beside each
// other, and two pairs.
func BenchmarkWorldLarge(b *testing.B) { benchmarkWorld(b, large) }

// benchmarkWorld reports the time of Open and that of Close apart.
func benchmarkWorld(b *testing.B, c netns.Config) {
	need(b, "netns", "veth", "tun")
	var up, down time.Duration
	for b.Loop() {
		start := time.Now()
		w, err := netns.Open(b.Context(), c)
		if err != nil {
			b.Fatal(err)
		}
		ready := time.Now()
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		up += ready.Sub(start)
		down += time.Since(ready)
	}
	b.ReportMetric(float64(up.Microseconds())/1e3/float64(b.N), "ms-up/op")
	b.ReportMetric(float64(down.Microseconds())/1e3/float64(b.N), "ms-down/op")
}

// BenchmarkStatus reads the counters of eight links, half of them relays.
func BenchmarkStatus(b *testing.B) {
	need(b, "netns")
	w, err := netns.Open(b.Context(), large)
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range largeLinks[:4] {
		if err := w.SetLink(name, emulator.Link{Delay: ms}, emulator.Link{Delay: ms}, 1); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := w.Status(); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}
