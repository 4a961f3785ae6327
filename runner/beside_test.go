package runner_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// TestVirtualTime: pauses, requests and parts that run together take the world's
// time and none of ours, and it begins anew with each trial. Each request begins
// 50 s after the end of the one before it, and takes
//
//	a  big@edge               41 ms
//	b  small@edge|big@cloud   31 ms: edge has answered after 16, and is unsure
func TestVirtualTime(t *testing.T) {
	p := twoNodes(plan("warm", 2, "infer"))
	a, b := static("big@edge"), static("small@edge|big@cloud")
	p.Scenario.Selectors = []scenarios.Selector{a, b}
	p.Conditions[0].Think = 50 * time.Second
	p.Trials = append(p.Trials, p.Trials[0])
	p.Trials[1].Repetition = 1
	run, err := carryOutBy(t, t.Context(), p, runner.Options{World: newVirtual(like{})})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range run.Requests {
		got = append(got, fmt.Sprintf("%d/%d %s %v-%v", r.Repetition, r.Pair, r.Arm[len("static-"):], r.Sent, r.Done))
	}
	var want []string
	for rep := range 2 {
		for _, line := range []string{ // b goes first in pair 0
			"-1 big@edge 50s-50.041s", "-1 small@edge|big@cloud 1m40.041s-1m40.072s",
			"0 small@edge|big@cloud 2m30.072s-2m30.103s", "0 big@edge 3m20.103s-3m20.144s",
			"1 big@edge 4m10.144s-4m10.185s", "1 small@edge|big@cloud 5m0.185s-5m0.216s",
		} {
			want = append(want, fmt.Sprintf("%d/%s", rep, line))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	for i, d := range run.Decisions {
		if d.Took != 0 || d.Observed.Now != run.Requests[i].Due {
			t.Errorf("decision of pair %d took %v, at %v", d.Pair, d.Took, d.Observed.Now)
		}
	}
	// It was asked for after 100.072, 200.144 and 300.216 s.
	if n := len(run.Telemetry); n != 2*3*101 || run.Telemetry[302].At != 300216*ms || run.Telemetry[303].From != 0 || run.Telemetry[303].Repetition != 1 {
		t.Errorf("%d lines of telemetry, want 303 of each trial", n)
	}
}

// files are the growing files of a run directory.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{record.RequestsFile, record.DecisionsFile, record.TelemetryFile, record.ChecksFile, record.ReplaysFile} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(b)
	}
	return all
}

// judgedEvery2 is virtual(n) with a judge and a shadow.
func judgedEvery2(n int) *scenarios.Plan {
	p := virtual(n)
	p.Scenario.Judge.Every, p.Scenario.Judge.Shadows = 2, []scenarios.Selector{arm("fastest")}
	return p
}

