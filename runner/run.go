package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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

	// Progress, if not nil, is told what happens. It is called often, from
	// one goroutine, and must be quick.
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
// run that ends early, for whatever reason, keeps what it did. The error of a
// run that was cancelled is ctx's.
func Run(ctx context.Context, plan *scenarios.Plan, o Options) error {
	r := &run{plan: plan, o: o, done: before(o.Before)}
	if err := r.measure(ctx); err != nil {
		return cmp.Or(ctx.Err(), err)
	}
	if err := r.check(); err != nil {
		return err
	}
	r.pace = newPace(plan, r.done)
	for i, t := range plan.Trials {
		if err := r.trial(ctx, i, t); err != nil {
			c := plan.Conditions[t.Condition]
			return cmp.Or(ctx.Err(), fmt.Errorf("condition %s, repetition %d: %w", c.ID, t.Repetition+1, err))
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
	pace    *pace
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
	for _, s := range slices.Concat(r.plan.Scenario.Selectors, r.plan.Scenario.Judge.Shadows) {
		_, options := allowed(s, r.options)
		if len(options) == 0 {
			return fmt.Errorf("selector %s: none of the options is of its placements %q", s.Name, s.Placements)
		}
		if !slices.Contains(selector.Policies(), s.Policy) {
			continue // a program of others, which Options.Selector knows
		}
		if err := s.Config.Check(options); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) tell(p Progress) {
	if r.o.Progress != nil {
		r.o.Progress(p)
	}
}

// trial runs one condition once: it makes the world, measures it, and sends
// the pairs that are not yet recorded.
func (r *run) trial(ctx context.Context, index int, planned scenarios.Trial) error {
	t := &trial{run: r, Trial: planned, condition: r.plan.Conditions[planned.Condition], index: index}
	first := firstPair(r.plan, planned, r.done)
	if first == t.condition.Requests {
		return nil
	}
	if err := t.enter(ctx); err != nil {
		return err
	}
	r.pace.entered()
	tick := r.telemetry(ctx, t.condition.ID, t.Repetition)
	err := t.pairs(ctx, first)
	return errors.Join(err, tick.stop(), r.o.World.Leave(context.WithoutCancel(ctx)), r.o.Writer.Sync())
}
