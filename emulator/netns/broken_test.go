//go:build linux

package netns_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
)

// TestBreak: each fault is there, and without it is not.
func TestBreak(t *testing.T) {
	need(t, "netns", "veth", "relay", "htb", "ingress")
	// 10 kB are in 7 frames, 10 462 bytes, and take 83.7 ms at 1 Mbit/s. A
	// bucket of 1514 + 125 bytes forgives 13.1 ms, and that of the last frame
	// that it has only to begin with it, 11 to 12; one of 64 KiB forgives all.
	slow := emulator.Link{Rate: 1 * unit.Mbps, Queue: 100_000}
	for _, tt := range []struct {
		name, engine, broken string
		least, most          time.Duration // of a fetch of 10 kB
		dropped              bool
	}{
		{"nothing", "tc", "", 55 * ms, 500 * ms, false},
		{"nothing", "relay", "", 83 * ms, 500 * ms, false},
		{"buckets", "tc", "burst", 0, 40 * ms, false},
		{"limit", "tc", "limit", 0, 10 * time.Second, true},
		{"limit", "relay", "limit", 0, 10 * time.Second, true},
	} {
		t.Run(tt.name+" by "+tt.engine, func(t *testing.T) {
			w := serving(t, netns.Config{Nodes: three, Engine: tt.engine, Break: tt.broken})
			best := time.Hour
			for range 3 {
				if err := w.SetLink("edge", slow, emulator.Link{}, 1); err != nil {
					t.Fatal(err)
				}
				r := ask(t, w, "edge", order{Do: "fetch", Addr: w.Addr("repository"), Bytes: 10_000})
				best = min(best, r.Took)
			}
			if best < tt.least || best > tt.most {
				t.Errorf("10 kB took %v at best, want %v to %v", best, tt.least, tt.most)
			}
			s, err := w.Status()
			if err != nil {
				t.Fatal(err)
			}
			down := s.Down["edge"]
			if (down.Dropped > 0) != tt.dropped || down.Asked.Queue != slow.Queue {
				t.Errorf("dropped %d of a link asked as %+v", down.Dropped, down.Asked)
			}
			if got := w.Describe().Break; got != tt.broken {
				t.Errorf("described as broken: %q, want %q", got, tt.broken)
			}
		})
	}
}

// TestOffloadsStay: packets are as large as TCP makes them.
func TestOffloadsStay(t *testing.T) {
	need(t, "netns", "veth", "htb", "ingress")
	for broken, most := range map[string]int64{"": 1514, "offload": 64 << 10} {
		w := serving(t, netns.Config{Nodes: three, Engine: "tc", Break: broken})
		if err := w.SetLink("edge", emulator.Link{Rate: 20 * unit.Mbps}, emulator.Link{}, 1); err != nil {
			t.Fatal(err)
		}
		ask(t, w, "edge", order{Do: "fetch", Addr: w.Addr("repository"), Bytes: 200_000})
		s, err := w.Status()
		if err != nil {
			t.Fatal(err)
		}
		down := s.Down["edge"]
		if mean := down.Bytes / down.Packets; mean > most || broken != "" && mean < 2*1514 {
			t.Errorf("break %q: packets of %d bytes on average, in %d", broken, mean, down.Packets)
		}
	}
}

// TestOffloadsShow: the relay says of packets that it could not take for what
// they are.
func TestOffloadsShow(t *testing.T) {
	need(t, "netns", "veth", "relay")
	w := serving(t, netns.Config{Nodes: three, Engine: "relay", Break: "offload"})
	if err := w.SetLink("edge", emulator.Link{Delay: ms}, emulator.Link{}, 1); err != nil {
		t.Fatal(err)
	}
	// A connection does not come about.
	if err := json.NewEncoder(w.Conn("edge")).Encode(order{Do: "fetch", Addr: w.Addr("control"), Bytes: 1}); err != nil {
		t.Fatal(err)
	}
	var reason string
	for range 100 {
		s, err := w.Status()
		if err != nil {
			t.Fatal(err)
		}
		if reason = s.Up["edge"].Reason; strings.Contains(reason, "frames without checksum") {
			return
		}
		time.Sleep(50 * ms)
	}
	t.Errorf("reason %q, want it to say of frames without checksum", reason)
}
