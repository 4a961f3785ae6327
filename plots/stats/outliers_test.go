package stats

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner/record"
)

// durationOf is so many milliseconds.
func durationOf(millis float64) time.Duration { return time.Duration(millis * float64(ms)) }

// TestBeyondQuartiles: of 1 … 11 and others the quartiles of 12 are the 3rd and the
// 9th, 3 and 9, so that −15 and 27 are just not far out.
func TestBeyondQuartiles(t *testing.T) {
	for _, tt := range []struct {
		more float64
		want []float64
	}{{27, nil}, {27.1, []float64{27.1}}} {
		times := []float64{tt.more, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
		if diff := cmp.Diff(tt.want, beyondQuartiles(times)); diff != "" && len(tt.want) > 0 || len(tt.want) == 0 && len(beyondQuartiles(times)) > 0 {
			t.Errorf("%v (-want +got)\n%s", tt.more, diff)
		}
	}
	low := []float64{-100, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 500}
	if diff := cmp.Diff([]float64{-100, 500}, beyondQuartiles(low)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := beyondQuartiles([]float64{5, 5, 5, 5, 5, 5, 5, 5, 5, 6}); len(got) > 0 {
		t.Errorf("%v of times that are all but equal", got)
	}
	if got := beyondQuartiles([]float64{1, 2, 3, 4, 5, 6, 100}); len(got) > 0 {
		t.Errorf("%v of seven times", got)
	}
}

// TestFar: times of 100 to 110 ms by one model and 900 to 910 by another, or of
// requests that fetched, are no outliers of each other; one of 2 s is, and moves the
// mean. Of 22 requests of 105 and 905 ms on average and one of 2000 the mean is
// (11·105 + 11·905 + 2000)/23 = 570 instead of 505: 12.87 % more.
func TestFar(t *testing.T) {
	for _, fetched := range []bool{false, true} {
		s := newSmall("c")
		for i := range 11 {
			s.answer("c", "greedy", 0, 2*i, durationOf(float64(100+i)), true).Phases.Fetch = time.Duration(i%2) * time.Microsecond // to see that it is there
			r := s.answer("c", "greedy", 0, 2*i+1, durationOf(float64(900+i)), true)
			if r.Model = "other"; fetched {
				r.Model, r.Phases.Fetch = "big", ms
			}
		}
		a := Summarize(s.Run).Conditions[0].Arms[0]
		if a.Far.N != 0 || a.Far.Moves != 0 {
			t.Errorf("%+v, want none", a.Far)
		}
		s.answer("c", "greedy", 0, 22, 2*time.Second, true)
		c := Summarize(s.Run).Conditions[0]
		if far := c.Arms[0].Far; far.N != 1 || math.Abs(float64(far.Moves)-(570.0/505-1)) > 1e-6 {
			t.Errorf("%+v, want one that moves the mean by 0.1287", far)
		}
		n := 0
		for _, w := range c.Warnings {
			if w.Name == Outliers && w.Arm == "greedy" && strings.HasPrefix(w.Text, "greedy: a few times that are far") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("warnings %v, want one of outliers", c.Warnings)
		}
		s.Header.Conditions[0].Links = []record.Link{{Node: "edge", Direction: "down", Varies: true}}
		for _, w := range Summarize(s.Run).Conditions[0].Warnings {
			if w.Name == Outliers {
				t.Errorf("of a link that varies: %v", w)
			}
		}
	}
}
