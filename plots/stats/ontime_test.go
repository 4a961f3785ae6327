package stats

import (
	"math"
	"testing"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// TestRequestsFor has the numbers of LoadGen's documentation: at 99 % and a
// confidence of 99 % 459 requests if none is late (0.99⁴⁵⁹ = 0.00992, 0.99⁴⁵⁸ = 0.01002)
// and 662 if one is; at 90 % 64 if one is (0.9⁶⁴ + 64·0.1·0.9⁶³ = 0.0096); with a
// confidence of 95 % 299 (0.99²⁹⁹ = 0.0495), and at 50 % 5 (0.5⁵ = 0.031).
func TestRequestsFor(t *testing.T) {
	for _, tt := range []struct {
		late              int
		asked, confidence float64
		want              int
	}{
		{0, 0.99, 0.99, 459}, {1, 0.99, 0.99, 662}, {1, 0.9, 0.99, 64}, {0, 0.99, 0.95, 299}, {0, 0.5, 0.95, 5},
		{0, 1, 0.95, 0}, {0, 0, 0.95, 0},
	} {
		if got := requestsFor(tt.late, tt.asked, tt.confidence); got != tt.want {
			t.Errorf("%d late at %v, confidence %v: %d requests, want %d", tt.late, tt.asked, tt.confidence, got, tt.want)
		}
	}
	for late := range 2000 { // what is enough attains, and one less does not
		n := requestsFor(late, 0.95, 0.95)
		if yes, no := attained(late, n, 0.95, 0.95), attained(late, n-1, 0.95, 0.95); yes == nil || !*yes || no != nil && *no {
			t.Fatalf("%d late: %d requests, but %v and, of one less, %v", late, n, yes, no)
		}
	}
}

// TestAttained: of 100 requests at 90 % asked with 95 %, at most 4 may be late
// (0.0237; with 5 it is 0.0576), and 16 or more are too many (0.0399; 15 are not, 0.0726).
func TestAttained(t *testing.T) {
	yes, no := true, false
	for late, want := range map[int]*bool{0: &yes, 4: &yes, 5: nil, 15: nil, 16: &no, 100: &no} {
		got := attained(late, 100, 0.9, 0.95)
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%d of 100 late: %v, want %v", late, got, want)
		}
	}
	for _, n := range []int{0, 3} { // nothing, and three that are late but prove nothing at 10 %
		if got := attained(n, n, 0.1, 0.95); got != nil {
			t.Errorf("%d of %d late at 10 %%: %v, want none", n, n, *got)
		}
	}
	if got := attained(0, 100, 0, 0.95); got != nil {
		t.Errorf("no share asked: %v", *got)
	}
}

// TestAttainedErrs: whatever the true share, the rule says yes below what was
// asked, or no at it, in at most 5 of 100 runs: over all outcomes of 400 requests.
func TestAttainedErrs(t *testing.T) {
	for _, asked := range []float64{0.5, 0.9, 0.99} {
		var wrongYes, wrongNo float64 // at a true share of what was asked, which is the worst
		for late := range 401 {
			p := atMost(late, 400, asked)
			if late > 0 {
				p -= atMost(late-1, 400, asked)
			}
			switch got := attained(late, 400, asked, 0.95); {
			case got != nil && *got:
				wrongYes += p
			case got != nil:
				wrongNo += p
			}
		}
		if wrongYes > 0.05 || wrongNo > 0.05 || wrongNo == 0 {
			t.Errorf("at %v: yes %v and no %v, want at most 0.05", asked, wrongYes, wrongNo)
		}
	}
}

// TestOnTime: of ten requests of five images one failed, one took longer than the
// deadline, one took it exactly, and one in time was wrong: 8 of 10 in time, 7 of 10
// right and in time. Warm-ups do not count.
func TestOnTime(t *testing.T) {
	s := newSmall("c")
	s.Header.Require.Deadline, s.Header.Require.OnTime = 100*ms, 0.9
	for i := range 10 {
		took := []time.Duration{100 * ms, 100*ms + 1}[i/9]
		r := s.answer("c", "greedy", 0, i, took, i != 1)
		r.Sample = s.Requests[i%5].Sample
		if i == 8 {
			r.Error = "timeout"
		}
	}
	warm := s.answer("c", "greedy", 0, -1, time.Second, false)
	warm.Warmup = true
	got := Summarize(s.Run).Conditions[0].Arms[0].OnTime
	want := OnTime{Deadline: 100, Requests: 10, Late: 2, Share: 0.8, Interval: wilson(0.8, 10, 0.95), Asked: 0.9,
		Needs: requestsFor(2, 0.9, 0.95), Effective: 0.7, EffectiveInterval: wilson(0.7, 5, 0.95)}
	if got == nil || *got != want {
		t.Errorf("on time %+v, want %+v", got, want)
	}
	s.Header.Stop, s.Header.Repetitions = &record.Stop{Least: 1}, 5 // five looks, at 99 % each
	if got := Summarize(s.Run).Conditions[0].Arms[0].OnTime; got.Needs != requestsFor(2, 0.9, 0.99) || got.Interval != want.Interval {
		t.Errorf("of a run that may end early %+v, want %d requests", got, requestsFor(2, 0.9, 0.99))
	}
	s.Header.Require.Deadline = 0
	if got := Summarize(s.Run).Conditions[0].Arms[0].OnTime; got != nil {
		t.Errorf("without a deadline %+v", got)
	}
}

// TestOnTimeBatches: a batch of two that is in time gives one right image, and one
// that failed has none of its two.
func TestOnTimeBatches(t *testing.T) {
	s := newSmall("c")
	s.Header.Batch, s.Header.Require.Deadline, s.Header.Require.OnTime = 2, 100*ms, 0.9
	s.answer("c", "greedy", 0, 0, ms, true).Batch = []record.Answer{{Sample: "a", Label: 1, Prediction: 1}, {Sample: "b", Label: 1, Prediction: 0}}
	s.answer("c", "greedy", 0, 1, ms, true).Error = "timeout"
	got := Summarize(s.Run).Conditions[0].Arms[0].OnTime
	if got.Requests != 2 || got.Late != 1 || got.Share != 0.5 || got.Effective != 0.25 {
		t.Errorf("on time %+v, want 1 of 2 in time and 1 of 4 right", got)
	}
}

// TestOnTimeOver: a condition whose link was not what was asked does not count;
// one that is not valid since half of its requests failed does, for these were
// not in time.
func TestOnTimeOver(t *testing.T) {
	s := newSmall("good", "fails", "slow")
	s.Header.Require.Deadline, s.Header.Require.OnTime, s.Header.Tolerance.Rate = 100*ms, 0.9, 0.05
	s.Checks = append(s.Checks, record.Check{Condition: "slow", Node: "edge", Links: []record.LinkCheck{{Direction: "down", AskedRate: 5e6, Rate: 4e6}}})
	for i := range 8 {
		s.pair("good", 0, i, 50*ms, 50*ms)
		s.pair("slow", 0, i, 50*ms, 50*ms)
		s.pair("fails", 0, i, 50*ms, 50*ms)
		s.Requests[len(s.Requests)-1].Error = "timeout"
	}
	d := group(&s.Run)
	sum := d.summarize()
	if got := d.onTimeOver(&sum, 1); got.Requests != 16 || got.Late != 8 || math.Abs(float64(got.Effective)-0.5) > 1e-9 {
		t.Errorf("%+v, want 8 of 16 in time", got)
	}
}
