package runner

import (
	"context"
	"time"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// Try has an option answer the images of one request outside of a run, in a
// world that was entered and for an arm of it. It says so as requests.jsonl would
// keep it, Measured by the phases that count, and as the selector would learn
// it. What neither the answer nor the images know of the request is left out.
func Try(ctx context.Context, w World, arm string, o selector.Option, samples []dataset.Sample, timeout time.Duration, count []string) (record.Request, selector.Outcome, error) {
	j := &job{world: w, arm: arm, samples: samples, until: w.Now() + timeout}
	a, err := j.do(ctx, o)
	if err != nil {
		return record.Request{}, selector.Outcome{}, err
	}
	line := a.line(samples)
	line.Arm, line.Due, line.Measured = arm, line.Sent, measured(a.phases, count)
	return line, a.outcome(0), nil
}

// Allowed are the options that a selector may choose in a condition, and where
// each is among all.
func Allowed(s scenarios.Selector, c scenarios.Condition, all []selector.Option) (index []int, options []selector.Option) {
	return allowed(s, c, all)
}
