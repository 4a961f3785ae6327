package runner

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// Options are what a run needs beside its plan.
type Options struct {
	World   World
	Dataset dataset.Dataset
	Writer  *record.Writer

	// Before is what the directory already holds: it is not run again.
	// The zero Run means nothing.
	Before record.Run

	// Known are the device profiles that nodes go by, by node. The models of
	// the others are measured before the first trial.
	Known map[string]Known

	// Selector makes the selector s for one trial: c is its Config with what
	// the run knows filled in, opts are the options that it may choose, which
	// Select will be given. Nil is selector.New(c), of which programs of
	// others are none.
	Selector func(s scenarios.Selector, c selector.Config, t Trial, opts []selector.Option) (selector.Selector, error)

	// Workers is how many trials of a Virtual world are carried out at the
	// same time; 0: as many as there are CPUs to use. What is recorded does
	// not depend on it. Trials of other worlds follow each other, and so do
	// those in which a program of others chooses.
	Workers int

	// Decided, if not nil, is asked after whole repetitions of all conditions,
	// as the plan's Stop says, whether what the directory holds now decides
	// the verdict; if so, the run ends. Nil: all repetitions are run.
	Decided func() (bool, error)

	// Progress, if not nil, is told what happens. It is called often, by one
	// goroutine at a time, and must be quick.
	Progress func(Progress)
}

// A Trial is a condition in one of its repetitions, as a selector may know it.
type Trial struct {
	Condition  string
	Repetition int // from 0
}

// A Known is what a device profile says of a node: an Option for each model of
// the plan, in its order, and how load slows it down.
type Known struct {
	Options  []selector.Option
	Slowdown selector.Curve
	From     string // which profile, for reports
}

// A Progress says how far a run is.
type Progress struct {
	// Stage is "profile" (models are measured), "calibrate" (what options of
	// two models answer is measured) or "run".
	Stage       string
	Done, Total int // profiles, images or pairs
	Condition   string
	Repetition  int
	Trial       int // from 0
	Trials      int
	// Left is an estimate of the time left; 0 if there is none yet.
	Left time.Duration
}

// Run carries a plan through a world. Every request, decision, check, replay
// and second of telemetry is in the Writer before the next begins, so that a
// run that ends early, for whatever reason, keeps what it did. Those of a
// Virtual world are there in the same order, but some later; what a run that
// ends early had not written, it does again in the same way. The error of a
// run that was cancelled is ctx's. A run that ends early because its verdict is
// decided is as good as done: there is no error, and the header says so.
func Run(ctx context.Context, plan *scenarios.Plan, o Options) error {
	r := &run{plan: plan, o: o, done: before(o.Before)}
	if err := r.measure(ctx); err != nil {
		return cmp.Or(ctx.Err(), err)
	}
	if err := r.check(); err != nil {
		return err
	}
	if stop := r.o.Writer.Header().Stop; stop != nil && stop.Stopped > 0 {
		return nil // a session before this one ended it
	}
	if v, ok := o.World.(Virtual); ok {
		r.o.Dataset = &images{Dataset: o.Dataset}
		r.pace = newPace(plan, r.again)
		return r.beside(ctx, v)
	}
	r.pace = newPace(plan, r.first)
	looks := r.looks()
	for i, t := range plan.Trials {
		if looks[i] {
			if err := r.look(t.Repetition); err != nil {
				return ended(err)
			}
		}
		if first := r.first(t); first < plan.Conditions[t.Condition].Requests {
			if err := r.trial(ctx, i, first, o.World, direct{o.Writer}); err != nil {
				return cmp.Or(ctx.Err(), err)
			}
		}
	}
	return nil
}

// A run is a Run in progress.
type run struct {
	plan    *scenarios.Plan
	o       Options
	options []selector.Option // of all arms, as in Header.Profile
	done    done

	mu   sync.Mutex // where trials are beside each other
	pace *pace
	told time.Time // the last Progress of a trial
}

