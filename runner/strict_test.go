package runner_test

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestStrict: a late link ends a strict run with its trial, and that alone; it
// may be twice as late beside background load.
func TestStrict(t *testing.T) {
	for _, tt := range []struct {
		name   string
		strict bool
		lag    time.Duration
		load   float64
		memory float64
		fails  bool
	}{
		{"in time", true, ms, 0, 0, false},
		{"late", true, ms + 1, 0, 0, true},
		{"late, and not strict", false, 9 * ms, 0, 0, false},
		{"late beside load", true, 2 * ms, 0.5, 0, false},
		{"late beside another load", true, 2 * ms, 0, 0.5, false},
		{"too late beside load", true, 2*ms + 1, 0.5, 0, true},
	} {
		p := plan("warm", 1)
		p.Scenario.Strict, p.Scenario.Tolerance.Lag = tt.strict, ms
		w := newFake()
		w.lag, w.cpu, w.memory = tt.lag, tt.load, tt.memory
		run, err := carryOut(t, context.Background(), p, w)
		if (err != nil) != tt.fails || tt.fails && !strings.Contains(err.Error(), "strict: link edge up: ") {
			t.Errorf("%s: %v", tt.name, err)
		}
		if len(run.Requests) != 4 || len(run.Telemetry) == 0 {
			t.Errorf("%s: %d requests and %d telemetry are recorded, want 4 and some", tt.name, len(run.Requests), len(run.Telemetry))
		}
	}
}
