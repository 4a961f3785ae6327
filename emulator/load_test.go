package emulator_test

import (
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
)

// TestLevel: 20 % for 1 s, 70 % for 3 s, and again.
func TestLevel(t *testing.T) {
	const s = time.Second
	over := &trace.Series{At: []time.Duration{0, s}, Value: []float64{0.2, 0.7}, Period: 4 * s}
	for _, tt := range []struct {
		name            string
		level           emulator.Level
		share           float64 // at 2 s
		until           time.Duration
		most, mean, sum float64 // sum over [0.5 s, 5.5 s)
	}{
		{"nothing", emulator.Level{}, 0, trace.Forever, 0, 0, 0},
		{"constant", emulator.Level{Share: 0.3}, 0.3, trace.Forever, 0.3, 0.3, 1.5},
		// 0.5·0.2 + 3·0.7 + 1·0.2 + 0.5·0.7 = 2.75
		{"steps", emulator.Level{Share: 1, Over: over}, 0.7, 4 * s, 0.7, 0.575, 2.75},
	} {
		share, until := tt.level.Step(2 * s)
		sum := tt.level.Integral(s/2, 11*s/2)
		if share != tt.share || until != tt.until || tt.level.Most() != tt.most || !near(tt.level.Mean(), tt.mean) || !near(sum, tt.sum) {
			t.Errorf("%s: %v until %v, at most %v, mean %v, integral %v", tt.name, share, until, tt.level.Most(), tt.level.Mean(), sum)
		}
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }
