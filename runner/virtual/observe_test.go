package virtual

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// TestCheck: a probe finds what was asked for. Over a link of steps it does so in
// the time that it takes: 4 Mbit/s for a second and 8 after that are a mean of
// 6 over two seconds, which 1.5 MB are.
func TestCheck(t *testing.T) {
	steps := &trace.Series{At: []time.Duration{0, time.Second}, Value: []float64{4e6, 8e6}, Period: 2 * time.Second}
	w := open(t, one(scenarios.Links{Down: narrow, Up: emulator.Link{Rates: steps, Delay: 30 * ms, Loss: 0.01}}))
	checks, err := w.Enter(t.Context(), w.entered, 1)
	if err != nil || len(checks) != 1 {
		t.Fatal(err, checks)
	}
	c := checks[0]
	if c.Node != "edge" || c.Engine != "sim" || c.Probes != 1 || c.AskedRTT != 40*ms || c.RTT != 40*ms {
		t.Errorf("%+v", c)
	}
	down, up := c.Links[0], c.Links[1]
	if down.AskedRate != 8*unit.Mbps || math.Abs(float64(down.Rate)/8e6-1) > 0.001 || down.Loss != 0 {
		t.Errorf("down: %+v", down)
	}
	if math.Abs(float64(up.AskedRate)/6e6-1) > 0.2 || math.Abs(float64(up.Rate)/float64(up.AskedRate)-1) > 0.001 || up.Loss != 0.01 {
		t.Errorf("up: %+v", up)
	}

	w = open(t, one(scenarios.Links{}))
	if checks, err = w.Enter(t.Context(), w.entered, 1); err != nil || len(checks) != 1 || checks[0].Links[0].AskedRate != 0 || checks[0].RTT != 0 {
		t.Errorf("%v: of a perfect link %+v", err, checks)
	}
}

// TestObserve: what a node could know is what there is: from the probe, and then
// from the requests of the arm. 8 Mbit/s are 8·1448/1514 of payload.
func TestObserve(t *testing.T) {
	w := open(t, one(scenarios.Links{Down: narrow, Up: narrow}, background(emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Share: 0.25}}})))
	near := func(what string, got, want, within float64) {
		t.Helper()
		if math.Abs(got/want-1) > within {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	knows := func(within, up float64) {
		t.Helper()
		d := observe(t, w)
		goodput := 8e6 * 1448 / 1514
		// The model of slow start by which uploads are measured leaves out what
		// frames themselves take in a round trip, and the request's head.
		near("up", float64(d.Up), goodput, up)
		near("back", float64(d.Back), goodput, 0.35) // an answer is one packet
		near("round trip", float64(d.RTT), float64(20*ms), within)
		near("down", float64(d.Down), goodput, within)
		near("round trip of a fetch", float64(d.FetchRTT), float64(20*ms), within)
		if d.Utilization != 0.25 || d.Cores != 2 {
			t.Errorf("%+v", d)
		}
	}
	knows(0.001, 0.001)
	for range 5 {
		prepare(t, w, "a")
		r := request("small")
		r.Image = make([]byte, 30_000)
		do(t, w, r)
	}
	knows(0.02, 0.13)
	w.Wait(time.Second)
	if a := observe(t, w).Ages; a.Up != time.Second || a.RTT != time.Second || a.Down < time.Second || a.Down > 2*time.Second {
		t.Errorf("ages %+v", a)
	}
}

// TestTelemetry: a line a second, whenever it is asked for.
func TestTelemetry(t *testing.T) {
	ramp := &trace.Series{At: []time.Duration{0, 1500 * ms}, Value: []float64{0.2, 0.6}, Period: time.Minute, Wrap: trace.Hold}
	l := emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Over: ramp}}, GPU: emulator.Level{Share: 0.5}, Resident: unit.MB,
		Up: emulator.Traffic{Level: emulator.Level{Share: 0.1}, Of: 8 * unit.Mbps}}
	w := open(t, one(scenarios.Links{Down: narrow, Up: narrow}, background(l)))
	if first, err := w.Telemetry(t.Context()); err != nil || first != nil {
		t.Fatalf("%v: at once: %+v", err, first)
	}
	do(t, w, request("small")) // a megabyte comes down in about 1.1 s
	w.Wait(3500*ms - w.Now())
	lines, err := w.Telemetry(t.Context())
	if err != nil || len(lines) != 4 {
		t.Fatalf("%v: %d lines", err, len(lines))
	}
	var bytes, ran float64
	for i, want := range []float64{0.2, 0.4, 0.6, 0.6} {
		l := lines[i]
		from, at := time.Duration(i)*time.Second, min(time.Duration(i+1)*time.Second, 3500*ms)
		if l.From != from || l.At != at || l.Node != "edge" || l.CPUAsked != want || l.CPUAchieved != want || l.CPUOthers != want || l.CPUBusy < want {
			t.Errorf("line %d: %+v", i, l)
		}
		loads := []record.LoadSample{{Resource: record.Resident, Asked: 1e6, Achieved: 1e6}, {Resource: record.GPU, Asked: 0.5, Achieved: 0.5},
			{Resource: record.TrafficUp, Asked: 0.1, Achieved: 0.1, Bps: 800_000}}
		if diff := cmp.Diff(loads, l.Loads); diff != "" {
			t.Errorf("line %d: loads (-want +got):\n%s", i, diff)
		}
		if len(l.Links) != 2 || l.Links[0].Direction != "down" || l.Links[1].Direction != "up" || l.Links[0].Asked != 8*unit.Mbps || l.Links[0].Delay != 10*ms {
			t.Errorf("line %d: links %+v", i, l.Links)
		}
		bytes += float64(l.Links[0].Rate) / 8 * (at - from).Seconds()
		ran += (l.CPUBusy - l.CPUOthers) * 2 * (at - from).Seconds()
	}
	// 1000250 bytes of the file in 691 segments, and 3404 of the request in 3;
	// handshakes and acknowledgements are not counted.
	if want := 1000250 + 691*66 + 3404 + 3*66 - 1.; bytes < want || bytes > 1.01*want {
		t.Errorf("%.0f bytes came down, want %.0f", bytes, want)
	}
	// 62 ms of computing take 62·S(u): S is 1/(1−u) here up to a half, and the
	// load 0.2 until 1.5 s.
	if want := 0.062 / 0.8; math.Abs(ran/want-1) > 0.001 {
		t.Errorf("computed for %.4f s, want %.4f", ran, want)
	}
	if again, _ := w.Telemetry(t.Context()); again != nil {
		t.Errorf("at once again: %+v", again)
	}
}

// TestTold: what a link offered is told as it was, also where it was turned back
// in the middle of a line.
func TestTold(t *testing.T) {
	steps := &trace.Series{At: []time.Duration{0, 500 * ms}, Value: []float64{4e6, 8e6}, Period: time.Minute, Wrap: trace.Hold}
	w := open(t, one(scenarios.Links{Down: emulator.Link{Rates: steps}, Up: narrow}))
	w.Wait(750 * ms) // 0.5 s of 4 Mbit/s and 0.25 of 8
	rewind(t, w, 0)
	w.Wait(250 * ms) // of 4
	lines, _ := w.Telemetry(t.Context())
	if len(lines) != 1 || lines[0].Links[0].Asked != 5*unit.Mbps {
		t.Errorf("%+v, want a line that says 5 Mbit/s", lines)
	}
}
