//go:build linux

package netns_test

import (
	"errors"
	"github.com/google/go-cmp/cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/thread"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

const ms = time.Millisecond

// TestEngines plays links with each engine and checks what cannot depend on
// the machine: that nothing arrives before it could, nothing is changed, and
// packets are of MTU size. Upper bounds are generous.
func TestEngines(t *testing.T) {
	need(t, "netns", "veth", "relay", "htb", "ingress")
	const size = 1_000_000
	// 1 MB at 20 Mbit/s in full frames is 691 · 1514 · 8 / 20e6 = 418 ms, of
	// which a token bucket forgives its burst of 1514 + 2500 bytes, 1.6 ms.
	rate := emulator.Link{Rate: 20 * unit.Mbps, Queue: 100_000}
	const rateTime = 418 * ms
	slow := emulator.Link{Rate: 20 * unit.Mbps, Delay: 20 * ms}

	lte := &trace.Trace{Name: "lte", At: []time.Duration{0}, Period: ms, Quantum: 1514}

	for _, tt := range []struct {
		name, engine string
		down, up     emulator.Link
		play         string        // the engine that plays down
		rtt          time.Duration // at least
		took         time.Duration // of the fetch, at least
	}{
		{"perfect", "auto", emulator.Link{}, emulator.Link{}, "none", 0, 0},
		{"relay, rate", "relay", rate, emulator.Link{}, "relay", 0, rateTime},
		{"relay, rate and delay", "relay", slow, emulator.Link{Delay: 10 * ms}, "relay", 30 * ms, rateTime + 30*ms},
		{"tc, rate", "tc", rate, emulator.Link{}, "tc", 0, rateTime - 2*ms},
		{"tc, rate one way", "tc", emulator.Link{Queue: 5000}, rate, "none", 0, 0},
		{"auto takes the relay for delay", "auto", slow, emulator.Link{}, "relay", 20 * ms, rateTime + 20*ms},
		// A frame each millisecond: the first of 691 at once, at best.
		{"auto takes the relay for a trace", "auto", emulator.Link{Trace: lte}, emulator.Link{}, "relay", 0, 690 * ms},
		{"perfect again", "tc", emulator.Link{}, emulator.Link{}, "none", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serving(t, netns.Config{Nodes: three, Engine: tt.engine})
			if err := w.SetLink("edge", tt.down, tt.up, 1); err != nil {
				t.Fatal(err)
			}
			r := ask(t, w, "edge", order{Do: "ping", Addr: w.Addr("repository"), Count: 10})
			if len(r.RTTs) != 10 {
				t.Fatalf("%d of 10 pings came back", len(r.RTTs))
			}
			if least := slices.Min(r.RTTs); least < tt.rtt || least > tt.rtt+50*ms {
				t.Errorf("least round trip %v, want %v and little more", least, tt.rtt)
			}
			r = ask(t, w, "edge", order{Do: "fetch", Addr: w.Addr("repository"), Bytes: size})
			if r.Bytes != size {
				t.Errorf("%d bytes arrived right, want %d", r.Bytes, size)
			}
			if r.Took < tt.took || r.Took > 3*tt.took+2*time.Second {
				t.Errorf("took %v, want %v and little more", r.Took, tt.took)
			}
			s, err := w.Status()
			if err != nil {
				t.Fatal(err)
			}
			down := s.Down["edge"]
			t.Logf("fetch %v, down %+v", r.Took, down)
			if down.Engine != tt.play {
				t.Errorf("down is played by %q, want %q", down.Engine, tt.play)
			}
			if !cmp.Equal(down.Asked, tt.down) || !cmp.Equal(s.Up["edge"].Asked, tt.up) {
				t.Errorf("asked %+v and %+v, want %+v and %+v", down.Asked, s.Up["edge"].Asked, tt.down, tt.up)
			}
			if strings.Contains(down.Reason, "frames") {
				t.Errorf("reason %q: frames were not carried as they should", down.Reason)
			}
			// 691 full frames carry 1 MB; ten pings came before.
			if down.Packets < 701 || down.Bytes > 1514*down.Packets {
				t.Errorf("%d bytes down in %d packets; want at least 701, none above 1514 bytes", down.Bytes, down.Packets)
			}
			// A segment has 66 bytes of headers, an answer to a ping is 50.
			if least := int64(size + 691*66 + 10*50); down.Bytes < least {
				t.Errorf("%d bytes down, want at least payload and headers, %d", down.Bytes, least)
			}
			if down.Clock <= 0 || down.Clock > time.Minute {
				t.Errorf("clock %v, want the time since the link was set", down.Clock)
			}
			if since := thread.Monotonic(time.Now()) - down.Zero; since < down.Clock || since > down.Clock+time.Minute {
				t.Errorf("clock %v, and it was 0 %v ago", down.Clock, since)
			}
		})
	}
}

