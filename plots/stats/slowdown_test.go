package stats

import (
	"math"
	"testing"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// TestLevels: a load that varies around a half is another level than a half; and
// what falls short of it does so beyond the tolerance, if there is one.
func TestLevels(t *testing.T) {
	s := newSmall("idle", "half", "varies")
	for i, varies := range []bool{false, true} {
		s.Header.Conditions[1+i].Background = []record.Background{{Node: "edge", Resource: record.CPU, Asked: 0.5, Varies: varies}}
		s.Telemetry = append(s.Telemetry, record.Telemetry{Condition: s.Header.Conditions[1+i].ID, Node: "edge", At: time.Second, CPUAsked: 0.5, CPUAchieved: 0.3 + 0.2*float64(i)})
	}
	d := group(&s.Run)
	levels := d.levels("edge")
	if len(levels) != 3 || levels[1].achieved != 0.3 || levels[2].achieved != 0.5 || !levels[2].varies {
		t.Fatalf("levels %+v, want 0, 0.3 and 0.5", levels)
	}
	for _, tt := range []struct {
		tolerance float64
		short     bool
	}{{0.05, true}, {0.25, false}, {0, false}} {
		s.Header.Tolerance.CPU = tt.tolerance
		if got := group(&s.Run).short(levels[1]); got != tt.short {
			t.Errorf("tolerance %v: 0.3 of 0.5 is short: %v", tt.tolerance, got)
		}
	}
}

// TestGeometricInterval: of ten pairs each of which halves and quarters the time
// the geometric mean is 1 − √(1/2·1/4) = 0.646, and lies in its interval, which
// lies in 0.5 to 0.75.
func TestGeometricInterval(t *testing.T) {
	s := newSmall("c")
	for i := range 20 {
		s.pair("c", 0, i, 100*ms, []time.Duration{50 * ms, 25 * ms}[i%2])
	}
	e := Summarize(s.Run).Conditions[0].Saving.Geometric
	if !near(e.Value, 1-math.Sqrt(0.125)) || !(0.5 < e.Low && e.Low < e.Value && e.Value < e.High && e.High < 0.75) {
		t.Errorf("%+v, want 0.646 within its interval", e)
	}
}
