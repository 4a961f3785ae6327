package stats

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

// A small is a run made by hand, a pair at a time.
type small struct{ record.Run }

// newSmall is a run of conditions that asks for a saving of 20 % and at most
// ten points, with no request yet.
func newSmall(conditions ...string) *small {
	s := &small{record.Run{Header: record.Header{
		Schema: record.Schema, Name: "small", Status: "done", Seed: 1, Arms: []string{"greedy", "advanced"}, Node: "edge", Repetitions: 1,
		Require:   record.Require{Saving: 0.2, AccuracyDrop: 0.1, Confidence: 0.95},
		Tolerance: record.Tolerance{Rate: 0.05, Delay: 2 * ms, CPU: 0.05},
		Budget:    selector.Budget{Absolute: 0.1, Relative: 1},
	}}}
	for _, id := range conditions {
		s.Header.Conditions = append(s.Header.Conditions, record.Condition{ID: id, Measure: []string{"infer"}})
	}
	return s
}

// pair adds a pair of right answers.
func (s *small) pair(condition string, rep, pair int, base, other time.Duration) {
	s.answer(condition, "greedy", rep, pair, base, true)
	s.answer(condition, "advanced", rep, pair, other, true)
}

// answer adds one request for the image numbered by its pair.
func (s *small) answer(condition, arm string, rep, pair int, t time.Duration, right bool) *record.Request {
	r := record.Request{Condition: condition, Arm: arm, Repetition: rep, Pair: pair, First: arm == "greedy", Sample: fmt.Sprint("image", pair),
		Model: map[string]string{"greedy": "big", "advanced": "little"}[arm], Node: "edge",
		Due: time.Duration(len(s.Requests)) * ms, Sent: time.Duration(len(s.Requests)) * ms, Done: time.Duration(len(s.Requests))*ms + t,
		Phases: selector.Phases{Infer: t}, Measured: t, Label: 1}
	if right {
		r.Prediction = 1
	}
	s.Requests = append(s.Requests, r)
	return &s.Requests[len(s.Requests)-1]
}

// many adds n pairs of the same times.
func (s *small) many(condition string, n int, base, other time.Duration) {
	for i := range n {
		s.pair(condition, 0, i, base, other)
	}
}

// sweep is a run of three conditions, the last with background load, and two
// repetitions of so many pairs, with noise, probes, telemetry and decisions.
func sweep(pairs int) record.Run {
	s := newSmall("slow", "fast", "busy")
	rng := rand.New(rand.NewPCG(1, 1))
	for i, c := range s.Header.Conditions {
		s.Header.Conditions[i].Links = []record.Link{{Node: "edge", Direction: "down", Rate: 5 * unit.Mbps, Delay: 10 * ms}}
		for rep := range 2 {
			s.Checks = append(s.Checks, record.Check{Condition: c.ID, Repetition: rep, Node: "edge", Engine: "relay", AskedRTT: 20 * ms, RTT: 20 * ms,
				Links: []record.LinkCheck{{Direction: "down", AskedRate: 5 * unit.Mbps, Rate: 4990 * unit.Kbps}}})
			e := record.Telemetry{At: time.Duration(len(s.Requests)) * ms, Condition: c.ID, Repetition: rep, Node: "edge"}
			if c.ID == "busy" {
				e.CPUAsked, e.CPUAchieved = 0.5, 0.49
			}
			s.Telemetry = append(s.Telemetry, e)
			for p := range pairs {
				base := time.Duration(float64(100*(i+1)) * (1 + 0.1*rng.Float64()) * float64(ms))
				s.answer(c.ID, "greedy", rep, p, base, p%9 != 8)
				s.answer(c.ID, "advanced", rep, p, time.Duration(float64(base)*(0.5+0.2*rng.Float64())), p%5 != 4)
				s.Decisions = append(s.Decisions, record.Decision{Condition: c.ID, Arm: "advanced", Repetition: rep, Pair: p, Took: 5 * time.Microsecond})
			}
		}
	}
	return s.Run
}

// near says that a Number is x to six digits.
func near(n Number, x float64) bool {
	d := float64(n) - x
	return d < 1e-6 && d > -1e-6
}

// sameNumber lets go-cmp take a missing Number for another.
var sameNumber = cmp.Comparer(func(a, b Number) bool { return a == b || !a.Known() && !b.Known() })
