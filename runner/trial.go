package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// A trial is one condition being run once.
type trial struct {
	*run
	scenarios.Trial
	world     World
	out       lines
	condition scenarios.Condition
	index     int           // in the plan
	polled    time.Duration // the world's time at which it was last asked for telemetry
	arms      []*arm
	shadows   []*arm // selectors that send no requests
	oracle    *arm   // who replays, without a selector of its own; nil: nobody
	moment    *moment
	seen      map[string]selector.Device // by its name, at the first request of the pair
}

// An arm is a selector in one trial. It starts every trial knowing nothing, so
// that no trial depends on those before it.
type arm struct {
	selector.Selector
	name    string
	ends    bool // a decision that failed ends the run
	options []selector.Option
	index   []int    // where these are among those of the run
	nodes   []string // that they use
	seq     uint64
	empty   bool // the nodes hold nothing for it
	full    bool // they hold all models of its options
}

// carryOut makes the trial's world and sends its pairs.
func (t *trial) carryOut(ctx context.Context, first int) error {
	if err := t.enter(ctx); err != nil {
		return err
	}
	t.entered()
	stop := t.telemetry(ctx)
	err := t.pairs(ctx, first)
	return errors.Join(err, stop(err != nil), t.world.Leave(context.WithoutCancel(ctx)), t.out.Sync())
}

// newArm makes the selector s for this trial.
func (t *trial) newArm(s scenarios.Selector) (*arm, error) {
	a := &arm{name: cmp.Or(s.Name, s.Policy), ends: s.Fallback == scenarios.EndRun}
	a.index, a.options = allowed(s, t.condition, t.options)
	a.nodes = nodesOf(a.options)
	c := s.Config
	c.Curves = t.o.Writer.Header().Slowdown
	// Chance differs between repetitions, and not between arms.
	c.Seed = rand.New(rand.NewPCG(s.Seed, t.Seeds.Order)).Uint64()
	var err error
	if t.o.Selector != nil {
		a.Selector, err = t.o.Selector(s, c, Trial{Condition: t.condition.ID, Repetition: t.Repetition}, a.options)
	} else {
		a.Selector, err = selector.New(c)
	}
	if err != nil {
		return nil, fmt.Errorf("selector %s: %w", a.name, err)
	}
	return a, nil
}

// enter makes the trial's world and its arms, and writes down what probes
// found.
func (t *trial) enter(ctx context.Context) error {
	checks, err := t.world.Enter(ctx, t.condition, t.Seeds.Link)
	if err != nil {
		return err
	}
	for _, c := range checks {
		c.Condition, c.Repetition = t.condition.ID, t.Repetition
		if err := t.out.Check(c); err != nil {
			return err
		}
	}
	if err := t.cast(); err != nil {
		return err
	}
	for _, a := range t.holders() {
		if err := t.prepare(ctx, a, t.condition.Residency == "warm"); err != nil {
			return err
		}
	}
	return nil
}

// cast makes the arms, and who judges them.
func (t *trial) cast() error {
	for _, s := range t.plan.Scenario.Selectors {
		a, err := t.newArm(s)
		if err != nil {
			return err
		}
		t.arms = append(t.arms, a)
	}
	if t.plan.Scenario.Judge.Every == 0 {
		return nil
	}
	t.oracle = &arm{name: scenarios.Oracle}
	t.oracle.index, t.oracle.options = allowed(scenarios.Selector{}, t.condition, t.options)
	t.oracle.nodes = nodesOf(t.oracle.options)
	for _, s := range t.plan.Scenario.Judge.Shadows {
		a, err := t.newArm(s)
		if err != nil {
			return err
		}
		t.shadows = append(t.shadows, a)
	}
	return nil
}

// holders are those for whom nodes hold models.
func (t *trial) holders() []*arm {
	if t.oracle == nil {
		return t.arms
	}
	return append(slices.Clip(t.arms), t.oracle)
}

// prepare has the nodes hold, for an arm, all models of its options or none.
func (t *trial) prepare(ctx context.Context, a *arm, all bool) error {
	for _, node := range a.nodes {
		var models []string
		if all {
			models = modelsOn(node, a.options)
		}
		if err := t.world.Prepare(ctx, node, a.name, models); err != nil {
			return err
		}
	}
	a.empty, a.full = !all, all
	return nil
}

// empty makes the nodes forget every model, where each request is to be cold:
// also those of others, whose memory would be missing.
func (t *trial) empty(ctx context.Context) error {
	if t.condition.Residency != "cold" {
		return nil
	}
	for _, a := range t.holders() {
		if a.empty {
			continue
		}
		if err := t.prepare(ctx, a, false); err != nil {
			return err
		}
	}
	return nil
}

// pairs sends the warm-ups and then the pairs from first on, the arms in the
// order that the plan drew.
func (t *trial) pairs(ctx context.Context, first int) (err error) {
	if t.moment, err = begin(ctx, t.world, t.condition); err != nil {
		return err
	}
	for i := range t.First {
		pair := i - t.condition.Warmup
		if pair >= 0 && pair < first {
			continue
		}
		if pair == first && pair > 0 {
			t.moment.latest = max(t.moment.latest, t.reached(first))
		}
		samples, err := t.images(i)
		if err != nil {
			return err
		}
		if err := errors.Join(t.poll(ctx), t.out.spill()); err != nil {
			return err
		}
		if err := t.pair(ctx, i, pair, samples); err != nil {
			return err
		}
		t.did(t)
	}
	return nil
}

// reached is the trial's time at which the pairs before first had ended in an
// earlier session, as far as their requests tell.
func (t *trial) reached(first int) (end time.Duration) {
	for _, d := range t.o.Before.Decisions {
		if d.Condition == t.condition.ID && d.Repetition == t.Repetition && d.Pair < first {
			end = max(end, d.Observed.Now+d.Took+d.Outcome.Total())
		}
	}
	return end
}

// images are those of pair i, warm-ups included.
func (t *trial) images(i int) (samples []dataset.Sample, err error) {
	batch := max(1, t.condition.Batch)
	for _, k := range t.Samples[i*batch : (i+1)*batch] {
		s, err := t.o.Dataset.Sample(k)
		if err != nil {
			return nil, err
		}
		samples = append(samples, s)
	}
	return samples, nil
}

// pair sends the images by the choice of every arm, and then, if the pair is
// judged, by every option.
func (t *trial) pair(ctx context.Context, i, pair int, samples []dataset.Sample) error {
	clear(t.seen)
	for k := range t.arms {
		if err := ctx.Err(); err != nil {
			return err
		}
		a := t.arms[(t.First[i]+k)%len(t.arms)]
		if err := t.request(ctx, a, pair, k == 0, samples); err != nil {
			return err
		}
	}
	if judged(t.plan.Scenario.Judge, pair) {
		return t.judge(ctx, pair, samples)
	}
	return nil
}
