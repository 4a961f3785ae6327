package stats

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
)

// TestValidity puts one thing outside its tolerance (5 % of a rate, 2 ms of a
// round trip, 5 points of CPU, 5 % failures) in a condition of twenty pairs.
func TestValidity(t *testing.T) {
	probe := func(edit func(*record.Check)) func(*small) {
		return func(s *small) {
			for rep := range 2 {
				c := record.Check{Condition: "c", Repetition: rep, Node: "edge", Engine: "relay", AskedRTT: 20 * ms, RTT: 20 * ms,
					Links: []record.LinkCheck{{Direction: "down", AskedRate: 5 * unit.Mbps, Rate: 5 * unit.Mbps}, {Direction: "up", Rate: 900 * unit.Mbps}}}
				if rep == 1 {
					edit(&c)
				}
				s.Checks = append(s.Checks, c)
			}
		}
	}
	cpu := func(achieved ...float64) func(*small) {
		return func(s *small) {
			for _, a := range achieved {
				s.Telemetry = append(s.Telemetry, record.Telemetry{Condition: "c", Node: "edge", CPUAsked: 0.5, CPUAchieved: a})
			}
			// None counts: no load was asked for, or it is another condition's or node's.
			s.Telemetry = append(s.Telemetry, record.Telemetry{Condition: "c", Node: "cloud", CPUAsked: 0.9, CPUAchieved: 0.9})
			s.Telemetry = append(s.Telemetry, record.Telemetry{Condition: "c", Node: "edge", CPUAchieved: 1}, record.Telemetry{Condition: "d", Node: "edge", CPUAsked: 0.5})
		}
	}
	fail := func(n int) func(*small) {
		return func(s *small) {
			for i := range n {
				s.Requests[2*i].Error = "timeout"
			}
		}
	}
	for _, tt := range []struct {
		name  string
		spoil func(*small)
		want  []string
	}{
		{"as asked", probe(func(*record.Check) {}), nil},
		{"a rate 5 % off", probe(func(c *record.Check) { c.Links[0].Rate = 4750 * unit.Kbps }), nil},
		{"a rate 18 % low", probe(func(c *record.Check) { c.Links[0].Rate = 4100 * unit.Kbps }), []string{"edge down: achieved 4.1 Mbps of 5 Mbps asked, tolerance 5 % (in 1 of 2 trials)"}},
		{"a rate 10 % high", probe(func(c *record.Check) { c.Links[0].Rate = 5500 * unit.Kbps }), []string{"edge down: achieved 5.5 Mbps of 5 Mbps asked, tolerance 5 % (in 1 of 2 trials)"}},
		{"a round trip 2 ms long", probe(func(c *record.Check) { c.RTT = 22 * ms }), nil},
		{"a round trip 5 ms long", probe(func(c *record.Check) { c.RTT = 25 * ms }), []string{"edge round trip: achieved 25 ms of 20 ms asked, tolerance 2 ms (in 1 of 2 trials)"}},
		{"a round trip 3 ms short", probe(func(c *record.Check) { c.RTT = 17 * ms }), []string{"edge round trip: achieved 17 ms of 20 ms asked, tolerance 2 ms (in 1 of 2 trials)"}},
		{"between real machines the round trip is what it is", probe(func(c *record.Check) { c.Engine, c.AskedRTT, c.RTT = record.Real, 0, 80*ms }), nil},
		{"load on average as asked", cpu(0.4, 0.6), nil},
		{"too little load", cpu(0.4, 0.42), []string{"edge cpu: achieved 41.0 % of 50.0 % asked, tolerance 5 points"}},
		{"too much load", cpu(0.6, 0.6), []string{"edge cpu: achieved 60.0 % of 50.0 % asked, tolerance 5 points"}},
		{"a moment of too little load", func(s *small) {
			s.Telemetry = []record.Telemetry{
				{Condition: "c", Node: "edge", From: 0, At: time.Second, CPUAsked: 0.5, CPUAchieved: 0.5},
				{Condition: "c", Node: "edge", From: time.Second, At: 1100 * ms, CPUAsked: 0.5, CPUAchieved: 0.1}, // (0.5·1 + 0.1·0.1)/1.1 = 0.464
			}
		}, nil},
		{"a second without a number", cpu(0.5, math.NaN()), nil},
		{"1 of 40 failed", fail(1), nil},
		{"2 of 40 failed, both of one arm", fail(2), []string{"greedy: 2 of 20 requests failed, tolerance 5 %"}},
		{"3 of 40 failed", fail(3), []string{"3 of 40 requests failed, tolerance 5 %"}},
		{"no pairs", func(s *small) { s.Requests = s.Requests[:1] }, []string{"no pairs: nothing of advanced is recorded"}},
	} {
		s := newSmall("c")
		s.many("c", 20, 100*ms, 50*ms)
		tt.spoil(s)
		got := Summarize(s.Run).Conditions[0]
		if diff := cmp.Diff(orEmpty(tt.want), Texts(got.Reasons)); diff != "" {
			t.Errorf("%s: reasons (-want +got)\n%s", tt.name, diff)
		}
		if got.Valid != (len(tt.want) == 0) {
			t.Errorf("%s: valid %v", tt.name, got.Valid)
		}
	}
}

