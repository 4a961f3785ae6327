package runner

import (
	"context"
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// request sends the images of a pair by the choice of one arm, and writes it
// down.
func (t *trial) request(ctx context.Context, a *arm, pair int, first bool, samples []dataset.Sample) error {
	if err := t.empty(ctx); err != nil {
		return err
	}
	meet := t.moment.again
	if first {
		meet = t.moment.pair
	}
	planned, err := t.meet(ctx, meet)
	if err != nil {
		return err
	}
	met := t.world.Now()
	d, due, err := t.decide(ctx, a, samples)
	if err != nil {
		return err
	}
	d.Condition, d.Repetition, d.Pair = t.condition.ID, t.Repetition, pair
	chosen := a.options[d.Decision.Choice]
	ans, err := t.send(ctx, a, chosen, samples)
	if err != nil {
		return err
	}
	t.moment.ended()
	d.Outcome = ans.phases
	a.Learn(ans.outcome(d.Observed.Seq))
	if kept(t.plan.Scenario.Record, pair) {
		if err := t.out.Decision(d); err != nil {
			return err
		}
	}
	req := ans.line(samples)
	req.Condition, req.Arm, req.Repetition, req.Pair, req.Warmup, req.First = t.condition.ID, a.name, t.Repetition, pair, pair < 0, first
	req.Due, req.Measured = due, measured(ans.phases, t.condition.Measure)
	if t.condition.Think > 0 {
		req.Late = max(met-planned+req.Sent-due-d.Took, 0)
	}
	return t.out.Request(req)
}

// meet waits for the instant of the next request, and returns it: that to which
// the world is turned, and the pause after it, which is as long for all.
func (t *trial) meet(ctx context.Context, turn func(context.Context) error) (instant time.Duration, err error) {
	if err := turn(ctx); err != nil {
		return 0, err
	}
	instant = t.world.Now() + t.condition.Think
	return instant, pause(ctx, t.world, t.condition.Think)
}

// send has an option answer the images, and waits until all that it began is
// over.
func (t *trial) send(ctx context.Context, a *arm, o selector.Option, samples []dataset.Sample) (answer, error) {
	a.empty = false
	j := &job{world: t.world, arm: a.name, samples: samples, until: t.world.Now() + t.plan.Scenario.Timeout}
	ans, err := j.do(ctx, o)
	if err == nil {
		err = ctx.Err() // what was cut short is not a failed request
	}
	return ans, err
}

// decide asks the selector of an arm, which sees only what the device could
// know. The request is due when it is asked: the time it takes to decide is
// waiting.
func (t *trial) decide(ctx context.Context, a *arm, samples []dataset.Sample) (d record.Decision, due time.Duration, err error) {
	obs, err := t.observe(ctx, a, samples)
	if err != nil {
		return d, 0, err
	}
	due = t.world.Now()
	obs.Now = t.moment.now()
	choice, took, err := t.ask(a, obs)
	return record.Decision{Arm: a.name, Observed: obs, Decision: choice, Took: took}, due, err
}

// ask has the selector of an arm choose.
func (t *trial) ask(a *arm, obs selector.Observation) (d selector.Decision, took time.Duration, err error) {
	begun := t.world.Now()
	d = a.Select(obs, a.options)
	took = t.world.Now() - begun
	switch {
	case d.Failed != "" && a.ends:
		return d, took, fmt.Errorf("selector %s: %s; its fallback is to %s the run", a.name, d.Failed, scenarios.EndRun)
	case d.Choice < 0 || d.Choice >= len(a.options):
		return d, took, fmt.Errorf("selector %s: chose option %d of %d", a.name, d.Choice, len(a.options))
	}
	return d, took, nil
}

// answerSize is what an answer weighs on the emulated link, roughly: headers,
// the JSON, and some logits. It hardly matters.
const answerSize unit.Bytes = 1000

// observe is what an arm sees before its next request.
func (t *trial) observe(ctx context.Context, a *arm, samples []dataset.Sample) (selector.Observation, error) {
	devices, err := t.world.Observe(ctx, a.nodes, a.name)
	if err != nil {
		return selector.Observation{}, err
	}
	t.asThen(devices)
	obs := selector.Observation{Seq: a.seq, Upload: size(samples), Download: answerSize, Devices: devices}
	if len(samples) > 1 {
		obs.Batch = len(samples)
	}
	a.seq++
	return obs, nil
}

// asThen gives devices the state of the machine that they had when the pair
// began, where the world was turned back to then: what they measure of the last
// second is of a second that has not been.
func (t *trial) asThen(devices []selector.Device) {
	if !t.moment.can {
		return
	}
	for i, d := range devices {
		then, known := t.seen[d.Name]
		switch {
		case !known:
			t.seen[d.Name] = d
		case t.moment.turned:
			d.Utilization, d.Busy, d.Pressure, d.Ages.Utilization = then.Utilization, then.Busy, then.Pressure, then.Ages.Utilization
			d.MemoryFree, d.FrequencyMHz, d.TemperatureC, d.GPU, d.Ages.Machine = then.MemoryFree, then.FrequencyMHz, then.TemperatureC, then.GPU, then.Ages.Machine
			devices[i] = d
		}
	}
}

// size is that of an image of a request: their mean, rounded up.
func size(samples []dataset.Sample) (n unit.Bytes) {
	for _, s := range samples {
		n += unit.Bytes(len(s.Image))
	}
	return (n + unit.Bytes(len(samples)) - 1) / unit.Bytes(len(samples))
}

// kept says whether decisions are written down of a pair. Where they are not of
// all, they are not of warm-ups.
func kept(r scenarios.Record, pair int) bool {
	return r.Decisions <= 1 || pair >= 0 && pair%r.Decisions == 0
}

// pause waits for d of the world's time, or until ctx ends.
func pause(ctx context.Context, w World, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	if v, ok := w.(Virtual); ok {
		v.Wait(d)
		return ctx.Err()
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
