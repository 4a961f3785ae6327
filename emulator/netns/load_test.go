//go:build linux

package netns_test

import (
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/netns"
)

func TestLoad(t *testing.T) {
	need(t, "netns", "veth")
	nodes := []netns.Node{{Name: "edge", CPUs: []int{lastCPU(t)}}}
	w := open(t, netns.Config{Nodes: nodes})
	if err := w.SetLoad("edge", 1.5); err == nil {
		t.Error("a load above 1: no error")
	}
	for _, level := range []float64{0.2, 0.5} {
		if err := w.SetLoad("edge", level); err != nil {
			t.Fatal(err)
		}
		// Others may want the CPU too, so it may take a while; but never
		// more than asked.
		var got netns.LoadStatus
		for range 10 {
			time.Sleep(3 * time.Second)
			s, err := w.Status()
			if err != nil {
				t.Fatal(err)
			}
			got = s.Loads["edge"]
			t.Logf("%+v", got)
			if got.Total > level*0.9 {
				break
			}
		}
		if got.Asked != level {
			t.Errorf("asked %v, want %v", got.Asked, level)
		}
		if got.Total > level+0.02 || got.Total < level/2 {
			t.Errorf("load %v: total %v", level, got.Total)
		}
	}
	if err := w.SetLoad("edge", 0); err != nil {
		t.Fatal(err)
	}
	s, err := w.Status()
	if err != nil || len(s.Loads) != 0 {
		t.Errorf("loads after the last was ended: %v, %v", s.Loads, err)
	}
}
