package stats

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// whole is a run of four conditions of which everything was recorded, and in
// which everything held; a fault is put into conditions by their place.
func whole() *small {
	s := newSmall("a", "b", "c", "d")
	s.Header.Tolerance.Lag = ms
	for i := range s.Header.Conditions {
		c := &s.Header.Conditions[i]
		c.Think = 925 * ms
		c.Background = []record.Background{{Node: "edge", Resource: record.CPU, Asked: 0.5}}
		s.many(c.ID, 40, 100*ms, 50*ms)
		s.Checks = append(s.Checks, record.Check{Condition: c.ID, Node: "edge", Engine: "relay", AskedRTT: 20 * ms, RTT: 20 * ms,
			Links: []record.LinkCheck{{Direction: "down", AskedRate: 5 * unit.Mbps, Rate: 5 * unit.Mbps}}})
		for second := range 40 {
			s.Telemetry = append(s.Telemetry, record.Telemetry{From: time.Duration(second) * time.Second, At: time.Duration(second+1) * time.Second,
				Condition: c.ID, Node: "edge", CPUAsked: 0.5, CPUAchieved: 0.5, CPUBusy: 0.8, FrequencyMHz: 2000, TemperatureC: 70,
				Links: []record.LinkSample{{Direction: "down", LagP99: ms / 10}}})
		}
	}
	return s
}

// in calls f with what was recorded in a condition.
func (s *small) in(condition string, f func(r *record.Request)) {
	for i := range s.Requests {
		if s.Requests[i].Condition == condition {
			f(&s.Requests[i])
		}
	}
}

func (s *small) seconds(condition string, f func(i int, t *record.Telemetry)) {
	n := 0
	for i := range s.Telemetry {
		if s.Telemetry[i].Condition == condition {
			f(n, &s.Telemetry[i])
			n++
		}
	}
}

// told writes checks as "name held failed/of", without those that held in all
// four conditions or in the run.
func told(v Verdict) (out []string) {
	for _, c := range v.Checks {
		if text := fmt.Sprintf("%s %s %d/%d", c.Name, show(c.Held), c.Failed, c.Of); !strings.HasSuffix(text, " yes 0/4") {
			out = append(out, text)
		}
	}
	return out
}

