package netns_test

import (
	"testing"

	"github.com/testbed/testbed/emulator/netns"
)

// BenchmarkWorld makes and ends a world of four nodes.
func BenchmarkWorld(b *testing.B) {
	if err := netns.Probe("netns"); err != nil {
		b.Skip(err)
	}
	nodes := []netns.Node{{Name: "control"}, {Name: "repository"}, {Name: "edge"}, {Name: "cloud"}}
	for b.Loop() {
		w, err := netns.Open(b.Context(), netns.Config{Nodes: nodes})
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
