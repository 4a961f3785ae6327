package stats

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// TestDistribution: of 1 … 400 ms, 200 steps of two times each; the 5th, 25th,
// 50th, 75th and 95th percentiles are the 20th, 100th, 200th, 300th and 380th.
func TestDistribution(t *testing.T) {
	s := newSmall("c")
	for i := range 400 {
		s.answer("c", "greedy", 0, i, time.Duration(400-i)*ms, true)
	}
	s.answer("c", "greedy", 0, 400, ms, true).Error = "timeout"
	d := Collect(s.Run).Cells[0].Arms[0]
	if d.N != 400 || d.Box != [5]float64{20, 100, 200, 300, 380} || d.Mean != 200.5 {
		t.Errorf("n %d, box %v, mean %v", d.N, d.Box, d.Mean)
	}
	if len(d.Steps) != 200 || d.Steps[0] != (Point{2, 0.005}) || d.Steps[199] != (Point{400, 1}) {
		t.Errorf("%d steps from %v to %v, want 200 from {2 0.005} to {400 1}", len(d.Steps), d.Steps[0], d.Steps[199])
	}
}

// TestTimeline: seconds, bits per second, a gap where there is no limit, and
// probes at the start of their trial.
func TestTimeline(t *testing.T) {
	s := newSmall("c")
	s.pair("c", 0, 0, 100*ms, 50*ms)
	s.Requests[0].Sent, s.Requests[1].Sent = 2*time.Second, 3*time.Second
	s.Requests[0].Done, s.Requests[1].Done = 2100*ms, 3050*ms
	// From 4 s to 6 s there is no telemetry; then a second like the first.
	for i, asked := range []unit.BitRate{5e6, 5e6, 0, 5e6, -1, -1, 5e6} {
		if asked < 0 {
			continue
		}
		s.Telemetry = append(s.Telemetry, record.Telemetry{From: time.Duration(i) * time.Second, At: time.Duration(i+1) * time.Second, Condition: "c", Node: "edge", CPUAsked: 0.5, CPUAchieved: 0.4, CPUBusy: 0.9,
			Links: []record.LinkSample{{Direction: "down", Asked: asked, Rate: 1e6}}})
	}
	s.Checks = []record.Check{{Condition: "c", Node: "edge", Links: []record.LinkCheck{{Direction: "down", AskedRate: 5e6, Rate: 4.9e6}, {Direction: "up", Rate: 1e9}}}}
	got := Collect(s.Run).Timeline
	nan := math.NaN()
	want := Timeline{
		Links: []LinkCourse{{Node: "edge", Direction: "down", Asked: []Point{{0, 5e6}, {2, nan}, {3, 5e6}, {4, nan}, {6, 5e6}, {7, 5e6}},
			Delivered: []Point{{0, 1e6}, {1, 1e6}, {2, 1e6}, {3, 1e6}, {4, 1e6}, {4, nan}, {6, 1e6}, {7, 1e6}}, Probes: []Point{{2, 4.9e6}}}},
		CPUs: []CPUCourse{{Node: "edge", Asked: []Point{{0, 0.5}, {4, nan}, {6, 0.5}, {7, 0.5}},
			Achieved: []Point{{0, 0.4}, {1, 0.4}, {2, 0.4}, {3, 0.4}, {4, 0.4}, {4, nan}, {6, 0.4}, {7, 0.4}},
			Busy:     []Point{{0, 0.9}, {1, 0.9}, {2, 0.9}, {3, 0.9}, {4, 0.9}, {4, nan}, {6, 0.9}, {7, 0.9}}}},
		Dots: []Dot{{2, 100, 0, 0}, {3, 50, 1, 1}}, Requests: 2, Trials: []Span{{2, 3.05, 0}},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("timeline (-want +got)\n%s", diff)
	}
	if got.Length() != 7*time.Second {
		t.Errorf("length %v, want 7 s", got.Length())
	}
}

// TestThin: 1200 points of which every second is 1 become 600 of 0.5.
func TestThin(t *testing.T) {
	var points []Point
	for i := range 1200 {
		points = append(points, Point{float64(i), float64(i % 2)})
	}
	got := thin(points)
	if len(got) != 600 || got[1] != (Point{2, 0.5}) {
		t.Errorf("%d points, the second %v; want 600 and {2 0.5}", len(got), got[1])
	}
}

