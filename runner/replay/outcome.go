package replay

import (
	"context"
	"time"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// outcome is what came, or would have come, of a choice at pair i, warm-ups
// included, and where that is from; empty: nobody knows. base is a request of
// the same pair.
func (e *entry) outcome(ctx context.Context, a *chooser, i, choice int, obs selector.Observation, base record.Request) (req record.Request, out selector.Outcome, from string, err error) {
	o := a.options[choice]
	fresh := e.condition.Residency == "first" && !a.holds(o) // it has to fetch, where that is not the same for all
	req, known := e.replayed(base, a.index[choice], o, fresh)
	if !known {
		req, known = e.requested(base.Pair, o, fresh)
	}
	if known {
		return req, selector.Outcome{Observed: req.Phases, Failed: req.Error != ""}, record.FromRecord, nil
	}
	if e.World == nil {
		return req, out, "", nil
	}
	req, out, err = e.simulated(ctx, a, i, o, obs.Now)
	ahead := base.Due - req.Due
	req.Due, req.Sent, req.Done = req.Due+ahead, req.Sent+ahead, req.Done+ahead
	for k := range req.Parts {
		req.Parts[k].Sent, req.Parts[k].Done = req.Parts[k].Sent+ahead, req.Parts[k].Done+ahead
	}
	return req, out, record.FromSim, err
}

// replayed is the entry of an option in the table of the pair. Where the first
// request is cold, options have nothing at the first pair of all, and all models
// later. Of an answer that was wrong the table does not tell what it was.
func (e *entry) replayed(base record.Request, index int, o selector.Option, fresh bool) (record.Request, bool) {
	line, known := e.replays[base.Pair]
	first := base.Pair == 0 && e.condition.Warmup == 0
	if !known || index >= len(line.Options) || e.condition.Residency == "first" && fresh != first {
		return record.Request{}, false
	}
	of := line.Options[index]
	if of.Error == record.NotHere {
		return record.Request{}, false
	}
	req := record.Request{
		Sample: base.Sample, Option: o.Label(), Model: o.Model, Node: o.Node,
		Due: base.Due, Sent: base.Due, Done: base.Due + of.Phases.Total(), Phases: of.Phases, Measured: of.Measured,
		Up: base.Up, Down: base.Down, Label: base.Label, Prediction: -1, Error: of.Error,
	}
	if of.Phases.Fetch > 0 && o.Second == nil {
		req.Got = o.Size
	}
	if of.Right > 0 {
		req.Prediction = base.Label
	}
	for k, b := range base.Batch {
		b.Prediction = -1
		if k < of.Right {
			b.Prediction = b.Label
		}
		req.Batch = append(req.Batch, b)
	}
	return req, true
}

// requested is a recorded arm's request by an option, which fetched or opened a
// model if the choice would have.
func (e *entry) requested(pair int, o selector.Option, fresh bool) (record.Request, bool) {
	for _, arm := range e.Run.Header.Arms {
		i, ok := e.at[armPair{arm, pair}]
		if ok && e.requests[i].Option == o.Label() && (e.condition.Residency != "first" || fresh == (e.requests[i].Phases.Fetch+e.requests[i].Phases.Load > 0)) {
			return e.requests[i], true
		}
	}
	return record.Request{}, false
}

// simulated is how an option fares in the World at an instant of the trial.
func (e *entry) simulated(ctx context.Context, a *chooser, i int, o selector.Option, at time.Duration) (req record.Request, out selector.Outcome, err error) {
	if !e.entered {
		if _, err := e.World.Enter(ctx, e.condition, e.Seeds.Link); err != nil {
			return req, out, err
		}
		e.entered = true
	}
	for _, p := range parts(o) {
		if err := e.World.Prepare(ctx, p.Node, a.name, a.models(p.Node)); err != nil {
			return req, out, err
		}
	}
	if _, err := e.World.Rewind(ctx, at); err != nil {
		return req, out, err
	}
	samples, err := e.images(i)
	if err != nil {
		return req, out, err
	}
	return runner.Try(ctx, e.World, a.name, o, samples, e.Plan.Scenario.Timeout, e.condition.Measure)
}

// images are those of pair i, warm-ups included.
func (e *entry) images(i int) (samples []dataset.Sample, err error) {
	batch := max(1, e.condition.Batch)
	for _, k := range e.Samples[i*batch : (i+1)*batch] {
		s, err := e.Dataset.Sample(k)
		if err != nil {
			return nil, err
		}
		samples = append(samples, s)
	}
	return samples, nil
}
