package stats

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
)

// TestPlayed judges links by what they did while requests were made.
func TestPlayed(t *testing.T) {
	asRelay := record.Check{Condition: "c", Node: "edge", Engine: "relay"}
	// A line of one second of a link of 8 Mbps, 1 MB a second.
	second := func(edit func(*record.Telemetry, *record.LinkSample)) func(*small) {
		return func(s *small) {
			for rep := range 2 {
				line := record.Telemetry{Condition: "c", Node: "edge", Repetition: rep, From: time.Second, At: 2 * time.Second}
				l := record.LinkSample{Direction: "down", Asked: 8 * unit.Mbps, Rate: 8 * unit.Mbps, Packets: 9900, Lost: 100, LagP99: ms}
				if rep == 1 {
					edit(&line, &l)
				}
				line.Links = []record.LinkSample{l, {Link: "repository", Direction: "up"}}
				s.Telemetry = append(s.Telemetry, line)
			}
			s.Checks = append(s.Checks, asRelay)
			s.Header.Conditions[0].Links = []record.Link{{Node: "edge", Direction: "down", Rate: 8 * unit.Mbps, Loss: 0.01}}
			s.Header.Tolerance.Lag = ms
		}
	}
	for _, tt := range []struct {
		name  string
		spoil func(*small)
		want  []string
	}{
		{"as asked", second(func(*record.Telemetry, *record.LinkSample) {}), nil},
		{"packets too late", second(func(_ *record.Telemetry, l *record.LinkSample) { l.LagP99 = 3 * ms }),
			[]string{"edge down lag: 1 % of packets were more than 3 ms late, tolerance 1 ms (in 1 of 2 trials)"}},
		{"no later than twice, beside load", second(func(e *record.Telemetry, l *record.LinkSample) { l.LagP99, e.CPUAsked, e.CPUAchieved = 2*ms, 0.5, 0.5 }), nil},
		{"later than twice, beside load", second(func(e *record.Telemetry, l *record.LinkSample) {
			l.LagP99, e.CPUAsked, e.CPUAchieved = 2*ms+1, 0.5, 0.5
		}),
			[]string{"edge down lag: 1 % of packets were more than 2 ms late, tolerance 2 ms (in 1 of 2 trials)"}},
		{"steps too late", second(func(_ *record.Telemetry, l *record.LinkSample) { l.StepsLateP99 = 4 * ms }),
			[]string{"edge down steps: 1 % of steps of the link were more than 4 ms late, tolerance 1 ms (in 1 of 2 trials)"}},
		// 5 % of 1 MB and 20 frames are allowed: 1 080 280 bytes, 8.642 Mbps.
		{"a little above the rate", second(func(_ *record.Telemetry, l *record.LinkSample) { l.Rate = 8_642_000 }), nil},
		{"a bucket too large", second(func(_ *record.Telemetry, l *record.LinkSample) { l.Rate = 8_700_000 }),
			[]string{"edge down rate: delivered 8.7 Mbps in a second that offered 8 Mbps (in 1 of 2 trials)"}},
		// Of 20 000 packets 200 are to be lost; the standard deviation is 14.07,
		// and 1 % of a normal distribution is outside 2.576 of it: ± 36.2.
		{"losses within chance", second(func(_ *record.Telemetry, l *record.LinkSample) { l.Packets, l.Lost = 9864, 136 }), nil},
		{"too many losses", second(func(_ *record.Telemetry, l *record.LinkSample) { l.Packets, l.Lost = 9860, 140 }),
			[]string{"edge down loss: 1.20 % of 20000 packets, 1.00 % asked, tolerance 0.18 %"}},
		{"too few losses", second(func(_ *record.Telemetry, l *record.LinkSample) { l.Packets, l.Lost = 9940, 60 }),
			[]string{"edge down loss: 0.80 % of 20000 packets, 1.00 % asked, tolerance 0.18 %"}},
	} {
		s := newSmall("c")
		s.many("c", 20, 100*ms, 50*ms)
		tt.spoil(s)
		got := Summarize(s.Run).Conditions[0]
		if diff := cmp.Diff(orEmpty(tt.want), Texts(got.Reasons)); diff != "" {
			t.Errorf("%s: reasons (-want +got)\n%s", tt.name, diff)
		}
	}
}

// TestBurstyLossesMayVaryMore: with mean loss L = 0.01 in bursts of B = 4,
// r = 1/4, p = 0.01·0.25/0.99 = 0.002525, ρ = 0.7475, and the variance is
// (1+ρ)/(1−ρ) = 6.92 times that of independent losses: ± 95 of 20 000.
func TestBurstyLossesMayVaryMore(t *testing.T) {
	for lost, valid := range map[int64]bool{290: true, 300: false, 110: true, 100: false} {
		s := newSmall("c")
		s.many("c", 20, 100*ms, 50*ms)
		s.Checks = append(s.Checks, record.Check{Condition: "c", Node: "edge", Engine: "relay"})
		s.Header.Conditions[0].Links = []record.Link{{Node: "edge", Direction: "up", Loss: 0.01, LossBurst: 4}}
		s.Telemetry = append(s.Telemetry, record.Telemetry{Condition: "c", Node: "edge", At: time.Second,
			Links: []record.LinkSample{{Direction: "up", Packets: 20000 - lost, Lost: lost}}})
		if got := Summarize(s.Run).Conditions[0]; got.Valid != valid {
			t.Errorf("%d lost: valid %v, reasons %v", lost, got.Valid, got.Reasons)
		}
	}
}

// TestAskedOfWhatVaries: a rate that varies is compared with what was offered
// while it was probed, and losses with what was counted.
func TestAskedOfWhatVaries(t *testing.T) {
	s := newSmall("c")
	s.many("c", 20, 100*ms, 50*ms)
	s.Header.Conditions[0].Links = []record.Link{{Node: "edge", Direction: "down", Rate: 9 * unit.Mbps, Varies: true, Also: "1 outage", Loss: 0.02}}
	s.Checks = append(s.Checks, record.Check{Condition: "c", Node: "edge", Engine: "relay", AskedRTT: ms, RTT: ms,
		Links: []record.LinkCheck{{Direction: "down", AskedRate: 4 * unit.Mbps, Rate: 4 * unit.Mbps}}})
	s.Telemetry = append(s.Telemetry, record.Telemetry{Condition: "c", Node: "edge", At: time.Second,
		Links: []record.LinkSample{{Direction: "down", Packets: 90, Lost: 3, Dropped: 7}}})
	got := Summarize(s.Run).Conditions[0].Links[0]
	if got.Asked.Rate != 4e6 || got.Asked.Loss != 0.02 || got.Achieved.Loss != 0.03 || got.Also != "1 outage" {
		t.Errorf("link %+v, want 4 Mbps and 2 %% asked, 3 %% lost", got)
	}
}
