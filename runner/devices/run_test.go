package devices_test

import (
	"bufio"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// machines are a host that runs the testbed, and a device of either kind, each
// in a network of its own, joined by perfect links.
func machines(t *testing.T) *netns.World {
	t.Helper()
	library(t)
	needs.Probed(t, netns.Probe, "netns", "veth")
	w, err := netns.Open(t.Context(), netns.Config{Nodes: []netns.Node{
		{Name: "host", Args: []string{asHost}}, {Name: "ours", Args: []string{asNode}}, {Name: "theirs", Args: []string{asFake}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"ours", "theirs"} {
		if !bufio.NewScanner(w.Conn(name)).Scan() {
			t.Fatalf("%s does not get ready", name)
		}
	}
	return w
}

// run has the host carry out a plan, and reads what it recorded.
func run(t *testing.T, w *netns.World, p *scenarios.Plan) (result, record.Run) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := json.NewEncoder(w.Conn("host")).Encode(job{p, dir}); err != nil {
		t.Fatal(err)
	}
	var r result
	if err := json.NewDecoder(w.Conn("host")).Decode(&r); err != nil {
		t.Fatal(err)
	}
	if r.Err != "" {
		return r, record.Run{}
	}
	recorded, err := record.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r, recorded
}

// whole checks what holds of every run that went well: every pair under both
// arms, phases that add up to the request, and models that see what they were
// sent.
func whole(t *testing.T, r result, run record.Run, pairs int) {
	t.Helper()
	if r.Err != "" {
		t.Fatal(r.Err)
	}
	if want := 2 * (pairs + 1); len(run.Requests) != want {
		t.Fatalf("%d requests, want %d", len(run.Requests), want)
	}
	right := 0
	for _, q := range run.Requests {
		if q.Error != "" {
			t.Fatalf("request %+v", q)
		}
		for _, d := range []time.Duration{q.Phases.Upload, q.Phases.Queue, q.Phases.Fetch, q.Phases.Load, q.Phases.Preprocess, q.Phases.Infer, q.Phases.Download} {
			if d < 0 {
				t.Errorf("a phase of %+v is negative", q.Phases)
			}
		}
		if q.Phases.Total() != q.Done-q.Sent || q.Sent < q.Due {
			t.Errorf("phases add up to %v of a request from %v to %v, due at %v", q.Phases.Total(), q.Sent, q.Done, q.Due)
		}
		if q.Prediction == q.Label {
			right++
		}
	}
	// The models are right in nine of ten images of their test set or more.
	if right*10 < len(run.Requests)*7 {
		t.Errorf("%d of %d requests were answered right: images are not what models see", right, len(run.Requests))
	}
}

// TestRun carries plans through a world of machines, from the profile to the
// last request, under both selectors.
func TestRun(t *testing.T) {
	w := machines(t)
	t.Run("over perfect links", func(t *testing.T) { runOverPerfectLinks(t, w) })
	t.Run("over a shaped link", func(t *testing.T) { runOverAShapedLink(t, w) })
	t.Run("against another server", func(t *testing.T) { runAgainstAnotherServer(t, w) })
}

// runOverPerfectLinks is cold: each request fetches its model over the network,
// from the host.
func runOverPerfectLinks(t *testing.T, w *netns.World) {
	p := plan("cold", 5, oneNode("http://"+w.Addr("ours")+":8801"))
	p.Conditions[0].Background = map[string]emulator.Load{"edge": ofCPUs(0.3)}
	r, recorded := run(t, w, p)
	whole(t, r, recorded, 5)
	sizes := map[string]unit.Bytes{}
	for _, m := range models() {
		sizes[m.Name] = unit.Bytes(m.Bytes)
	}
	for _, q := range recorded.Requests {
		if q.Got != sizes[q.Model] || q.Phases.Fetch <= 0 || q.Phases.Load <= 0 || q.Phases.Infer <= 0 {
			t.Errorf("%s: fetched %v of %v, phases %+v", q.Model, q.Got, sizes[q.Model], q.Phases)
		}
	}
	edge := r.Described.Nodes["edge"]
	if edge.Description == nil || edge.PID == 0 || edge.Clock == nil || edge.Repository == "" || r.Described.World.Repository == "" {
		t.Errorf("described as %+v", edge)
	}
	// Namespaces of one host share a clock, which the test can see and the
	// world cannot.
	if edge.Clock != nil && (edge.Clock.Error <= 0 || edge.Clock.Ahead.Abs() > edge.Clock.Error) {
		t.Errorf("the same clock is %v ahead, give or take %v", edge.Clock.Ahead, edge.Clock.Error)
	}
	asked := false
	for _, e := range recorded.Telemetry {
		asked = asked || e.Node == "edge" && math.Abs(e.CPUAsked-0.3) < 1e-6 && e.CPUAchieved > 0 && e.RSS > 0 && e.MemoryFree > 0
	}
	if !asked {
		t.Errorf("no telemetry tells of the background load: %+v", recorded.Telemetry)
	}
}

// runOverAShapedLink: there are 8 Mbit/s towards the device, half of that from
// it, and 20 ms each way, of which the host knows nothing. An image of 3 kB or
// so takes as long to upload as the link says, and so does a model to fetch;
// the answer comes back in one delay.
func runOverAShapedLink(t *testing.T, w *netns.World) {
	const rate, back, delay = 8 * unit.Mbps, 4 * unit.Mbps, 20 * ms
	if err := w.SetLink("ours", emulator.Link{Rate: rate, Delay: delay}, emulator.Link{Rate: back, Delay: delay}, 1); err != nil {
		t.Fatal(err)
	}
	r, recorded := run(t, w, plan("first", 8, oneNode("http://"+w.Addr("ours")+":8801")))
	whole(t, r, recorded, 8)
	fetches := 0
	for _, q := range recorded.Requests {
		// What was sent cannot arrive sooner than the link lets it; nor can the
		// answer. Clocks are compared to within a round trip at most, and here
		// to much less.
		least := delay + rate.TimeToSend(q.Up)
		slack := r.Described.Nodes["edge"].Clock.Error
		if q.Phases.Upload < least-slack || q.Phases.Download < delay-slack || q.Phases.Upload+q.Phases.Download < least+delay {
			t.Errorf("%v up in %v and %v down in %v: want at least %v and %v", q.Up, q.Phases.Upload, q.Down, q.Phases.Download, least, delay)
		}
		if q.Got == 0 {
			continue
		}
		fetches++
		// A handshake, the request and the answer: two round trips.
		if least := 4*delay + rate.TimeToSend(q.Got); q.Phases.Fetch < least {
			t.Errorf("%v fetched in %v: want at least %v", q.Got, q.Phases.Fetch, least)
		}
	}
	if fetches == 0 {
		t.Error("no model was fetched, though none was there when the trial began")
	}
	if len(recorded.Checks) != 1 {
		t.Fatalf("checks %+v, want one", recorded.Checks)
	}
	c := recorded.Checks[0]
	if c.Node != "edge" || c.Engine != "real" || c.AskedRTT != 0 || c.RTT < 2*delay || c.RTT > 2*delay+20*ms || len(c.Links) != 2 {
		t.Errorf("check %+v", c)
	}
	for _, l := range c.Links {
		given := map[string]unit.BitRate{"down": rate, "up": back}[l.Direction]
		if off := float64(l.Rate)/float64(given) - 1; l.AskedRate != 0 || math.Abs(off) > 0.1 {
			t.Errorf("%s: %v of a link of %v", l.Direction, l.Rate, given)
		}
	}
	// Selectors know what was probed before the first request. Images go the
	// way of models.
	if o := recorded.Decisions[0].Observed.Device("edge"); o.Up < rate*8/10 || o.Up > rate || o.Back < back*8/10 || o.Back > back || o.Down < rate*8/10 || o.RTT < 2*delay || o.FetchRTT < 2*delay {
		t.Errorf("first observation %+v", o)
	}
	// And then what requests showed: an image of 3 kB or so takes 3 ms, to which
	// a busy machine adds some.
	for _, d := range recorded.Decisions[2:] {
		o := d.Observed.Device("edge")
		if o.Up < rate/8 || o.Up > 3*rate || o.RTT < 2*delay-5*ms || o.RTT > 3*delay || o.Ages.Up <= 0 || o.Ages.Up > time.Minute {
			t.Errorf("observation %d of %s: %+v", d.Observed.Seq, d.Arm, o)
		}
	}
}

// runAgainstAnotherServer: images are prepared on the host, the server's
// statistics say what it spent, and it waits 3 ms before each request.
func runAgainstAnotherServer(t *testing.T, w *netns.World) {
	link := emulator.Link{Rate: 20 * unit.Mbps, Delay: 10 * ms}
	if err := w.SetLink("theirs", link, link, 1); err != nil {
		t.Fatal(err)
	}
	n := oneNode("http://" + w.Addr("theirs") + ":8000")
	n.Protocol = "oip"
	r, recorded := run(t, w, plan("warm", 8, n))
	whole(t, r, recorded, 8)
	for _, q := range recorded.Requests {
		if q.Phases.Queue < 3*ms || q.Phases.Infer <= 0 || q.Phases.Preprocess <= 0 || q.Phases.Upload < 20*ms {
			t.Errorf("phases %+v: want a queue of 3 ms, and a round trip of 20 ms in upload", q.Phases)
		}
	}
	// What is asked of the server before a request is not of the request.
	if !slices.ContainsFunc(recorded.Requests, func(q record.Request) bool { return q.Phases.Preprocess < 15*ms }) {
		t.Error("preprocessing takes a round trip of the network")
	}
	edge := r.Described.Nodes["edge"]
	want := []string{"tensor", "tensor"}
	var got []string
	for _, m := range edge.Models {
		got = append(got, m.Takes)
	}
	if diff := cmp.Diff(want, got); diff != "" || edge.Server != "triton" || edge.Version != "2.41.0" {
		t.Errorf("described as %+v", edge)
	}
	if c := recorded.Checks[0]; c.RTT < 20*ms || c.RTT > 60*ms || len(c.Links) != 0 {
		t.Errorf("check %+v", c)
	}
	for _, o := range recorded.Header.Profile {
		if o.Infer <= 0 || o.Preprocess <= 0 || o.Accuracy == 0 || o.Infer > 20*ms {
			t.Errorf("profile %+v", o)
		}
	}
}
