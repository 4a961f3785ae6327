package runner_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
)

// TestWarmTrial: big answers in 10+30+1 = 41 ms, small in 10+5+1 = 16 ms; greedy takes
// big, advanced small, on the same image, one after the other in turns.
func TestWarmTrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFake()
		run, err := carryOut(t, t.Context(), plan("warm", 2, "upload", "infer"), w)
		if err != nil {
			t.Fatal(err)
		}
		type line struct {
			Pair          int
			Arm           string
			Model         string
			First, Warmup bool
			Sample        string
			Sent, Done, T time.Duration
		}
		var got []line
		for _, r := range run.Requests {
			got = append(got, line{r.Pair, r.Arm, r.Model, r.First, r.Warmup, r.Sample, r.Sent, r.Done, r.Measured})
		}
		want := []line{
			{-1, "greedy", "big", true, true, "image/0", 0, 41 * ms, 40 * ms},
			{-1, "advanced", "small", false, true, "image/0", 41 * ms, 57 * ms, 15 * ms},
			{0, "advanced", "small", true, false, "image/1", 57 * ms, 73 * ms, 15 * ms},
			{0, "greedy", "big", false, false, "image/1", 73 * ms, 114 * ms, 40 * ms},
			{1, "greedy", "big", true, false, "image/2", 114 * ms, 155 * ms, 40 * ms},
			{1, "advanced", "small", false, false, "image/2", 155 * ms, 171 * ms, 15 * ms},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"edge greedy[small big]", "edge advanced[small big]"}, w.prepared); diff != "" {
			t.Errorf("prepared:\n%s", diff)
		}
		if d := run.Decisions[5]; d.Observed.Seq != 2 || d.Observed.Now != 155*ms || d.Pair != 1 || d.Arm != "advanced" || d.Outcome.Infer != 5*ms {
			t.Errorf("last decision = %+v", d)
		}
		for _, e := range run.Telemetry {
			if e.Condition != "warm" {
				t.Errorf("telemetry of condition %q", e.Condition)
			}
		}
		if len(run.Decisions) != 6 || len(run.Checks) != 1 || run.Checks[0].Condition != "warm" || len(run.Telemetry) == 0 || w.left != 1 {
			t.Errorf("%d decisions, checks %+v, %d telemetry, left %d times", len(run.Decisions), run.Checks, len(run.Telemetry), w.left)
		}
	})
}

// TestResidency counts the fetches of 3 pairs (a warm-up and two) in two arms:
// cold fetches each time, first once an arm, warm never.
func TestResidency(t *testing.T) {
	for residency, want := range map[string]int{"cold": 6, "first": 2, "warm": 0} {
		t.Run(residency, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				run, err := carryOut(t, t.Context(), plan(residency, 2, "fetch"), newFake())
				if err != nil {
					t.Fatal(err)
				}
				got := 0
				for _, r := range run.Requests {
					if r.Got > 0 {
						got++
					}
					if (r.Got > 0) != (r.Measured == 40*ms) {
						t.Errorf("fetched %v, measured %v", r.Got, r.Measured)
					}
				}
				if got != want {
					t.Errorf("%d fetches, want %d", got, want)
				}
			})
		})
	}
}

// TestTrialsAreTheirOwn: a trial begins 1 s after the one before it, and its
// clock and its selectors begin anew; within a trial, they learn.
func TestTrialsAreTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan("warm", 1, "infer")
		second := p.Trials[0]
		second.Repetition = 1
		p.Trials = append(p.Trials, second)
		w := newFake()
		w.slow = 3 // times the profile, in every inference
		run, err := carryOut(t, t.Context(), p, w)
		if err != nil {
			t.Fatal(err)
		}
		predicted := map[string]time.Duration{}
		for _, d := range run.Decisions {
			if d.Arm == "advanced" {
				predicted[fmt.Sprint(d.Repetition, d.Observed.Seq)] = d.Decision.Candidates[d.Decision.Choice].Predicted.Infer
				if d.Observed.Seq == 0 && d.Observed.Now > 200*ms {
					t.Errorf("repetition %d begins at %v of its own clock", d.Repetition, d.Observed.Now)
				}
			}
		}
		// The profile says 5 ms; after one request of 15 ms it is more.
		if predicted["0 0"] != 5*ms || predicted["1 0"] != 5*ms || predicted["0 1"] <= 5*ms || predicted["1 1"] != predicted["0 1"] {
			t.Errorf("predicted inference by repetition and request: %v", predicted)
		}
	})
}

