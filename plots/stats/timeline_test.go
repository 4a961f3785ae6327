package stats

import (
	"testing"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// TestDotsOfBothArms: the arms take turns, and still neither is left out where
// requests are thinned by an even number.
func TestDotsOfBothArms(t *testing.T) {
	run := record.Run{Header: record.Header{Arms: []string{"a", "b"}, Repetitions: 1, Conditions: []record.Condition{{ID: "c", Requests: 10 * mostDots}}}}
	for i := range 20 * mostDots { // 20 requests to a dot
		at := time.Duration(i) * time.Millisecond
		run.Requests = append(run.Requests, record.Request{Condition: "c", Arm: run.Header.Arms[i%2], Pair: i / 2, First: i%2 == 0, Sample: "s", Model: "m", Sent: at, Done: at + 1000, Measured: 1000})
	}
	line := Collect(run).Timeline
	var of [2]int
	for i, d := range line.Dots {
		of[d.Arm]++
		if i > 0 && d.At <= line.Dots[i-1].At {
			t.Fatalf("dot %d is not after the one before", i)
		}
	}
	if of != [2]int{mostDots / 2, mostDots / 2} || line.Requests != 20*mostDots {
		t.Errorf("dots of the arms: %v, want half of %d each, for %d requests", of, mostDots, line.Requests)
	}
}
