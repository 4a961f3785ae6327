//go:build linux

package netns_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
)

// BenchmarkTraffic is what cross traffic gets of a link, of which it is to have
// half: over five seconds, as it arrives.
func BenchmarkTraffic(b *testing.B) {
	need(b, "netns", "veth", "relay")
	for _, rate := range []unit.BitRate{unit.Mbps, 10 * unit.Mbps, 100 * unit.Mbps, 500 * unit.Mbps} {
		for _, tcp := range []bool{false, true} {
			b.Run(fmt.Sprintf("%v/tcp=%v", rate, tcp), func(b *testing.B) {
				for b.Loop() {
					b.ReportMetric(shareOfTraffic(b, rate, tcp), "share")
				}
			})
		}
	}
}

func shareOfTraffic(b *testing.B, rate unit.BitRate, tcp bool) float64 {
	w, err := netns.Open(b.Context(), netns.Config{Nodes: four, Peer: "repository"})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	link := emulator.Link{Rate: rate, Delay: 10 * ms}
	if err := w.SetLink("edge", link, link, 1); err != nil {
		b.Fatal(err)
	}
	load := emulator.Load{Down: emulator.Traffic{Level: emulator.Level{Share: 0.5}, Of: rate, TCP: tcp}}
	if err := w.SetLoad("edge", load, 0); err != nil {
		b.Fatal(err)
	}
	time.Sleep(5 * time.Second)
	s, err := w.Status()
	if err != nil || len(s.Loads["edge"]) != 1 {
		b.Fatalf("%+v, %v", s.Loads, err)
	}
	return s.Loads["edge"][0].Total
}
