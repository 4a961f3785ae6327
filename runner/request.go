package runner

import (
	"context"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// A trial is one condition being run once.
type trial struct {
	*run
	scenarios.Trial
	condition scenarios.Condition
	index     int // in the plan
	arms      []*arm
	began     time.Duration // when the first request could have been sent
}

// An arm is a selector in one trial. It starts every trial knowing nothing, so
// that no trial depends on those before it.
type arm struct {
	selector.Selector
	name string
	seq  uint64
}

// pairs sends the warm-ups and then the pairs from first on, the arms in the
// order that the plan drew.
func (t *trial) pairs(ctx context.Context, first int) error {
	t.began = t.o.World.Now()
	for i := range t.Samples {
		pair := i - t.condition.Warmup
		if pair >= 0 && pair < first {
			continue
		}
		sample, err := t.o.Dataset.Sample(t.Samples[i])
		if err != nil {
			return err
		}
		for k, a := range inOrder(t.arms, t.BaseFirst[i]) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := t.request(ctx, a, pair, k == 0, sample); err != nil {
				return err
			}
		}
		t.pace.did(t.Condition)
		t.tell(Progress{Stage: "run", Done: t.pace.done, Total: t.pace.total, Condition: t.condition.ID, Repetition: t.Repetition,
			Trial: t.index, Trials: len(t.plan.Trials), Left: t.pace.left()})
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

// request sends one image by the choice of one arm, and writes it down.
func (t *trial) request(ctx context.Context, a *arm, pair int, first bool, s dataset.Sample) error {
	if err := t.empty(ctx); err != nil {
		return err
	}
	if err := pause(ctx, t.condition.Think); err != nil {
		return err
	}
	d, due, err := t.decide(ctx, a, unit.Bytes(len(s.Image)))
	if err != nil {
		return err
	}
	d.Condition, d.Repetition, d.Pair = t.condition.ID, t.Repetition, pair
	chosen := t.options[d.Decision.Choice]
	res, err := t.o.World.Do(ctx, Request{Node: chosen.Node, Arm: a.name, Model: chosen.Model, Image: s.Image, Timeout: t.plan.Scenario.Timeout})
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err() // what was cut short is not a failed request
	}
	d.Outcome = res.Phases
	a.Learn(selector.Outcome{Seq: d.Observed.Seq, Option: chosen, Observed: res.Phases, Failed: res.Err != ""})
	if err := t.o.Writer.Decision(d); err != nil {
		return err
	}
	return t.o.Writer.Request(record.Request{
		Condition: t.condition.ID, Arm: a.name, Repetition: t.Repetition, Pair: pair, Warmup: pair < 0, First: first,
		Sample: s.ID, Model: chosen.Model, Node: chosen.Node,
		Due: due, Sent: res.Sent, Done: res.Done, Phases: res.Phases, Measured: measured(res.Phases, t.condition.Measure),
		Up: res.Up, Down: res.Down, Got: res.Fetched,
		Label: s.Label, Prediction: res.Prediction, Error: res.Err,
	})
}

// empty makes the node forget every model, where each request is to be cold.
func (t *trial) empty(ctx context.Context) error {
	if t.condition.Residency != "cold" {
		return nil
	}
	for _, a := range t.arms {
		if err := t.o.World.Prepare(ctx, t.node, a.name, nil); err != nil {
			return err
		}
	}
	return nil
}

// answerSize is what an answer weighs on the emulated link, roughly: headers,
// the JSON, and some logits. It hardly matters.
const answerSize unit.Bytes = 1000

// decide asks a selector, which sees only what the device could know. The
// request is due when it is asked: the time it takes to decide is waiting.
func (t *trial) decide(ctx context.Context, a *arm, upload unit.Bytes) (d record.Decision, due time.Duration, err error) {
	obs, err := t.o.World.Observe(ctx, t.node, a.name)
	if err != nil {
		return d, 0, err
	}
	due = t.o.World.Now()
	obs.Seq, obs.Now, obs.Upload, obs.Download = a.seq, due-t.began, upload, answerSize
	a.seq++
	choice := a.Select(obs, t.options)
	return record.Decision{Arm: a.name, Observed: obs, Decision: choice, Took: t.o.World.Now() - due}, due, nil
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
