package runner_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// repeated is a plan of two conditions in so many repetitions, that may end
// after any of them from the second on.
func repeated(repetitions int) *scenarios.Plan {
	p := plan("warm", 2, "infer")
	p.Conditions = append(p.Conditions, p.Conditions[0])
	p.Conditions[1].ID = "again"
	one := p.Trials[0]
	p.Trials = nil
	for rep := range repetitions {
		for c := range p.Conditions {
			t := one
			t.Condition, t.Repetition = (c+rep)%2, rep
			p.Trials = append(p.Trials, t)
		}
	}
	p.Scenario.Repetitions, p.Scenario.Stop = repetitions, &scenarios.Stop{Least: 2}
	return p
}

// A jury is asked whether a run is decided, which it is from the verdict-th time
// on; 0: never. It notes how many requests the directory had then.
type jury struct {
	verdict int
	dir     string
	saw     []int
	err     error
}

func (j *jury) decided() (bool, error) {
	run, err := record.Read(j.dir)
	if err != nil {
		return false, err
	}
	j.saw = append(j.saw, len(run.Requests))
	return len(j.saw) == j.verdict, j.err
}

// stopped carries out p, which may end early.
func stopped(t *testing.T, p *scenarios.Plan, j *jury, o runner.Options) (record.Run, error) {
	t.Helper()
	j.dir = t.TempDir() + "/run"
	out, err := record.Create(j.dir, record.Header{Stop: &record.Stop{Least: 2}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Dataset, o.Writer, o.Decided = images(100), out, j.decided
	return finish(t, out, runner.Run(t.Context(), p, o))
}

// A repetition is 2 conditions × 3 pairs (with a warm-up) × 2 arms = 12 requests.
const inRepetition = 12

// TestStop: of five repetitions the run is looked at after the second, third
// and fourth, with all of those before written and nothing of the next; after
// the last there is nothing to leave out.
func TestStop(t *testing.T) {
	for _, tt := range []struct {
		verdict int
		saw     []int
		ran     int
		stopped int
	}{
		{0, []int{24, 36, 48}, 5, 0},
		{1, []int{24}, 2, 2},
		{3, []int{24, 36, 48}, 4, 4},
	} {
		for _, workers := range []int{0, 1, 4} { // 0: a world that is not virtual
			t.Run(fmt.Sprintf("decided at look %d, %d workers", tt.verdict, workers), func(t *testing.T) {
				inTime := func(t *testing.T, f func(*testing.T)) { f(t) }
				o := runner.Options{World: newVirtual(like{noise: true}), Workers: workers}
				if workers == 0 {
					inTime, o.World = synctest.Test, newFake()
				}
				inTime(t, func(t *testing.T) {
					j := &jury{verdict: tt.verdict}
					run, err := stopped(t, repeated(5), j, o)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(tt.saw, j.saw); diff != "" {
						t.Errorf("requests at each look (-want +got):\n%s", diff)
					}
					if n := len(run.Requests); n != tt.ran*inRepetition || run.Header.Stop.Stopped != tt.stopped {
						t.Errorf("%d requests, stopped after %d; want %d and %d", n, run.Header.Stop.Stopped, tt.ran*inRepetition, tt.stopped)
					}
					if i := slices.IndexFunc(run.Checks, func(c record.Check) bool { return c.Repetition >= tt.ran }); i >= 0 {
						t.Errorf("repetition %d was begun", run.Checks[i].Repetition)
					}
				})
			})
		}
	}
}

// TestStopNever: without the key nobody asks.
func TestStopNever(t *testing.T) {
	p := repeated(3)
	p.Scenario.Stop = nil
	j := &jury{verdict: 1}
	if run, err := stopped(t, p, j, runner.Options{World: newVirtual(like{})}); err != nil || len(run.Requests) != 3*inRepetition || j.saw != nil {
		t.Errorf("%d requests, %v, asked with %v", len(run.Requests), err, j.saw)
	}
}

// TestStopFails: where it cannot be told, the run ends with why.
func TestStopFails(t *testing.T) {
	broken := errors.New("disk on fire")
	fails := func(t *testing.T, w runner.World) {
		run, err := stopped(t, repeated(5), &jury{err: broken}, runner.Options{World: w})
		if !errors.Is(err, broken) || len(run.Requests) != 2*inRepetition || run.Header.Stop.Stopped != 0 {
			t.Errorf("%d requests, %v, stopped after %d", len(run.Requests), err, run.Header.Stop.Stopped)
		}
	}
	fails(t, newVirtual(like{}))
	synctest.Test(t, func(t *testing.T) { fails(t, newFake()) })
}

// TestStopResumed: a run that was cut short is looked at where it was not yet:
// not again where the next repetition had begun, but where the crash came
// between. One that ended by the rule stays as it is.
func TestStopResumed(t *testing.T) {
	resumed(t, func() runner.World { return newVirtual(like{}) })
	synctest.Test(t, func(t *testing.T) { resumed(t, func() runner.World { return newFake() }) })
}

func resumed(t *testing.T, world func() runner.World) {
	for _, tt := range []struct {
		name string
		cut  int // trials that the first session carries out
		saw  []int
		ran  int
	}{
		{"in the middle of a repetition", 5, []int{36, 48}, 5},
		{"at the end of one", 4, []int{24, 36, 48}, 5},
	} {
		p := repeated(5)
		all := p.Trials
		p.Trials = all[:tt.cut]
		first := &jury{}
		if _, err := stopped(t, p, first, runner.Options{World: world()}); err != nil {
			t.Fatal(err)
		}
		p.Trials = all
		j := &jury{dir: first.dir}
		run, err := goOn(t, j.dir, p, runner.Options{World: world(), Decided: j.decided})
		if err != nil || len(run.Requests) != tt.ran*inRepetition {
			t.Errorf("%s: %d requests, %v", tt.name, len(run.Requests), err)
		}
		if diff := cmp.Diff(tt.saw, j.saw); diff != "" {
			t.Errorf("%s: requests at each look (-want +got):\n%s", tt.name, diff)
		}
	}
	j := &jury{verdict: 1}
	if _, err := stopped(t, repeated(5), j, runner.Options{World: world()}); err != nil {
		t.Fatal(err)
	}
	run, err := goOn(t, j.dir, repeated(5), runner.Options{World: world(), Decided: j.decided})
	if err != nil || len(run.Requests) != 2*inRepetition || len(j.saw) != 1 || run.Header.Stop.Stopped != 2 {
		t.Errorf("a run that had ended went on: %d requests, %v, looked at %d times, %+v", len(run.Requests), err, len(j.saw), run.Header.Stop)
	}
}

// TestLate: with a pause of 50 ms before it a request is as late as handing it
// over takes, 3 ms; what looking at devices takes is none of it.
func TestLate(t *testing.T) {
	for _, tt := range []struct {
		think, handing, looking, want time.Duration
	}{{50 * ms, 0, 0, 0}, {50 * ms, 3 * ms, 0, 3 * ms}, {50 * ms, 3 * ms, 7 * ms, 3 * ms}, {0, 3 * ms, 0, 0}} {
		synctest.Test(t, func(t *testing.T) {
			p := plan("warm", 2, "infer")
			p.Conditions[0].Think = tt.think
			w := newFake()
			w.handing, w.looking = tt.handing, tt.looking
			run, err := carryOut(t, t.Context(), p, w)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range run.Requests {
				if r.Late != tt.want {
					t.Errorf("pause %v, handing over takes %v, looking %v: pair %d of %s is %v late", tt.think, tt.handing, tt.looking, r.Pair, r.Arm, r.Late)
				}
			}
		})
	}
}
