package stats

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// TestTrial: the first trial that has an answer, on a clock that begins with
// its first request; telemetry and probes of that trial alone.
func TestTrial(t *testing.T) {
	s := newSmall("c")
	for rep := range 3 {
		s.pair("c", rep, 0, 100*ms, 50*ms)
		for i := range 2 {
			r := &s.Requests[2*rep+i]
			r.Sent = time.Duration(10*rep+i) * time.Second
			r.Done = r.Sent + r.Measured
			if rep == 0 {
				r.Error = "timeout"
			}
		}
		s.Telemetry = append(s.Telemetry,
			record.Telemetry{From: time.Duration(10*rep)*time.Second - 1500*ms, At: time.Duration(10*rep)*time.Second - 500*ms, Condition: "c", Repetition: rep, Node: "edge", CPUAsked: 0.1},
			record.Telemetry{From: time.Duration(10*rep)*time.Second - 500*ms, At: time.Duration(10*rep)*time.Second + 500*ms, Condition: "c", Repetition: rep, Node: "edge",
				CPUAsked: 0.5, CPUAchieved: 0.4, CPUBusy: 0.9})
		s.Checks = append(s.Checks, record.Check{Condition: "c", Repetition: rep, Node: "edge", Links: []record.LinkCheck{{Direction: "down", AskedRate: 5e6, Rate: unit.BitRate(rep) * 1e6}}})
	}
	got := Collect(s.Run).Cells[0].Trial
	want := Trial{Repetition: 1, Timeline: Timeline{
		Links: []LinkCourse{{Node: "edge", Direction: "down", Probes: []Point{{0, 1e6}}}},
		CPUs:  []CPUCourse{{Node: "edge", Asked: []Point{{0, 0.5}, {0.5, 0.5}}, Achieved: []Point{{0, 0.4}, {0.5, 0.4}}, Busy: []Point{{0, 0.9}, {0.5, 0.9}}}},
		Dots:  []Dot{{0, 100, 0, 0}, {1, 50, 1, 1}}, Requests: 2, Trials: []Span{{0, 1.05, 0}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("trial (-want +got)\n%s", diff)
	}
}

// TestNoTrial: a condition without answers has none.
func TestNoTrial(t *testing.T) {
	s := newSmall("c")
	s.pair("c", 0, 0, 0, 0)
	if got := Collect(s.Run).Cells[0].Trial; got.Requests > 0 || len(got.Trials) > 0 {
		t.Errorf("trial %+v, want none", got)
	}
}

// TestIdleNodes: of two nodes that requests can go to, those of a condition all
// went to the edge: the other's telemetry is left out, as is its link.
func TestIdleNodes(t *testing.T) {
	s := newSmall("c")
	s.Header.Profile = []selector.Option{{Model: "big", Node: "edge"}, {Model: "big", Node: "cloud"}}
	s.pair("c", 0, 0, 100*ms, 50*ms)
	for _, node := range []string{"cloud", "edge"} {
		s.Telemetry = append(s.Telemetry, record.Telemetry{At: time.Second, Condition: "c", Node: node, CPUAsked: 0.5,
			Links: []record.LinkSample{{Direction: "down", Asked: 5e6, Rate: 1e6}, {Link: "cloud", Direction: "down", Asked: 9e6}}})
		s.Checks = append(s.Checks, record.Check{Condition: "c", Node: node, Links: []record.LinkCheck{{Direction: "down", AskedRate: 5e6, Rate: 5e6}}})
	}
	got := Collect(s.Run).Cells[0].Trial
	if len(got.CPUs) != 1 || got.CPUs[0].Node != "edge" || len(got.Links) != 1 || got.Links[0].Node != "edge" {
		t.Errorf("CPUs %+v and links %+v, want those of the edge alone", got.CPUs, got.Links)
	}
}