// TestLinks: two trials found 4.9 and 5.0 Mbps and round trips of 20 and 21 ms
// where 5 Mbps and 20 ms were asked: half of the excess of 0.5 ms is laid on
// each direction.
func TestLinks(t *testing.T) {
	s := newSmall("c")
	s.Header.Conditions[0].Links = []record.Link{{Node: "edge", Direction: "down", Rate: 5 * unit.Mbps, Delay: 15 * ms}, {Node: "edge", Direction: "up", Delay: 5 * ms}}
	s.Header.Conditions[0].Background = []record.Background{{Node: "edge", Resource: "cpu", Asked: 0.5}}
	for rep, rate := range []unit.BitRate{4900 * unit.Kbps, 5000 * unit.Kbps} {
		s.Checks = append(s.Checks, record.Check{Condition: "c", Repetition: rep, Node: "edge", Engine: "tc", AskedRTT: 20 * ms, RTT: 20*ms + ms*time.Duration(rep),
			Links: []record.LinkCheck{{Direction: "down", AskedRate: 5 * unit.Mbps, Rate: rate}}})
		s.Telemetry = append(s.Telemetry, record.Telemetry{Condition: "c", Node: "edge", CPUAsked: 0.5, CPUAchieved: 0.48, CPUBusy: 0.8, CPUOthers: 0.6})
	}
	got := Summarize(s.Run).Conditions[0]
	down := Link{Node: "edge", Direction: "down", Engine: "tc", Asked: Path{5e6, 15, 20, 0}, Achieved: Path{4.95e6, 15.25, 20.5, 0}}
	if got.Links[0].Achieved.Loss.Known() {
		t.Errorf("the kernel does not tell losses, but they are %v", got.Links[0].Achieved.Loss)
	}
	got.Links[0].Achieved.Loss = 0 // a NaN is no NaN's equal
	if diff := cmp.Diff(down, got.Links[0]); diff != "" {
		t.Errorf("down (-want +got)\n%s", diff)
	}
	if up := got.Links[1]; up.Asked.Rate.Known() || up.Achieved.Rate.Known() || up.Achieved.Delay != 5.25 {
		t.Errorf("up %+v, want no rates and 5.25 ms", up)
	}
	want := []Background{{Node: "edge", Resource: "cpu", Asked: 0.5, Achieved: 0.48, Busy: 0.8, Off: Missing(), Bps: Missing(),
		Users: &Users{Load: 0.48, Inference: 0.2, Others: 0.12, Idle: 0.2}}}
	if diff := cmp.Diff(want, got.Background, sameNumber); diff != "" {
		t.Errorf("background (-want +got)\n%s", diff)
	}
}
