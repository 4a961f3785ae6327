package replay

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

const s = time.Second

// TestSeconds: with pauses of 1 s the warm-up begins at 1 s of the trial and its
// longer request ends at 3 s; the pair begins a pause later. A line of telemetry
// counts where requests were under way, at the instant at which they were.
func TestSeconds(t *testing.T) {
	rec := &recorded{
		requests: []record.Request{
			{Arm: "a", Pair: -1, Due: 10 * s, Done: 12 * s}, {Arm: "b", Pair: -1, Due: 12 * s, Done: 13 * s},
			{Arm: "a", Pair: 0, Due: 20 * s, Done: 21 * s}, {Arm: "b", Pair: 0, Due: 21 * s, Done: 24 * s},
		},
		decisions: map[armPair]record.Decision{{"a", 0}: {}}, // nothing varied: they do not tell
		telemetry: []record.Telemetry{
			{Node: "edge", From: 11500 * time.Millisecond, At: 12500 * time.Millisecond, CPUAchieved: .8, CPUAsked: 1},
			{Node: "cloud", From: 11500 * time.Millisecond, At: 12500 * time.Millisecond, CPUAchieved: .1, CPUAsked: 1},
			{Node: "edge", From: 14 * s, At: 22 * s, CPUAchieved: .4, CPUAsked: 1},
		},
	}
	spans := rec.spans(scenarios.Condition{Think: s})
	if diff := cmp.Diff([]span{{10 * s, 12 * s, 9 * s}, {12 * s, 13 * s, 11 * s}, {20 * s, 21 * s, 16 * s}, {21 * s, 24 * s, 17 * s}}, spans, cmp.AllowUnexported(span{})); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	// 11.5 to 12 is 2.5 to 3 of the trial, 12 to 12.5 is 1 to 1.5; 20 to 21, and
	// 21 to 22, are 4 to 5
	want := []second{{}, {.8, 1, .5}, {.8, 1, .5}, {}, {.4, 1, 2}}
	if diff := cmp.Diff(want, rec.seconds("edge", spans, sampleOf(record.CPU)), cmp.AllowUnexported(second{})); diff != "" {
		t.Errorf("seconds (-want +got):\n%s", diff)
	}
}

func TestSeries(t *testing.T) {
	all := []second{{}, {.8, 1, 1}, {.8, 1, 1}, {}, {.2, 1, .5}}
	want := &trace.Series{Name: "x", At: []time.Duration{0, 4 * s}, Value: []float64{1.6, .4}, Period: 5 * s, Wrap: trace.Hold}
	if diff := cmp.Diff(want, series("x", all, 2)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRatio(t *testing.T) {
	for name, tt := range map[string]struct {
		all           []second
		slack, want   float64
		steady, asked bool
	}{
		"nothing asked":       {[]second{{0, 0, 1}}, .1, 0, false, false},
		"by time":             {[]second{{1, 1, 1}, {0, 1, .25}}, .9, .8, true, true}, // 1/1.25
		"a second below":      {[]second{{1, 1, 1}, {0, 1, .25}}, .7, .8, false, true},
		"a second above":      {[]second{{0, 1, 3}, {1, 1, 1}}, .7, .25, false, true},
		"as what is asked":    {[]second{{.2, .4, 1}, {.4, .8, 1}}, .001, .5, true, true},
		"unknown seconds are": {[]second{{1, 1, 1}, {0, 1, 0}}, .001, 1, true, true},
	} {
		r, steady, asked := ratio(tt.all, tt.slack)
		if r-tt.want > 1e-12 || tt.want-r > 1e-12 || steady != tt.steady || asked != tt.asked {
			t.Errorf("%s: %v, steady %v, asked %v; want %v, %v, %v", name, r, steady, asked, tt.want, tt.steady, tt.asked)
		}
	}
}