// TestChecks puts one thing wrong at a time. Of four conditions two may be left
// out; nobody recorded decisions or an A/A arm.
func TestChecks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fault  func(s *small)
		want   string // the check that tells it, and others that do not hold in all
		result string
		worst  string
	}{
		{"nothing", func(*small) {}, "", Pass, ""},
		{"a rate is off by 20 %, in another by 40 %", func(s *small) {
			s.Checks[0].Links[0].Rate, s.Checks[2].Links[0].Rate = 4*unit.Mbps, 3*unit.Mbps
		}, "network no 2/4", Pass, "c: edge down: achieved 3 Mbps of 5 Mbps asked, tolerance 5 %"},
		{"a round trip", func(s *small) { s.Checks[1].RTT = 23 * ms }, "network no 1/4", Pass, "b: edge round trip: achieved 23 ms"},
		{"no probes", func(s *small) { s.Checks = nil }, "network undecided 0/0", Pass, ""},
		{"packets were late, which load beside excuses up to 2 ms", func(s *small) {
			s.seconds("a", func(_ int, t *record.Telemetry) { t.Links[0].LagP99 = 2 * ms })
			s.seconds("b", func(_ int, t *record.Telemetry) { t.Links[0].LagP99 = 2*ms + 1 })
		}, "lag no 1/4", Pass, "b: edge down lag: 1 % of packets were more than 2 ms late, tolerance 2 ms"},
		{"nobody said how late", func(s *small) { s.Header.Tolerance.Lag = 0 }, "lag undecided 0/0", Pass, ""},
		{"load fell short", func(s *small) {
			s.seconds("d", func(_ int, t *record.Telemetry) { t.CPUAchieved = 0.4 })
		}, "load no 1/4", Pass, "d: edge cpu: achieved 40.0 % of 50.0 % asked"},
		{"no load was asked for in two", func(s *small) {
			for i := range 2 {
				s.Header.Conditions[i].Background = nil
				s.seconds(s.Header.Conditions[i].ID, func(_ int, t *record.Telemetry) { t.CPUAsked = 0 })
			}
		}, "load yes 0/2", Pass, ""},
		// 80 requests of 75 ms after pauses of 925 ms: 1 % of a second is 10 ms.
		{"two requests of 80 were late", func(s *small) {
			n := 0
			s.in("a", func(r *record.Request) {
				if n++; n <= 2 {
					r.Late = 10*ms + time.Microsecond
				}
			})
			s.in("b", func(r *record.Request) { r.Late = 10 * ms })
		}, "generator no 1/4", Pass, "a: 2 of 80 requests were sent more than 10 ms late"},
		{"a single one was", func(s *small) { s.Requests[7].Late = time.Hour }, "", Pass, ""},
		{"a millisecond is not late after short pauses", func(s *small) {
			for i := range s.Header.Conditions {
				s.Header.Conditions[i].Think = 20 * ms
			}
			s.in("a", func(r *record.Request) { r.Late = 5 * ms })
			s.in("b", func(r *record.Request) { r.Late = 5*ms + time.Microsecond })
		}, "generator no 1/4", Pass, "b: 80 of 80 requests were sent more than 5 ms late; tolerance 1 % of requests"},
		{"there is no pause", func(s *small) {
			for i := range s.Header.Conditions {
				s.Header.Conditions[i].Think = 0
			}
		}, "generator undecided 0/0", Pass, ""},
		// 3 of 40 busy seconds are 7.5 %. 1600 MHz is 80 % of 2000.
		{"heat slowed a node in 3 seconds", func(s *small) {
			s.seconds("a", func(i int, t *record.Telemetry) {
				if i < 3 {
					t.FrequencyMHz, t.TemperatureC = 1599, 80
				}
			})
			s.seconds("b", func(i int, t *record.Telemetry) { // it was slow, but cool
				t.FrequencyMHz, t.TemperatureC = 1000, 79
			})
			s.seconds("c", func(i int, t *record.Telemetry) { // it was hot, and not slow enough
				t.FrequencyMHz, t.TemperatureC = 1600, 99
			})
			s.seconds("d", func(i int, t *record.Telemetry) { // it was slow because there was nothing to do
				if i < 20 {
					t.FrequencyMHz, t.TemperatureC, t.CPUBusy = 1000, 90, 0.3
				}
			})
		}, "throttling no 1/4", Pass, "a: edge: in 3 of 40 seconds"},
		{"a quota held it back, as was asked", func(s *small) {
			s.seconds("a", func(_ int, t *record.Telemetry) { t.CPUThrottled = 0.9 })
		}, "", Pass, ""},
		{"nobody measured heat", func(s *small) {
			for i := range s.Telemetry {
				s.Telemetry[i].TemperatureC = 0
			}
		}, "throttling undecided 0/0", Pass, ""},
		{"requests failed in three", func(s *small) {
			for _, c := range []string{"a", "b", "c"} {
				n := 0
				s.in(c, func(r *record.Request) {
					if n++; n <= 5 { // of 80 are 6.25 %
						r.Error = "connection refused"
					}
				})
			}
		}, "errors no 3/4", Invalid, "a: 5 of 80 requests failed, tolerance 5 %"},
		{"one condition has no pairs", func(s *small) {
			s.in("d", func(r *record.Request) { r.Measured = 0 })
		}, "pairs no 1/4", Pass, "d: no pairs: no image was answered"},
		{"a fallback decided", func(s *small) {
			for pair := range 40 {
				d := s.decide(pair, selector.Phases{Infer: 50 * ms}, selector.Phases{Infer: 50 * ms}, 0)
				if pair < 3 { // 7.5 %
					d.Decision.Failed = "no answer within 1s"
				}
			}
		}, "stand_in no 1/1", Invalid, "3 of 40 decisions of advanced were made by its fallback"},
	} {
		s := whole()
		tt.fault(s)
		v := Summarize(s.Run).Verdict
		got := strings.Join(told(v), ", ")
		want := strings.TrimPrefix(tt.want+", stand_in undecided 0/0, control undecided 0/0", ", ")
		if strings.HasPrefix(tt.want, StandIn) {
			want = tt.want + ", control undecided 0/0"
		}
		if got != want || v.Result != tt.result {
			t.Errorf("%s: %s with %s\nwant %s with %s", tt.name, v.Result, got, tt.result, want)
		}
		var worst string
		for _, c := range v.Checks {
			worst += c.Worst
		}
		if !strings.HasPrefix(worst, tt.worst) || tt.worst == "" && worst != "" {
			t.Errorf("%s: worst is %q, want %q", tt.name, worst, tt.worst)
		}
	}
}

// TestCheckControls: an arm that is set as the baseline and does not do like it
// makes the run invalid; pairs that chose alike do not.
func TestCheckControls(t *testing.T) {
	yes, no := true, false
	of := func(kind string, held *bool) Against {
		return Against{Kind: kind, Arm: "again", Pairs: 90, Saving: Estimate{0.04, 0.03, 0.05}, Held: held}
	}
	for _, tt := range []struct {
		controls []Against
		want     string
		invalid  bool
	}{
		{nil, "control undecided 0/0", false},
		{[]Against{of("arm", nil), of("same option", &no)}, "control undecided 0/0", false},
		{[]Against{of("arm", &yes)}, "control yes 0/1", false},
		{[]Against{of("arm", &yes), of("arm", &no)}, "control no 1/1", true},
	} {
		s := Summarize(whole().Run)
		s.Overall.Controls = tt.controls
		c := checkControls(&s)
		if got := told(Verdict{Checks: []Check{c}}); len(got) != 1 || got[0] != tt.want {
			t.Errorf("%+v: %v, want %s", tt.controls, got, tt.want)
		}
		why := invalid(&s, []Check{c}, 4)
		if (why != "") != tt.invalid || tt.invalid && !strings.HasSuffix(why, "again is set as greedy is, and yet saves 4.0 % of its time (3.0 % to 5.0 %, 90 pairs)") {
			t.Errorf("%+v: invalid because %q", tt.controls, why)
		}
	}
}
