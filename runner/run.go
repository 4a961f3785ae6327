package runner

import (
	"context"
	"errors"
	"fmt"
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

	// Known is the device profile that the node goes by. The zero Known is
	// none: the models are measured before the first trial.
	Known Known

	// Progress, if not nil, is told what happens. It is called often, from
	// one goroutine, and must be quick.
	Progress func(Progress)
}

// A Known is what a device profile says of the judged node: an Option for each
// model of the plan, in its order, and how load slows it down.
type Known struct {
	Options  []selector.Option
	Slowdown selector.Curve
	From     string // which profile, for reports
}

// A Progress says how far a run is.
type Progress struct {
	Stage       string // "profile" or "run"
	Done, Total int    // profiles, or requests
	Condition   string
	Repetition  int
	Trial       int // from 0
	Trials      int
	// Left is an estimate of the time left; 0 if there is none yet.
	Left time.Duration
}

// Run carries a plan through a world. Every request, decision, check and
// second of telemetry is in the Writer before the next begins, so that a run
// that ends early, for whatever reason, keeps what it did. The error of a
// run that was cancelled is ctx's.
func Run(ctx context.Context, plan *scenarios.Plan, o Options) error {
	r := &run{plan: plan, o: o, node: plan.Scenario.Nodes[0].Name, done: before(o.Before)}
	if err := r.profile(ctx); err != nil {
		return err
	}
	r.pace = newPace(plan, r.done)
	for i, t := range plan.Trials {
		if err := r.trial(ctx, i, t); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			c := plan.Conditions[t.Condition]
			return fmt.Errorf("condition %s, repetition %d: %w", c.ID, t.Repetition+1, err)
		}
	}
	return nil
}

// A run is a Run in progress.
type run struct {
	plan    *scenarios.Plan
	o       Options
	node    string // the inference node that is judged
	options []selector.Option
	done    map[pairKey]int // arms recorded, before this session
	pace    *pace
}

type pairKey struct {
	condition        string
	repetition, pair int
}

func before(b record.Run) map[pairKey]int {
	done := map[pairKey]int{}
	for _, r := range b.Requests {
		done[pairKey{r.Condition, r.Repetition, r.Pair}]++
	}
	return done
}

// profile measures the models, or takes what an earlier session measured.
func (r *run) profile(ctx context.Context) error {
	if h := r.o.Writer.Header(); len(h.Profile) > 0 {
		r.options = h.Profile
		return nil
	}
	models := r.plan.Scenario.Models
	tell := func(done int) {
		r.tell(Progress{Stage: "profile", Done: done, Total: len(models)})
	}
	options, err := r.o.Known.Options, error(nil)
	if len(options) == 0 {
		tell(0)
		options, err = r.o.World.Profile(ctx, r.node, models, tell)
	}
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	r.options = options
	return r.o.Writer.SetHeader(func(h *record.Header) {
		h.Profile, h.Slowdown, h.ProfileFrom = options, r.o.Known.Slowdown, r.o.Known.From
	})
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

// enter makes the trial's world and its arms, and writes down what probes
// found.
func (t *trial) enter(ctx context.Context) error {
	checks, err := t.o.World.Enter(ctx, t.condition, t.Seeds.Link)
	if err != nil {
		return err
	}
	for _, c := range checks {
		c.Condition, c.Repetition = t.condition.ID, t.Repetition
		if err := t.o.Writer.Check(c); err != nil {
			return err
		}
	}
	for _, s := range t.plan.Scenario.Selectors {
		sel, err := selector.New(s.Name, selector.Config{Budget: t.plan.Scenario.Budget, Slowdown: t.o.Writer.Header().Slowdown})
		if err != nil {
			return err
		}
		t.arms = append(t.arms, &arm{Selector: sel, name: s.Name})
		if err := t.o.World.Prepare(ctx, t.node, s.Name, t.held(t.condition)); err != nil {
			return err
		}
	}
	return nil
}

// held are the models that a node holds when a trial of c begins.
func (r *run) held(c scenarios.Condition) []string {
	if c.Residency != "warm" {
		return nil
	}
	var names []string
	for _, m := range r.plan.Scenario.Models {
		names = append(names, m.Name)
	}
	return names
}
