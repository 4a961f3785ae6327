//go:build linux

package netns_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/trace"
)

// slowThenFast delays by 400 ms in its first hour, and by 20 ms in its second.
var slowThenFast = emulator.Link{
	Delays: &trace.Series{Name: "slow, then fast", At: []time.Duration{0, time.Hour}, Value: []float64{0.4, 0.02}, Period: 2 * time.Hour},
}

// TestSetLinkAt: links stand as they do so long after their begin, and counts go
// on until the link is set anew.
func TestSetLinkAt(t *testing.T) {
	need(t, "netns", "veth", "relay")
	w := serving(t, netns.Config{Nodes: three})
	if err := w.SetLink("edge", slowThenFast, emulator.Link{}, 1); err != nil {
		t.Fatal(err)
	}
	rtt := func() time.Duration {
		t.Helper()
		r := ask(t, w, "control", order{Do: "ping", Addr: w.Addr("edge"), Count: 1})
		if len(r.RTTs) != 1 {
			t.Fatal("no answer")
		}
		return r.RTTs[0]
	}
	if got := rtt(); got < 400*ms {
		t.Errorf("at the begin it takes %v, want 400ms", got)
	}
	var packets int64
	for _, tt := range []struct {
		since, least, most time.Duration
		down               emulator.Link
	}{
		{time.Hour, 20 * ms, 300 * ms, slowThenFast},
		{0, 400 * ms, 2 * time.Second, slowThenFast},
		{time.Hour, 20 * ms, 300 * ms, slowThenFast},
		{time.Hour, 150 * ms, 350 * ms, emulator.Link{Delay: 150 * ms}}, // another link
	} {
		start := time.Now()
		if err := w.SetLinkAt("edge", tt.down, emulator.Link{}, 2, tt.since); err != nil {
			t.Fatal(err)
		}
		t.Logf("set in %v", time.Since(start))
		if got := rtt(); got < tt.least || got > tt.most {
			t.Errorf("at %v it takes %v, want %v", tt.since, got, tt.least)
		}
		s, err := w.Status()
		// A packet is counted a moment after it has left.
		for end := time.Now().Add(5 * time.Second); err == nil && s.Down["edge"].Packets <= packets && time.Now().Before(end); {
			s, err = w.Status()
		}
		if err != nil {
			t.Fatal(err)
		}
		down := s.Down["edge"]
		if down.Packets <= packets || down.Packets > packets+2 {
			t.Errorf("%d packets after %d, want one or two more", down.Packets, packets)
		}
		packets = down.Packets
		ran := time.Since(start)
		if down.Clock < tt.since || down.Clock > tt.since+ran || s.Up["edge"].Clock != down.Clock && s.Up["edge"].Clock > tt.since+ran {
			t.Errorf("the clock shows %v, want %v", down.Clock, tt.since)
		}
		if down.Counted < 400*ms {
			t.Errorf("it has counted for %v only", down.Counted)
		}
		if down.Asked.Delay != tt.down.Delay {
			t.Errorf("asked %+v", down.Asked)
		}
	}
	if err := w.SetLink("edge", slowThenFast, emulator.Link{}, 1); err != nil {
		t.Fatal(err)
	}
	s, err := w.Status()
	if down := s.Down["edge"]; err != nil || down.Packets != 0 || down.Counted > 400*ms {
		t.Errorf("set anew: %d packets in %v, %v", down.Packets, down.Counted, err)
	}
}

// TestSetLinkAtFirst: it needs no SetLink before it, and can make a link perfect
// again.
func TestSetLinkAtFirst(t *testing.T) {
	need(t, "netns", "veth", "relay", "ingress")
	w := serving(t, netns.Config{Nodes: three})
	for _, tt := range []struct {
		link   emulator.Link
		engine string
		least  time.Duration
	}{{slowThenFast, "relay", 20 * ms}, {emulator.Link{}, "none", 0}} {
		if err := w.SetLinkAt("edge", tt.link, emulator.Link{}, 1, time.Hour); err != nil {
			t.Fatal(err)
		}
		r := ask(t, w, "control", order{Do: "ping", Addr: w.Addr("edge"), Count: 1})
		s, err := w.Status()
		if err != nil {
			t.Fatal(err)
		}
		down := s.Down["edge"]
		if down.Engine != tt.engine || down.Clock < time.Hour || down.Counted > time.Minute || len(r.RTTs) != 1 || r.RTTs[0] < tt.least {
			t.Errorf("played by %s, clock %v, counted for %v, round trips %v; want %s, an hour, little, %v", down.Engine, down.Clock, down.Counted, r.RTTs, tt.engine, tt.least)
		}
	}
}

