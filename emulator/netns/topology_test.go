//go:build linux

package netns_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
)

// large is a world of three edges and two clouds, with the repository beside
// one of them, and a direct link from an edge to that cloud.
var large = netns.Config{
	Nodes: []netns.Node{
		{Name: "control"}, {Name: "repository", Beside: "cloud1"},
		{Name: "edge1"}, {Name: "edge2"}, {Name: "edge3"}, {Name: "cloud1"}, {Name: "cloud2"},
	},
	Pairs: []netns.Pair{{A: "edge1", B: "cloud1"}, {A: "cloud2", B: "edge1"}},
}

// largeLinks are the links of large.
var largeLinks = []string{"cloud1", "cloud2", "cloud2/edge1", "control", "edge1", "edge1/cloud1", "edge2", "edge3"}

// A flow is a transfer, and the directions that it takes on its way.
type flow struct {
	at, from string
	bulk     []string // directions in the order of travel, as "down NAME"
}

var largeFlows = []flow{
	{"edge2", "cloud2", []string{"up cloud2", "down edge2"}},
	{"cloud2", "edge3", []string{"up edge3", "down cloud2"}},
	{"control", "repository", []string{"up cloud1", "down control"}},
	{"repository", "edge2", []string{"up edge2", "down cloud1"}},
	{"edge2", "cloud1", []string{"up cloud1", "down edge2"}},
	// Beside each other: no link at all.
	{"repository", "cloud1", nil},
	{"cloud1", "repository", nil},
	// By the link of the pair, down towards A; A's second pair is another's B.
	{"edge1", "cloud1", []string{"down edge1/cloud1"}},
	{"cloud1", "edge1", []string{"up edge1/cloud1"}},
	{"cloud2", "edge1", []string{"down cloud2/edge1"}},
	{"edge1", "cloud2", []string{"up cloud2/edge1"}},
	// Who is beside an end of a pair is not part of it.
	{"edge1", "repository", []string{"up cloud1", "down edge1"}},
	{"repository", "edge1", []string{"up edge1", "down cloud1"}},
}

// TestTopology: what two nodes say to each other goes over the links between
// them, once, and over no other.
func TestTopology(t *testing.T) {
	need(t, "netns", "veth", "relay", "htb", "ingress")
	w := serving(t, large)
	for _, tt := range []struct {
		name string
		link emulator.Link
		by   string
	}{
		{"perfect", emulator.Link{}, "none"},
		{"relay", emulator.Link{Delay: ms}, "relay"},
		{"tc", emulator.Link{Rate: 200 * unit.Mbps}, "tc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range largeLinks {
				if err := w.SetLink(name, tt.link, tt.link, 1); err != nil {
					t.Fatal(err)
				}
			}
			for _, f := range largeFlows {
				checkFlow(t, w, f, tt.by, 2*time.Duration(len(f.bulk))*tt.link.Delay)
			}
		})
	}
}

// TestNoFrameIsSpent: nobody has to be looked for, on any link.
func TestNoFrameIsSpent(t *testing.T) {
	need(t, "netns", "veth", "ingress")
	w := serving(t, large)
	for _, f := range largeFlows {
		before := counts(t, w, "none")
		r := ask(t, w, f.at, order{Do: "ping", Addr: w.Addr(f.from), Count: 5})
		if len(r.RTTs) != 5 {
			t.Errorf("%s → %s: %d of 5 pings came back", f.at, f.from, len(r.RTTs))
		}
		for d, total := range counts(t, w, "none") {
			want := int64(0)
			if slices.Contains(f.bulk, d) || slices.Contains(f.bulk, opposite(d)) {
				want = 5 * 50 // 14 + 20 + 8 of headers, and 8
			}
			if got := total - before[d]; got != want {
				t.Errorf("%s → %s: %d bytes by %s, want %d", f.at, f.from, got, d, want)
			}
		}
	}
}

