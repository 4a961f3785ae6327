//go:build linux

package netns_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/trace"
)

// TestVaries: a link that varies is the relay's unless tc is asked for, which
// then says what it did at each step.
func TestVaries(t *testing.T) {
	need(t, "netns", "veth", "relay", "htb", "ingress")
	// 12 and 4 Mbit/s in turn, each for 20 ms: 8 on average.
	turns := &trace.Series{Name: "turns", At: []time.Duration{0, 20 * ms}, Value: []float64{12e6, 4e6}, Period: 40 * ms}
	link := emulator.Link{Rates: turns, Queue: 100_000}
	// 400 kB in 277 frames, 418 282 bytes, take 418 ms at 8 Mbit/s; where a
	// turn or a burst falls is some ms.
	const size, took = 400_000, 390 * ms
	for _, engine := range []string{"auto", "tc"} {
		t.Run(engine, func(t *testing.T) {
			w := serving(t, netns.Config{Nodes: three, Engine: engine})
			if err := w.SetLink("edge", link, emulator.Link{}, 1); err != nil {
				t.Fatal(err)
			}
			r := ask(t, w, "edge", order{Do: "fetch", Addr: w.Addr("repository"), Bytes: size})
			if r.Took < took || r.Took > 2*time.Second {
				t.Errorf("took %v, want %v and little more", r.Took, took)
			}
			s, err := w.Status()
			if err != nil {
				t.Fatal(err)
			}
			down := s.Down["edge"]
			if engine == "auto" {
				if down.Engine != "relay" || down.Steps != (netns.Steps{}) || len(down.Lag) == 0 {
					t.Errorf("played by %s with %+v and lag %v; want the relay, no steps, and lag", down.Engine, down.Steps, down.Lag)
				}
				return
			}
			if down.Engine != "tc" || !strings.HasPrefix(down.Reason, netns.Inexact+"down: HTB") {
				t.Errorf("played by %s, because %q", down.Engine, down.Reason)
			}
			// One each 20 ms until now, and those that came too late are not done.
			due := int64(down.Clock / (20 * ms))
			if st := down.Steps; st.Due < due-1 || st.Due > due || st.Done < st.Due/2 || st.Done > st.Due || st.LateP50 <= 0 || st.Max < st.LateP99 {
				t.Errorf("steps %+v after %v, want %d due", st, down.Clock, due)
			}
			if s.Up["edge"].Steps != (netns.Steps{}) || s.Up["edge"].Engine != "none" {
				t.Errorf("the other direction is played by %s, with steps %+v", s.Up["edge"].Engine, s.Up["edge"].Steps)
			}
			// What played it must not go on under the next link.
			if err := w.SetLink("edge", emulator.Link{Rate: 100e6}, emulator.Link{}, 1); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * ms)
			if r := ask(t, w, "edge", order{Do: "fetch", Addr: w.Addr("repository"), Bytes: size}); r.Took > 250*ms {
				t.Errorf("after it, at 100 Mbit/s, took %v", r.Took)
			}
		})
	}
}

// TestStrictWorld: a world that must be safe from load is, or is not opened.
func TestStrictWorld(t *testing.T) {
	need(t, "netns", "veth", "relay")
	free := open(t, netns.Config{Nodes: three}).Describe()
	w, err := netns.Open(t.Context(), netns.Config{Nodes: three, Strict: true})
	if err == nil {
		defer w.Close()
		if err := w.SetLink("edge", emulator.Link{Delay: ms}, emulator.Link{}, 1); err != nil {
			t.Error(err)
		}
	}
	if allowed := free.Relay == "SCHED_FIFO"; allowed != (err == nil) || err != nil && !errors.Is(err, emulator.ErrUnsupported) {
		t.Errorf("the relay's threads are %s; strict: %v", free.Relay, err)
	}
	if len(free.RouterCPUs) < 2 {
		t.Skip("one CPU: none can be left to the relay")
	}
	nodes := []netns.Node{{Name: "control"}, {Name: "edge"}}
	for i := range nodes {
		nodes[i].CPUs = []int{lastCPU(t)}
	}
	reserved := open(t, netns.Config{Nodes: nodes, Strict: true})
	if err := reserved.SetLink("edge", emulator.Link{Delay: ms}, emulator.Link{}, 1); err != nil {
		t.Errorf("with CPUs %v for the relay alone: %v", reserved.Describe().RouterCPUs, err)
	}
}