// TestSetLinkAtSeeds: a direction loses what it should, by the seed.
func TestSetLinkAtSeeds(t *testing.T) {
	need(t, "netns", "veth", "relay")
	w := serving(t, netns.Config{Nodes: three})
	half := emulator.Link{Loss: 0.5, Outages: []emulator.Outage{{From: 0, To: time.Second}}}
	if err := w.SetLink("edge", half, emulator.Link{}, 1); err != nil {
		t.Fatal(err)
	}
	back := map[uint64][]int{}
	for _, seed := range []uint64{1, 2, 1} {
		if err := w.SetLinkAt("edge", half, emulator.Link{}, seed, time.Hour); err != nil {
			t.Fatal(err)
		}
		r := ask(t, w, "control", order{Do: "ping", Addr: w.Addr("edge"), Count: 24, Wait: 300 * ms})
		if before, again := back[seed]; again && !slices.Equal(before, r.Back) {
			t.Errorf("seed %d: %v come back, and before %v", seed, r.Back, before)
		}
		back[seed] = r.Back
	}
	if slices.Equal(back[1], back[2]) {
		t.Errorf("whatever the seed, of 24 these come back: %v", back[1])
	}
	s, err := w.Status()
	if err != nil || s.Down["edge"].Lost < 10 || s.Up["edge"].Lost != 0 {
		t.Errorf("lost %d down and %d up, want about 36 and none, %v", s.Down["edge"].Lost, s.Up["edge"].Lost, err)
	}
}

// TestSetLinkAtOfTheKernel: what the kernel plays cannot be set so, but a
// perfect link is the same at any time.
func TestSetLinkAtOfTheKernel(t *testing.T) {
	need(t, "netns", "veth", "htb", "ingress")
	w := serving(t, netns.Config{Nodes: three, Engine: "tc"})
	steady := emulator.Link{Rate: 10e6, Queue: 100_000}
	if err := w.SetLink("edge", steady, steady, 1); err != nil {
		t.Fatal(err)
	}
	err := w.SetLinkAt("edge", steady, steady, 1, time.Second)
	if !errors.Is(err, emulator.ErrUnsupported) || !strings.HasPrefix(err.Error(), "link of edge: engine tc: a link of the kernel's cannot begin 1s after its begin") {
		t.Errorf("%v, want that it is not supported", err)
	}
	if err := w.SetLinkAt("control", emulator.Link{}, emulator.Link{}, 1, time.Hour); err != nil {
		t.Error(err)
	}
	s, err := w.Status()
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Down["edge"]; got.Engine != "tc" || got.Clock > time.Minute || got.Asked.Rate != 10e6 {
		t.Errorf("edge is played by %s, of %v: %+v", got.Engine, got.Clock, got.Asked)
	}
	if got := s.Down["control"]; got.Engine != "none" || got.Clock < time.Hour {
		t.Errorf("control is played by %s, of %v; want none, of an hour", got.Engine, got.Clock)
	}
	if r := ask(t, w, "control", order{Do: "ping", Addr: w.Addr("edge"), Count: 1}); len(r.RTTs) != 1 {
		t.Error("nothing passes")
	}
}

func TestSetLinkAtRefuses(t *testing.T) {
	need(t, "netns", "veth")
	w := open(t, netns.Config{Nodes: three})
	for want, err := range map[string]error{
		"link of edge: -1ns after its begin: want 0 or more": w.SetLinkAt("edge", emulator.Link{}, emulator.Link{}, 1, -1),
		`link of cloud: "cloud": want the name of a node`:    w.SetLinkAt("cloud", emulator.Link{}, emulator.Link{}, 1, 1),
		"link of edge: up: ": w.SetLinkAt("edge", emulator.Link{}, emulator.Link{Loss: 2}, 1, 1),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// BenchmarkSetLinkAt is what it takes before each request: links of an hour's
// capacity, a step each 100 ms.
func BenchmarkSetLinkAt(b *testing.B) {
	need(b, "netns", "veth", "relay")
	w, err := netns.Open(b.Context(), netns.Config{Nodes: three})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	rates := &trace.Series{Name: "hour", Period: time.Hour}
	for at := time.Duration(0); at < rates.Period; at += 100 * ms {
		rates.At, rates.Value = append(rates.At, at), append(rates.Value, 1e7)
	}
	link := emulator.Link{Rates: rates}
	if err := w.SetLink("edge", link, link, 1); err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		if err := w.SetLinkAt("edge", link, link, uint64(i), 30*time.Minute); err != nil {
			b.Fatal(err)
		}
	}
}

// TestSameLoad: a load that is asked for again goes on, unless one that could not
// be made has ended it in between.
func TestSameLoad(t *testing.T) {
	need(t, "netns", "veth")
	w := open(t, netns.Config{Nodes: []netns.Node{{Name: "edge", CPUs: []int{lastCPU(t)}}}})
	set := func() (process int) {
		t.Helper()
		if err := w.SetLoad("edge", cpu(0.2), 0); err != nil {
			t.Fatal(err)
		}
		if all := loads(t, w, "edge"); len(all) != 1 {
			t.Fatalf("loads %+v, want one of the CPU", all)
		}
		return child(t, "-__testbed-load")
	}
	first := set()
	if again := set(); again != first {
		t.Errorf("asked for again, process %d became %d", first, again)
	}
	impossible := cpu(0.2)
	impossible.Resident = 1 << 50
	if err := w.SetLoad("edge", impossible, 0); err == nil {
		t.Fatal("there is a PiB")
	}
	set()
}