// TestTUN: the same where the relay carries packets by TUN interfaces. It then
// plays perfect links, too; but a site of several nodes has none.
func TestTUN(t *testing.T) {
	need(t, "netns", "veth", "relay", "tun")
	c := large
	c.Device = "tun"
	w := serving(t, c)
	for _, l := range w.Describe().Links {
		want := "tun"
		if l.Name == "cloud1" {
			want = "packet"
		}
		if l.Device != want {
			t.Errorf("link of %s goes by %s, want %s", l.Name, l.Device, want)
		}
	}
	s, err := w.Status()
	if err != nil {
		t.Fatal(err)
	}
	if e := s.Down["edge1"]; e.Engine != "relay" || e.Reason != "a perfect link, but what goes by TUN only the relay can play" {
		t.Errorf("a perfect link is played by %s because %q", e.Engine, e.Reason)
	}
	for _, name := range largeLinks {
		l := emulator.Link{Delay: ms}
		if err := w.SetLink(name, l, l, 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range largeFlows {
		checkFlow(t, w, f, "relay", 2*time.Duration(len(f.bulk))*ms)
	}
}

// checkFlow transfers something and looks where it went. A round trip takes at
// least rtt.
func checkFlow(t *testing.T, w *netns.World, f flow, engine string, rtt time.Duration) {
	t.Helper()
	const size = 100_000
	// 100 kB are 70 segments, each of which has 66 bytes of headers; they are
	// acknowledged by at most as many, opened and closed by a few more. On a
	// machine that is held up TCP sends some again that were not lost; twice as
	// many would be frames that two engines carry.
	const atLeast, acks, again = size + 70*66, 90 * 80, size / 2
	before := settled(t, w, engine)
	r := ask(t, w, f.at, order{Do: "fetch", Addr: w.Addr(f.from), Bytes: size})
	if r.Bytes != size {
		t.Errorf("%s from %s: %d bytes arrived right, want %d", f.at, f.from, r.Bytes, size)
	}
	// An answer begins half a round trip after the other end has sent what it
	// is to; by then the data has begun to come, so one round trip in all.
	if r.Took < rtt || r.Took > rtt+2*time.Second {
		t.Errorf("%s from %s: took %v, want %v and little more", f.at, f.from, r.Took, rtt)
	}
	after := settled(t, w, engine)
	back := map[string]bool{}
	for _, d := range f.bulk {
		back[opposite(d)] = true
	}
	for d, total := range after {
		got := total - before[d]
		switch {
		case slices.Contains(f.bulk, d):
			if got < atLeast || got > atLeast+acks+again {
				t.Errorf("%s from %s: %d bytes by %s, want %d and little more", f.at, f.from, got, d, atLeast)
			}
		case back[d]:
			if got == 0 || got > acks {
				t.Errorf("%s from %s: %d bytes back by %s, want some, at most %d", f.at, f.from, got, d, acks)
			}
		case got != 0:
			t.Errorf("%s from %s: %d bytes by %s, want none", f.at, f.from, got, d)
		}
	}
}

func opposite(direction string) string {
	if name, ok := strings.CutPrefix(direction, "up "); ok {
		return "down " + name
	}
	name, _ := strings.CutPrefix(direction, "down ")
	return "up " + name
}

// settled returns counts when the last acknowledgement has arrived.
func settled(t *testing.T, w *netns.World, engine string) map[string]int64 {
	t.Helper()
	last := counts(t, w, engine)
	for same := 0; same < 3; same++ {
		time.Sleep(10 * ms)
		now := counts(t, w, engine)
		if !maps.Equal(now, last) {
			last, same = now, -1
		}
	}
	return last
}

// counts returns the bytes that each direction has delivered.
func counts(t *testing.T, w *netns.World, engine string) map[string]int64 {
	t.Helper()
	s, err := w.Status()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]int64{}
	for prefix, links := range map[string]map[string]netns.LinkStatus{"down ": s.Down, "up ": s.Up} {
		if diff := cmp.Diff(largeLinks, slices.Sorted(maps.Keys(links))); diff != "" {
			t.Fatalf("links in Status (-want +got):\n%s", diff)
		}
		for name, l := range links {
			if l.Engine != engine {
				t.Errorf("%s%s is played by %s, want %s", prefix, name, l.Engine, engine)
			}
			all[prefix+name] = l.Bytes
		}
	}
	return all
}

// TestEveryLinkIsItsOwn: a link that is set leaves all others as they are.
func TestEveryLinkIsItsOwn(t *testing.T) {
	need(t, "netns", "veth", "relay")
	w := serving(t, large)
	for i, name := range []string{"cloud1", "cloud2", "control", "edge1", "edge2", "edge3", "edge1/cloud1", "cloud2/edge1"} {
		l := emulator.Link{Delay: time.Duration(10+i) * ms}
		if err := w.SetLink(name, l, emulator.Link{}, 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		from, to string
		rtt      time.Duration // one delay down at either end; a pair has one
	}{
		{"control", "edge2", 12*ms + 14*ms},
		{"edge2", "control", 12*ms + 14*ms},
		{"repository", "edge3", 10*ms + 15*ms},
		{"repository", "cloud1", 0},
		{"edge1", "cloud1", 16 * ms},
		{"edge1", "repository", 13*ms + 10*ms},
		{"edge1", "cloud2", 17 * ms},
		{"cloud2", "cloud1", 11*ms + 10*ms},
	} {
		r := ask(t, w, tt.from, order{Do: "ping", Addr: w.Addr(tt.to), Count: 5})
		if len(r.RTTs) != 5 {
			t.Fatalf("%s → %s: %d of 5 pings came back", tt.from, tt.to, len(r.RTTs))
		}
		if least := slices.Min(r.RTTs); least < tt.rtt || least >= tt.rtt+10*ms {
			t.Errorf("%s → %s: least round trip %v, want %v and little more", tt.from, tt.to, least, tt.rtt)
		}
	}
	for name, want := range map[string]string{
		"repository":   `link of repository: node "repository": it is beside "cloud1", whose link it shares`,
		"cloud1/edge1": `link of cloud1/edge1: "cloud1/edge1": want the name of a node or of a pair, such as ["cloud1" "cloud2" "cloud2/edge1" "control" "edge1" "edge1/cloud1" "edge2" "edge3"]`,
	} {
		if err := w.SetLink(name, emulator.Link{}, emulator.Link{}, 1); err == nil || err.Error() != want {
			t.Errorf("SetLink(%s): %v, want %s", name, err, want)
		}
	}
}

// TestDescribeTopology: who is where, by which link.
func TestDescribeTopology(t *testing.T) {
	need(t, "netns", "veth")
	w := open(t, large)
	for node, want := range map[string]string{
		"control": "10.77.1.2", "edge1": "10.77.3.2", "cloud1": "10.77.6.2", "repository": "10.77.6.3",
	} {
		if got := w.Addr(node); got != want {
			t.Errorf("Addr(%s) = %s, want %s", node, got, want)
		}
	}
	d := w.Describe()
	at := map[string]string{}
	for _, n := range d.Nodes {
		at[n.Name] = n.Link + " " + n.Address
	}
	if diff := cmp.Diff(map[string]string{
		"control": "control 10.77.1.2", "repository": "cloud1 10.77.6.3",
		"edge1": "edge1 10.77.3.2", "edge2": "edge2 10.77.4.2", "edge3": "edge3 10.77.5.2",
		"cloud1": "cloud1 10.77.6.2", "cloud2": "cloud2 10.77.7.2",
	}, at); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]netns.LinkDescription{
		{Name: "control", Joins: []string{"control"}, Device: "packet"},
		{Name: "edge1", Joins: []string{"edge1"}, Device: "packet"},
		{Name: "edge2", Joins: []string{"edge2"}, Device: "packet"},
		{Name: "edge3", Joins: []string{"edge3"}, Device: "packet"},
		{Name: "cloud1", Joins: []string{"cloud1", "repository"}, Device: "packet"},
		{Name: "cloud2", Joins: []string{"cloud2"}, Device: "packet"},
		{Name: "edge1/cloud1", Pair: true, Joins: []string{"edge1", "cloud1"}, Device: "packet"},
		{Name: "cloud2/edge1", Pair: true, Joins: []string{"cloud2", "edge1"}, Device: "packet"},
	}, d.Links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}