// TestProgress counts every pair, those of an earlier session too.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan("warm", 3, "infer")
		w := newFake()
		w.broken = 5 // in the second counted pair
		run, _ := carryOut(t, t.Context(), p, w)
		var last runner.Progress
		tell := func(p runner.Progress) { last = p }
		if _, err := goOn(t, run.Dir, p, runner.Options{World: newFake(), Progress: tell}); err != nil {
			t.Fatal(err)
		}
		if last.Done != 4 || last.Total != 4 || last.Left != 0 {
			t.Errorf("last progress %+v, want 4 of 4 pairs and no time left", last)
		}
	})
}

// TestTimeLeft: a pair of the plan takes 41+16 = 57 ms, and a world 100 ms. After
// the first of 2 pairs in the first of 2 trials, 3 pairs and a world are left.
func TestTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan("warm", 1, "infer")
		p.Trials = append(p.Trials, p.Trials[0])
		p.Trials[1].Repetition = 1
		w := newFake()
		w.making = 100 * ms
		var left []time.Duration
		tell := func(p runner.Progress) {
			if p.Stage == "run" {
				left = append(left, p.Left)
			}
		}
		if _, err := carryOutBy(t, t.Context(), p, runner.Options{World: w, Progress: tell}); err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{3*57*ms + 100*ms, 2*57*ms + 100*ms, 57 * ms, 0}
		if diff := cmp.Diff(want, left); diff != "" {
			t.Errorf("time left after each pair (-want +got):\n%s", diff)
		}
	})
}

func TestFailedRequestIsARecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFake()
		w.fail[3] = "model big: hash differs"
		run, err := carryOut(t, t.Context(), plan("warm", 2, "infer"), w)
		if err != nil {
			t.Fatal(err)
		}
		if len(run.Requests) != 6 || run.Requests[2].Error != w.fail[3] {
			t.Errorf("requests = %+v", run.Requests)
		}
	})
}

// TestResume breaks the world at every request in turn, resumes, and wants
// every pair exactly once, whole, and no more.
func TestResume(t *testing.T) {
	for broken := 1; broken <= 8; broken++ {
		synctest.Test(t, func(t *testing.T) {
			p := plan("warm", 3, "infer")
			w := newFake()
			w.broken = broken
			run, err := carryOut(t, t.Context(), p, w)
			if err == nil || len(run.Requests) != broken-1 {
				t.Fatalf("broken at %d: error %v, %d requests", broken, err, len(run.Requests))
			}
			run, err = goOn(t, run.Dir, p, runner.Options{World: newFake()})
			if err != nil {
				t.Fatal(err)
			}
			seen := map[int]int{}
			for _, r := range run.Requests {
				if !r.Warmup {
					seen[r.Pair]++
				}
			}
			if diff := cmp.Diff(map[int]int{0: 2, 1: 2, 2: 2}, seen); diff != "" {
				t.Errorf("broken at %d, pairs after resuming:\n%s", broken, diff)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*ms) // in the middle of the fourth request
		defer cancel()
		run, err := carryOut(t, ctx, plan("warm", 50, "infer"), newFake())
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if len(run.Requests) != 3 {
			t.Errorf("%d requests, want the 3 that were done", len(run.Requests))
		}
	})
}

// TestCutShortTwice: a pair that was cut short after its first arm, and again, is
// not whole, though there are as many lines of it as arms.
func TestCutShortTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var before record.Run
		for range 2 {
			before.Requests = append(before.Requests, record.Request{Condition: "warm", Arm: "greedy", Pair: 0})
		}
		run, err := carryOutBy(t, t.Context(), plan("warm", 1, "infer"), runner.Options{World: newFake(), Before: before})
		if err != nil || len(run.Requests) != 4 {
			t.Errorf("%d requests, %v; want those of a warm-up and a pair", len(run.Requests), err)
		}
	})
}
