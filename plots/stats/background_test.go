package stats

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// TestBackground holds the load of each resource to the tolerance of 5 points.
func TestBackground(t *testing.T) {
	of := func(resource string, asked float64, varies bool, also string) record.Background {
		return record.Background{Node: "edge", Resource: resource, Asked: asked, Varies: varies, Also: also}
	}
	sample := func(resource string, asked, achieved float64) record.Telemetry {
		return record.Telemetry{Loads: []record.LoadSample{{Resource: resource, Asked: asked, Achieved: achieved, Bps: 1e9 * achieved}}}
	}
	cpu := func(asked, achieved, busy, others, throttled float64) record.Telemetry {
		return record.Telemetry{CPUAsked: asked, CPUAchieved: achieved, CPUBusy: busy, CPUOthers: others, CPUThrottled: throttled}
	}
	for _, tt := range []struct {
		name    string
		asked   record.Background
		lines   []record.Telemetry
		reasons []string
		warned  string
	}{
		{"bandwidth as asked", of("memory", 0.5, false, ""), []record.Telemetry{sample("memory", 0.5, 0.46)}, nil, ""},
		{"too little bandwidth", of("memory", 0.5, false, ""), []record.Telemetry{sample("memory", 0.5, 0.4)},
			[]string{"edge memory: achieved 40.0 % of 50.0 % asked, tolerance 5 points"}, ""},
		{"memory held within 5 %", of("resident", 1e9, false, ""), []record.Telemetry{sample("resident", 1e9, 0.96e9)}, nil, ""},
		{"too little memory held", of("resident", 1e9, false, ""), []record.Telemetry{sample("resident", 1e9, 0.9e9)},
			[]string{"edge resident: achieved 900 MB of 1 GB asked, tolerance 5 %"}, ""},
		{"a GPU that is not busy", of("gpu", 0.8, false, ""), []record.Telemetry{sample("gpu", 0.8, 0.1)},
			[]string{"edge gpu: achieved 10.0 % of 80.0 % asked, tolerance 5 points"}, ""},
		{"paced traffic that does not pass", of("traffic-down", 0.5, false, "paced UDP"), []record.Telemetry{sample("traffic-down", 0.5, 0.3)},
			[]string{"edge traffic-down: achieved 30.0 % of 50.0 % asked, tolerance 5 points"}, ""},
		{"TCP that gives way", record.Background{Node: "edge", Resource: "traffic-down", Asked: 0.5, Gives: true, Also: "of 5Mbps, TCP"}, []record.Telemetry{sample("traffic-down", 0.5, 0.3)}, nil, "TCP gives way"},
		{"a trace that is called after TCP", of("traffic-down", 0.5, false, "of 5Mbps, UDP, tcpdump.csv"), []record.Telemetry{sample("traffic-down", 0.5, 0.3)},
			[]string{"edge traffic-down: achieved 30.0 % of 50.0 % asked, tolerance 5 points"}, ""},
		{"nothing was counted", of("gpu", 0.8, false, ""), nil, nil, "edge gpu: no telemetry says what background load was achieved"},
		{"telemetry alone", record.Background{}, []record.Telemetry{sample("memory", 0.5, 0.4)},
			[]string{"edge memory: achieved 40.0 % of 50.0 % asked, tolerance 5 points"}, ""},
		// 0.3 of the CPUs are left, of which the load has 0.2.
		{"the inference has the rest", of("cpu", 0.5, false, ""), []record.Telemetry{cpu(0.5, 0.2, 1, 0.3, 0)},
			[]string{"edge cpu: achieved 20.0 % of 50.0 % asked, tolerance 5 points; the rest had: inference 70 %, other tenants of the machine 10 %"}, ""},
		{"others have the rest, and the quota", of("cpu", 0.5, false, ""), []record.Telemetry{cpu(0.5, 0.2, 0.9, 0.85, 0.31)},
			[]string{"edge cpu: achieved 20.0 % of 50.0 % asked, tolerance 5 points; the rest had: other tenants of the machine 65 %, nobody 10 %, inference 5 %; the node's quota held it back 31 % of the time"}, ""},
		{"a level that is followed", of("cpu", 0.5, true, ""), []record.Telemetry{cpu(0, 0.02, 0, 0, 0), cpu(1, 0.97, 0, 0, 0)}, nil, ""},
		{"a level that is right on average only", of("cpu", 0.5, true, ""), []record.Telemetry{cpu(0, 0.4, 0, 0, 0), cpu(1, 0.6, 0, 0, 0)},
			[]string{"edge cpu: off by 40.0 points second by second, on average, of a level that varies; tolerance 5 points"}, ""},
	} {
		s := newSmall("c")
		s.many("c", 8, 100*ms, 50*ms)
		if tt.asked.Resource != "" {
			s.Header.Conditions[0].Background = []record.Background{tt.asked}
		}
		for i, l := range tt.lines {
			l.Condition, l.Node, l.From, l.At = "c", "edge", time.Duration(i)*time.Second, time.Duration(i+1)*time.Second
			s.Telemetry = append(s.Telemetry, l)
		}
		got := Summarize(s.Run).Conditions[0]
		if diff := cmp.Diff(orEmpty(tt.reasons), Texts(got.Reasons)); diff != "" {
			t.Errorf("%s: reasons (-want +got)\n%s", tt.name, diff)
		}
		if all := strings.Join(Texts(got.Warnings), "\n"); tt.warned != "" && !strings.Contains(all, tt.warned) {
			t.Errorf("%s: warnings do not say %q:\n%s", tt.name, tt.warned, all)
		}
	}
}