// TestWorkersDoNotShow: what is recorded is the same however many trials are
// carried out at once, whether a trial can hold its lines or not, and whether
// its turn has come or not.
func TestWorkersDoNotShow(t *testing.T) {
	for _, long := range []int{0, 300 << 10} { // so that 14 requests are more than a trial holds
		var want map[string]string
		for _, workers := range []int{1, 3, 16, 0} {
			p := judgedEvery2(12)
			if long > 0 && workers > 3 {
				continue // it takes its time
			}
			if long > 0 {
				p.Scenario.Placements, p.Scenario.Judge = []string{"edge"}, scenarios.Judge{} // nothing to calibrate
			}
			w := newVirtual(like{noise: true, long: long, meet: func(c string, n int) error {
				if c == "c00" {
					time.Sleep(ms) // others overtake it
				}
				return nil
			}})
			run, err := carryOutBy(t, t.Context(), p, runner.Options{World: w, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			got := files(t, run.Dir)
			if want == nil {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%d workers, errors of %d bytes (-one worker, +these):\n%.2000s", workers, long, diff)
			}
			// 12 trials of 1 to 7 pairs, and a warm-up each, in two arms:
			// 2·(12 + 28 + 15).
			if len(run.Requests) != 110 {
				t.Errorf("%d requests, want 110", len(run.Requests))
			}
		}
	}
}

// TestTrialsAreBesideEachOther: with 3 workers, 3 trials meet.
func TestTrialsAreBesideEachOther(t *testing.T) {
	var here sync.WaitGroup
	here.Add(3)
	w := newVirtual(like{entered: func(c scenarios.Condition, _ time.Time) {
		if c.ID <= "c02" {
			here.Done()
			here.Wait() // for good, if they do not come
		}
	}})
	if _, err := carryOutBy(t, t.Context(), virtual(4), runner.Options{World: w, Workers: 3}); err != nil {
		t.Fatal(err)
	}
}

// TestProgramsAreAskedInTurn: where a program of others chooses, trials follow
// each other.
func TestProgramsAreAskedInTurn(t *testing.T) {
	p := virtual(5)
	p.Scenario.Selectors[1].Policy = scenarios.ExecPolicy
	var mu sync.Mutex
	var busy, most int
	w := newVirtual(like{entered: func(scenarios.Condition, time.Time) {
		mu.Lock()
		busy++
		most = max(most, busy)
		mu.Unlock()
		time.Sleep(5 * ms)
		mu.Lock()
		busy--
		mu.Unlock()
	}})
	o := runner.Options{World: w, Workers: 4, Selector: func(_ scenarios.Selector, c selector.Config, _ runner.Trial, _ []selector.Option) (selector.Selector, error) {
		c.Policy = "greedy"
		return selector.New(c)
	}}
	if _, err := carryOutBy(t, t.Context(), p, o); err != nil || most != 1 {
		t.Errorf("%v; %d at once", err, most)
	}
}

// TestVirtualFails: the run ends with the trial that fails first in the plan,
// though one behind it failed before it; what there was before the failure is
// kept, and nothing of later trials. Resumed, it ends as if nothing had happened.
func TestVirtualFails(t *testing.T) {
	p := judgedEvery2(12)
	whole, err := carryOutBy(t, t.Context(), p, runner.Options{World: newVirtual(like{noise: true})})
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 4} {
		w := newVirtual(like{noise: true, meet: func(c string, n int) error {
			switch {
			case workers == 1 && c > "c05":
				t.Errorf("trial %s was begun after one had failed", c)
			case c == "c05" && n == 6:
				time.Sleep(20 * ms)
				return errors.New("the first")
			case c == "c06" && n == 2:
				return errors.New("the second")
			}
			return nil
		}})
		run, err := carryOutBy(t, t.Context(), p, runner.Options{World: w, Workers: workers})
		if want := "condition c05, repetition 1: the first"; err == nil || err.Error() != want {
			t.Fatalf("%d workers: %v, want %s", workers, err, want)
		}
		if last := run.Requests[len(run.Requests)-1]; last.Condition != "c05" || last.Pair > 1 {
			t.Errorf("%d workers: the last request is of %s, pair %d", workers, last.Condition, last.Pair)
		}
		for name, got := range files(t, run.Dir) {
			if !strings.HasPrefix(files(t, whole.Dir)[name], got) {
				t.Errorf("%d workers: %s is not the beginning of what there should be", workers, name)
			}
		}
		if run, err = goOn(t, run.Dir, p, runner.Options{World: newVirtual(like{noise: true})}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(files(t, whole.Dir), files(t, run.Dir)); diff != "" {
			t.Errorf("%d workers: resumed (-whole +got):\n%.2000s", workers, diff)
		}
	}
}

// TestVirtualCancelled: whenever it is, what is there is a beginning of the
// whole, and resuming completes it.
func TestVirtualCancelled(t *testing.T) {
	p := judgedEvery2(12)
	whole, err := carryOutBy(t, t.Context(), p, runner.Options{World: newVirtual(like{noise: true})})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		w := newVirtual(like{noise: true, meet: func(c string, i int) error {
			if c == fmt.Sprintf("c%02d", n) && i == 3 {
				cancel()
			}
			return nil
		}})
		run, err := carryOutBy(t, ctx, p, runner.Options{World: w, Workers: 3})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("%d: %v", n, err)
		}
		if run, err = goOn(t, run.Dir, p, runner.Options{World: newVirtual(like{noise: true}), Workers: 2}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(files(t, whole.Dir), files(t, run.Dir)); diff != "" {
			t.Errorf("%d: resumed (-whole +got):\n%.2000s", n, diff)
		}
	}
}

// TestVirtualResumes: a crash leaves of each file a beginning that may end within
// a line, and of requests nothing that the others lack. Resumed, the
// directory is the same, byte for byte, and Progress ends with all pairs.
func TestVirtualResumes(t *testing.T) {
	p := judgedEvery2(8)
	whole, err := carryOutBy(t, t.Context(), p, runner.Options{World: newVirtual(like{noise: true})})
	if err != nil {
		t.Fatal(err)
	}
	want := files(t, whole.Dir)
	rng := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		dir := filepath.Join(t.TempDir(), "run")
		if err := os.CopyFS(dir, os.DirFS(whole.Dir)); err != nil {
			t.Fatal(err)
		}
		trial := fmt.Sprintf("c%02d", rng.IntN(len(p.Trials))) // in which it happens
		reached := false
		for _, name := range []string{record.ReplaysFile, record.ChecksFile, record.TelemetryFile, record.DecisionsFile, record.RequestsFile} {
			from, to := span(want[name], trial)
			at := to
			switch {
			case reached:
				at = from
			case rng.IntN(3) == 0 || name == record.RequestsFile:
				at, reached = from+rng.IntN(to-from+1), true
			}
			if err := os.Truncate(filepath.Join(dir, name), int64(at)); err != nil {
				t.Fatal(err)
			}
		}
		var last runner.Progress
		run, err := goOn(t, dir, p, runner.Options{World: newVirtual(like{noise: true}), Progress: func(p runner.Progress) { last = p }})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, files(t, run.Dir)); diff != "" {
			t.Fatalf("resumed (-whole +got):\n%.2000s", diff)
		}
		if last.Total > 0 && last.Done != last.Total {
			t.Errorf("%d of %d pairs in the end", last.Done, last.Total)
		}
	}
}

// span is where the lines of a condition begin and end.
func span(lines, condition string) (from, to int) {
	for line := range strings.Lines(lines) {
		_, of, _ := strings.Cut(line, `"condition":"`)
		if of[:3] > condition {
			return from, to
		}
		to += len(line)
		if of[:3] < condition {
			from = to
		}
	}
	return from, to
}