// TestChoices: why an arm chose one model everywhere is read from decisions.
func TestChoices(t *testing.T) {
	s := newSmall("c")
	s.many("c", 2, 100*ms, 50*ms)
	for pair, next := range []time.Duration{20 * ms, 30 * ms} {
		s.Decisions = append(s.Decisions, record.Decision{Condition: "c", Arm: "advanced", Pair: pair, Took: time.Duration(pair+1) * time.Microsecond,
			Decision: selector.Decision{Choice: 1, Reason: "little is fastest: " + next.String(), Candidates: []selector.Candidate{
				{Option: "tiny@edge", Total: ms, Excluded: "accuracy 0.5 is below 0.8"}, {Option: "little@edge", Total: 10 * ms}, {Option: "big@edge", Total: next}}}})
	}
	s.Decisions = append(s.Decisions, record.Decision{Condition: "c", Arm: "advanced", Pair: -1}) // warm-up
	got := Summarize(s.Run)
	if c := got.Models[1]; c.Only != "little" || c.Models["little"] != 2 {
		t.Errorf("choices %+v, want little, twice", c)
	}
	want := []string{
		"advanced chose little in all of its 2 requests.",
		"Its choice was predicted to be the fastest of those considered in 2 of 2 decisions; the next was predicted to take 2 to 3 times as long.",
		"Not considered, in 2 of 2 decisions: tiny: accuracy 0.5 is below 0.8.",
		"In its own words, in 2 of 2 decisions, with other numbers in some: “little is fastest: 20ms”.",
	}
	if diff := cmp.Diff(want, got.Models[1].Why); diff != "" {
		t.Errorf("why (-want +got)\n%s", diff)
	}
	if d := got.Conditions[0].Arms[1].Decide; !near(d, 1.5) {
		t.Errorf("a decision takes %v µs, want 1.5", d)
	}
	if why := got.Models[0].Why; !strings.Contains(strings.Join(why, ""), "no decisions") {
		t.Errorf("greedy: %q, want that there are no decisions", why)
	}
}

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{Number(0.413).Percent(1), "41.3 %"}, {Number(-0.0001).Percent(1), "0.0 %"}, {Number(-0.05).Percent(0), "−5 %"}, {Missing().Percent(1), "–"},
		{Number(1234.5).Significant(3), "1230"}, {Number(0.01234).Significant(2), "0.012"}, {Number(9.999).Significant(3), "10"}, {Number(5).Significant(3), "5"},
		{Number(14386).Millis(), "14.4 s"}, {Number(59.66).Millis(), "59.7 ms"}, {Number(0.25).Millis(), "250 µs"}, {Number(0).Millis(), "0 ms"},
		{rateText(4_100_000), "4.1 Mbps"}, {rateText(2 * unit.Gbps), "2 Gbps"}, {rateText(500), "500 bps"}, {rateText(64 * unit.Kbps), "64 kbps"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	if round(1.0/3) != 0.333333333 {
		t.Errorf("round(1/3) = %v, want nine digits", round(1.0/3))
	}
}

// BenchmarkSummarize is a report's numbers over a million requests.
func BenchmarkSummarize(b *testing.B) {
	s := newSmall()
	for c := range 12 {
		id := string(rune('a' + c))
		s.Header.Conditions = append(s.Header.Conditions, record.Condition{ID: id})
		for rep := range 3 {
			for i := range 1_000_000 / 72 {
				s.pair(id, rep, i, time.Duration(100+i%7)*ms, time.Duration(50+i%5)*ms)
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		Summarize(s.Run)
		Collect(s.Run)
	}
}

// TestShape: numbers are alike, names with digits are not.
func TestShape(t *testing.T) {
	for in, want := range map[string]string{
		"signs-resnet14: accuracy 7.9 % is below 8.6 %": "signs-resnet14: accuracy # % is below # %",
		"resnet18 and resnet152 take 20ms, (3) of 5.":   "resnet18 and resnet152 take #ms, (#) of #",
		"12.5": "#", "": "", "µ3x4": "µ3x4",
	} {
		if got := shape(in); got != want {
			t.Errorf("shape(%q) = %q, want %q", in, got, want)
		}
	}
}