// TestBulk: of a transfer as fast as it can go nothing is asked, so nothing is
// missed; what it got is told.
func TestBulk(t *testing.T) {
	s := newSmall("c")
	s.many("c", 8, 100*ms, 50*ms)
	s.Header.Conditions[0].Background = []record.Background{{Node: "edge", Resource: "traffic-down", Gives: true, Also: "TCP as fast as it can"}}
	for i, got := range []float64{0.2, 0.6} {
		s.Telemetry = append(s.Telemetry, record.Telemetry{Condition: "c", Node: "edge", From: time.Duration(i) * time.Second, At: time.Duration(i+1) * time.Second,
			Loads: []record.LoadSample{{Resource: "traffic-down", Achieved: got, Bps: 1e7 * got}}})
	}
	c := Summarize(s.Run).Conditions[0]
	if !c.Valid || len(c.Background) != 1 {
		t.Fatalf("%v, background %+v: want it valid, with one load", c.Reasons, c.Background)
	}
	if b := c.Background[0]; b.Asked.Known() || b.Achieved != 0.4 || b.Bps != 4e6 {
		t.Errorf("%+v: want nothing asked, 40 %% and 4 Mbps achieved", b)
	}
}

// TestSlowdown: inference takes 10 ms without load, and 20 ms at half, which was
// achieved to 0.4; little, which only the replays know, 4 and 6 ms.
func TestSlowdown(t *testing.T) {
	s := newSmall("idle", "busy", "busy too")
	s.Header.Models = []record.Model{{Name: "little"}, {Name: "big"}}
	s.Header.Profile = []selector.Option{{Model: "big", Node: "edge"}, {Model: "little", Node: "edge"}}
	s.Header.Slowdown = map[string]selector.Curve{"edge": {{Utilization: 0, Slowdown: 1}, {Utilization: 1, Slowdown: 2}}}
	for i, c := range s.Header.Conditions {
		infer, little := 10*ms, 4*ms
		if i > 0 {
			infer, little = 20*ms, 6*ms
			s.Header.Conditions[i].Background = []record.Background{{Node: "edge", Resource: "cpu", Asked: 0.5}}
			s.Telemetry = append(s.Telemetry, record.Telemetry{Condition: c.ID, Node: "edge", At: time.Second, CPUAsked: 0.5, CPUAchieved: 0.4})
		}
		for pair := range 4 {
			s.answer(c.ID, "greedy", 0, pair, infer+time.Duration(pair-1)*ms, true)
			r := record.Replay{Condition: c.ID, Pair: pair, Options: []record.ReplayOption{{Error: "no"}, {Phases: selector.Phases{Infer: little}}}}
			s.Replays = append(s.Replays, r)
		}
	}
	got := Collect(s.Run).Slowdowns
	if len(got) != 1 || got[0].Node != "edge" || got[0].Prior || got[0].Curve[100] != (Point{1, 2}) {
		t.Fatalf("slowdowns %+v, want those of the edge with its own curve", got)
	}
	// Of 9, 10, 11, 12 ms the median is 10, the quartiles are 9 and 11.
	want := []ModelSlowdown{{"little", []SlowPoint{{0, 1, 1, 1, 4, false}, {0.4, 1.5, 1.5, 1.5, 8, true}}}, {"big", []SlowPoint{{0, 1, 0.9, 1.1, 4, false}, {0.4, 2, 1.9, 2.1, 8, true}}}}
	if diff := cmp.Diff(want, got[0].Models); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	s.Header.Tolerance.CPU = 0.11
	if got := Collect(s.Run).Slowdowns[0].Models[0].Points[1]; got.Short {
		t.Errorf("0.4 of 0.5 asked, tolerance 0.11: %+v fell short", got)
	}
	s.Header.Conditions = s.Header.Conditions[:1]
	if got := Collect(s.Run).Slowdowns; len(got) != 0 {
		t.Errorf("of one load: %+v, want none", got)
	}
}