// measure makes the options and measures them, or takes what an earlier session
// measured.
func (r *run) measure(ctx context.Context) error {
	if h := r.o.Writer.Header(); len(h.Profile) > 0 {
		r.options = h.Profile
		return nil
	}
	alone, err := r.profiles(ctx)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	options := placed(r.plan.Scenario, alone)
	if len(options) == 0 {
		return fmt.Errorf("placement: %d models give no option: cascade needs two", len(r.plan.Scenario.Models))
	}
	if err := r.calibrate(ctx, options); err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	r.options = options
	return r.o.Writer.SetHeader(func(h *record.Header) {
		h.Profile, h.Slowdown, h.ProfileFrom = options, r.slowdowns(), r.from()
	})
}

// check finds, before the first trial, selectors that could choose nothing.
func (r *run) check() error {
	checked := map[string]bool{} // conditions alike have the same options
	for _, c := range r.plan.Conditions {
		alike := strings.Join(c.Placements, " ")
		if checked[alike] {
			continue
		}
		checked[alike] = true
		for _, s := range slices.Concat(r.plan.Scenario.Selectors, r.plan.Scenario.Judge.Shadows) {
			if err := r.checkIn(c, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) checkIn(c scenarios.Condition, s scenarios.Selector) error {
	_, options := allowed(s, c, r.options)
	switch {
	case len(options) > 0 && !own(s):
		return nil // Options.Selector knows it
	case len(options) > 0:
		return s.Config.Check(options)
	case len(c.Placements) == 0:
		return fmt.Errorf("selector %s: none of the options is of its placements %q", s.Name, s.Placements)
	}
	return fmt.Errorf("selector %s: condition %s: none of the options is of the condition's placements %q and of the selector's %q", s.Name, c.ID, c.Placements, s.Placements)
}

// own says whether a selector is one of ours, and not a program of others.
func own(s scenarios.Selector) bool { return slices.Contains(selector.Policies(), s.Policy) }

// first is the first pair of a trial that is not recorded whole; as many as
// there are, if all are.
func (r *run) first(t scenarios.Trial) int { return firstPair(r.plan, t, r.done) }

// again is first of a virtual world, in which a trial that is not whole is
// carried out from its beginning.
func (r *run) again(t scenarios.Trial) int {
	if all := r.plan.Conditions[t.Condition].Requests; r.first(t) == all {
		return all
	}
	return 0
}

// entered notes that the world of a trial is made.
func (r *run) entered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pace.entered()
}

// did notes that a pair was done. Where pairs are many times faster than
// anybody could look at, Progress is not told of each.
func (r *run) did(t *trial) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pace.did(t.Condition)
	if _, ok := t.world.(Virtual); ok && r.pace.last.Sub(r.told) < tellEvery && r.pace.done < r.pace.total {
		return
	}
	r.told = r.pace.last
	r.tell(Progress{Stage: "run", Done: r.pace.done, Total: r.pace.total, Condition: t.condition.ID, Repetition: t.Repetition,
		Trial: t.index, Trials: len(r.plan.Trials), Left: r.pace.left()})
}

// tellEvery is how often Progress is told of a virtual world.
const tellEvery = 100 * time.Millisecond

func (r *run) tell(p Progress) {
	if r.o.Progress != nil {
		r.o.Progress(p)
	}
}

// trial carries out a trial of the plan: it makes the world, measures it, and
// sends the pairs from first on. A virtual world is one that is the trial's alone.
func (r *run) trial(ctx context.Context, index, first int, w World, out lines) error {
	t := &trial{run: r, Trial: r.plan.Trials[index], world: w, out: out, index: index, seen: map[string]selector.Device{}}
	t.condition = r.plan.Conditions[t.Condition]
	if t.As != nil {
		t.condition.Links, t.condition.Background = t.As.Links, t.As.Background
	}
	if err := t.carryOut(ctx, first); err != nil {
		return fmt.Errorf("condition %s, repetition %d: %w", t.condition.ID, t.Repetition+1, err)
	}
	return nil
}
