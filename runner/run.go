package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator/unit"
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

	// Progress, if not nil, is told what happens. It is called often, from
	// one goroutine, and must be quick.
	Progress func(Progress)
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
		if !r.Warmup {
			done[pairKey{r.Condition, r.Repetition, r.Pair}]++
		}
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
	tell(0)
	options, err := r.o.World.Profile(ctx, r.node, models, tell)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	r.options = options
	return r.o.Writer.SetHeader(func(h *record.Header) { h.Profile = options })
}

func (r *run) tell(p Progress) {
	if r.o.Progress != nil {
		r.o.Progress(p)
	}
}

// trial runs one condition once: it makes the world, measures it, and sends
// the pairs that are not yet recorded.
func (r *run) trial(ctx context.Context, index int, t scenarios.Trial) error {
	c := r.plan.Conditions[t.Condition]
	first := 0
	for first < c.Requests && r.done[pairKey{c.ID, t.Repetition, first}] >= len(r.plan.Scenario.Selectors) {
		first++
	}
	if first == c.Requests {
		return nil
	}
	checks, err := r.o.World.Enter(ctx, c, t.Seeds.Link)
	if err != nil {
		return err
	}
	for _, check := range checks {
		check.Condition, check.Repetition = c.ID, t.Repetition
		if err := r.o.Writer.Check(check); err != nil {
			return err
		}
	}
	arms, err := r.arms(ctx, c)
	if err != nil {
		return err
	}
	tick := r.telemetry(ctx, c.ID, t.Repetition)
	err = r.pairs(ctx, index, t, first, arms)
	return errors.Join(err, tick.stop(), r.o.World.Leave(context.WithoutCancel(ctx)), r.o.Writer.Sync())
}

// An arm is a selector in one trial. It starts every trial knowing nothing, so
// that no trial depends on those before it.
type arm struct {
	selector.Selector
	name string
	seq  uint64
}

func (r *run) arms(ctx context.Context, c scenarios.Condition) ([]*arm, error) {
	var arms []*arm
	for _, s := range r.plan.Scenario.Selectors {
		sel, err := selector.New(s.Name, r.plan.Scenario.Budget)
		if err != nil {
			return nil, err
		}
		arms = append(arms, &arm{Selector: sel, name: s.Name})
		if err := r.o.World.Prepare(ctx, r.node, s.Name, r.held(c)); err != nil {
			return nil, err
		}
	}
	return arms, nil
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

// pairs sends the warm-ups and then the pairs from first on, both arms in the
// order that the plan drew.
func (r *run) pairs(ctx context.Context, index int, t scenarios.Trial, first int, arms []*arm) error {
	c := r.plan.Conditions[t.Condition]
	began := r.o.World.Now()
	for i := range t.Samples {
		pair := i - c.Warmup
		if pair >= 0 && pair < first {
			continue
		}
		sample, err := r.o.Dataset.Sample(t.Samples[i])
		if err != nil {
			return err
		}
		for k, a := range inOrder(arms, t.BaseFirst[i]) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := r.request(ctx, c, t, pair, a, k == 0, sample, began, arms); err != nil {
				return err
			}
		}
		r.pace.did(t.Condition)
		r.tell(Progress{Stage: "run", Done: r.pace.done, Total: r.pace.total, Condition: c.ID, Repetition: t.Repetition,
			Trial: index, Trials: len(r.plan.Trials), Left: r.pace.left()})
	}
	return nil
}

// inOrder puts the baseline first or last.
func inOrder(arms []*arm, baseFirst bool) []*arm {
	if baseFirst {
		return arms
	}
	return append(append([]*arm(nil), arms[1:]...), arms[0])
}

// answerSize is what an answer weighs on the emulated link, roughly: headers,
// the JSON, and a thousand logits at most. It hardly matters.
const answerSize unit.Bytes = 1000

// request sends one image by the choice of one arm, and writes it down.
func (r *run) request(ctx context.Context, c scenarios.Condition, t scenarios.Trial, pair int, a *arm, first bool, s dataset.Sample, began time.Duration, arms []*arm) error {
	if c.Residency == "cold" {
		for _, other := range arms {
			if err := r.o.World.Prepare(ctx, r.node, other.name, nil); err != nil {
				return err
			}
		}
	}
	if err := pause(ctx, c.Think); err != nil {
		return err
	}
	obs, err := r.o.World.Observe(ctx, r.node, a.name)
	if err != nil {
		return err
	}
	due := r.o.World.Now()
	obs.Seq, obs.Now, obs.Upload, obs.Download = a.seq, due-began, unit.Bytes(len(s.Image)), answerSize
	a.seq++
	decision := a.Select(obs, r.options)
	took := r.o.World.Now() - due
	chosen := r.options[decision.Choice]

	res, err := r.o.World.Do(ctx, Request{Node: chosen.Node, Arm: a.name, Model: chosen.Model, Image: s.Image, Timeout: r.plan.Scenario.Timeout})
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err() // what was cut short is not a failed request
	}
	a.Learn(selector.Outcome{Seq: obs.Seq, Option: chosen, Observed: res.Phases, Failed: res.Err != ""})
	err = r.o.Writer.Request(record.Request{
		Condition: c.ID, Arm: a.name, Repetition: t.Repetition, Pair: pair, Warmup: pair < 0, First: first,
		Sample: s.ID, Model: chosen.Model, Node: chosen.Node,
		Due: due, Sent: res.Sent, Done: res.Done, Phases: res.Phases, Measured: measured(res.Phases, c.Measure),
		Up: res.Up, Down: res.Down, Got: res.Fetched,
		Label: s.Label, Prediction: res.Prediction, Error: res.Err,
	})
	if err != nil {
		return err
	}
	return r.o.Writer.Decision(record.Decision{
		Condition: c.ID, Arm: a.name, Repetition: t.Repetition, Pair: pair,
		Observed: obs, Decision: decision, Took: took, Outcome: res.Phases,
	})
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// measured is the t of the verdict: the sum of the phases that count.
func measured(p selector.Phases, count []string) (t time.Duration) {
	for _, name := range count {
		t += p.Named(name)
	}
	return t
}