// TestLinkSwaps changes one world's link from engine to engine. What was
// before must leave no trace.
func TestLinkSwaps(t *testing.T) {
	need(t, "netns", "veth", "relay", "htb", "ingress")
	w := serving(t, netns.Config{Nodes: three})
	fast := emulator.Link{Rate: 100 * unit.Mbps}
	delay := emulator.Link{Delay: 40 * ms}
	for i, step := range []struct {
		down, up         emulator.Link
		downPlay, upPlay string
		rtt              time.Duration
	}{
		{delay, delay, "relay", "relay", 80 * ms},
		{fast, fast, "tc", "tc", 0},
		{delay, emulator.Link{}, "relay", "relay", 40 * ms},
		{emulator.Link{}, emulator.Link{}, "none", "none", 0},
		{emulator.Link{}, fast, "none", "tc", 0},
		{emulator.Link{}, fast, "none", "tc", 0},
		{emulator.Link{}, delay, "relay", "relay", 40 * ms},
		{emulator.Link{}, emulator.Link{}, "none", "none", 0},
	} {
		if err := w.SetLink("edge", step.down, step.up, 1); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		r := ask(t, w, "edge", order{Do: "ping", Addr: w.Addr("control"), Count: 5})
		if len(r.RTTs) != 5 {
			t.Fatalf("step %d: %d of 5 pings came back", i, len(r.RTTs))
		}
		if least := slices.Min(r.RTTs); least < step.rtt || least > step.rtt+30*ms {
			t.Errorf("step %d: least round trip %v, want %v", i, least, step.rtt)
		}
		s, err := w.Status()
		if err != nil {
			t.Fatal(err)
		}
		down, up := s.Down["edge"], s.Up["edge"]
		if down.Engine != step.downPlay || up.Engine != step.upPlay {
			t.Errorf("step %d: played by %s and %s, want %s and %s", i, down.Engine, up.Engine, step.downPlay, step.upPlay)
		}
		// Five datagrams of 8 bytes, 14 + 20 + 8 before them; and no copy.
		if down.Packets != 5 || up.Packets != 5 || down.Bytes != 250 || up.Bytes != 250 {
			t.Errorf("step %d: %d packets, %d bytes down, %d, %d up; want 5 and 250",
				i, down.Packets, down.Bytes, up.Packets, up.Bytes)
		}
	}

	// 1 MB takes 335 ms at 25 Mbit/s; nothing of that rate may be left in
	// the kernel when the relay plays a link without one.
	for _, l := range []emulator.Link{{Rate: 25 * unit.Mbps}, {Delay: ms}} {
		if err := w.SetLink("edge", l, l, 1); err != nil {
			t.Fatal(err)
		}
	}
	best := time.Hour
	for range 5 {
		r := ask(t, w, "edge", order{Do: "fetch", Addr: w.Addr("control"), Bytes: 1_000_000})
		best = min(best, r.Took)
	}
	if best > 250*ms {
		t.Errorf("without a rate 1 MB took %v, at best", best)
	}
}

// TestLossIsSeeded: the same seed loses the same packets, and lost packets are
// counted.
func TestLossIsSeeded(t *testing.T) {
	need(t, "netns", "veth", "relay")
	w := serving(t, netns.Config{Nodes: three})
	lossy := emulator.Link{Loss: 0.5}
	back := func(seed uint64) []int {
		if err := w.SetLink("edge", lossy, emulator.Link{}, seed); err != nil {
			t.Fatal(err)
		}
		r := ask(t, w, "edge", order{Do: "ping", Addr: w.Addr("control"), Count: 12, Wait: 400 * ms})
		s, err := w.Status()
		if err != nil {
			t.Fatal(err)
		}
		lost := 12 - len(r.Back)
		if got := s.Down["edge"].Lost; got != int64(lost) {
			t.Errorf("seed %d: %d counted as lost, %d did not come back", seed, got, lost)
		}
		return r.Back
	}
	first := back(7)
	if again := back(7); !slices.Equal(first, again) {
		t.Errorf("with seed 7 came back %v, then %v", first, again)
	}
	// Two seeds agree on all of 12 once in 4096.
	if other := back(8); slices.Equal(first, other) {
		t.Errorf("with seeds 7 and 8 came back the same, %v", first)
	}
}

func TestSetLinkRefuses(t *testing.T) {
	need(t, "netns", "veth", "relay")
	w := serving(t, netns.Config{Nodes: three, Engine: "tc"})
	err := w.SetLink("edge", emulator.Link{Loss: 2}, emulator.Link{}, 1)
	if want := "link of edge: down: loss 2: want a probability from 0 to 1"; err == nil || err.Error() != want {
		t.Errorf("impossible link: %v, want %s", err, want)
	}
	if err := w.SetLink("moon", emulator.Link{}, emulator.Link{}, 1); err == nil {
		t.Error("a node that is not there: no error")
	}
	if netns.Probe("netem") == nil {
		return
	}
	err = w.SetLink("edge", emulator.Link{}, emulator.Link{Delay: ms}, 1)
	if !errors.Is(err, emulator.ErrUnsupported) || !strings.Contains(err.Error(), "up: a delay: sch_netem is not in this kernel") {
		t.Errorf("delay by tc without netem: %v", err)
	}
	s, err := w.Status()
	if err != nil || s.Down["edge"].Engine != "none" {
		t.Errorf("after a link that cannot be: %+v, %v; want the perfect one as before", s.Down["edge"], err)
	}
}
