package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// A Look asks other selectors what they would have chosen in a recorded run.
//
// They see what the first of the recorded arms that knew it saw before each
// request, and learn from what came of their own choices:
//
//  1. the option's own entry where all options were replayed at that pair
//  2. a recorded arm's request by the same option at that pair
//  3. the option tried in World, at that instant of the measured trial
//
// What nodes hold is by the selector's own choices; where the first request is
// cold, an outcome that fetched or opened a model counts only for a choice that
// would have, too. Of what is none of these nothing is known: the selector does
// not learn, and no line is written. From 1 and 2 nothing is learnt of the parts
// of options of two models.
type Look struct {
	// Plan is that of the run, its trials as they were measured. Its selectors
	// are the run's baseline, and those that are to choose.
	Plan   *scenarios.Plan
	Run    record.Run
	Writer *record.Writer // into a directory of its own

	// World, if not nil, is where what is not recorded is simulated, with the
	// images of Dataset.
	World   runner.World
	Dataset dataset.Dataset

	// Selector is that of runner.Options; nil is selector.New.
	Selector func(s scenarios.Selector, c selector.Config, t runner.Trial, opts []selector.Option) (selector.Selector, error)
}

// A Found is for how many decisions there is an outcome, and how it came about.
// Warm-ups are not counted.
type Found struct {
	Recorded, Simulated, Missing int
	Where                        map[string]int // condition → missing
}

// Check finds, before anything is written, selectors that could choose nothing.
func (l Look) Check() error {
	for _, t := range l.Plan.Trials {
		c := conditionOf(l.Plan, t)
		for _, s := range l.Plan.Scenario.Selectors[1:] {
			_, options := runner.Allowed(s, c, l.Run.Header.Profile)
			if len(options) == 0 {
				return fmt.Errorf("selector %s: condition %s: none of the record's options is of its placements %q", s.Name, c.ID, s.Placements)
			}
			if !slices.Contains(selector.Policies(), s.Policy) {
				continue // a program of others
			}
			if err := s.Config.Check(options); err != nil {
				return fmt.Errorf("condition %s: %w", c.ID, err)
			}
		}
	}
	return nil
}

// Take writes the run anew, with the requests of the selectors that were asked
// in place of all arms but the baseline.
func (l Look) Take(ctx context.Context) (Found, error) {
	f := Found{Where: map[string]int{}}
	if err := l.copy(); err != nil {
		return f, err
	}
	all := byTrial(l.Run)
	for _, t := range l.Plan.Trials {
		rec := recordedOf(all, l.Plan, t)
		if rec == nil {
			continue
		}
		e := &entry{Look: &l, Trial: t, recorded: rec, condition: conditionOf(l.Plan, t), found: &f}
		for _, s := range l.Plan.Scenario.Selectors[1:] {
			if err := e.ask(ctx, s); err != nil {
				return f, fmt.Errorf("condition %s, repetition %d: selector %s: %w", e.condition.ID, t.Repetition+1, s.Name, err)
			}
		}
	}
	return f, nil
}

// copy writes down what the new run has of the record.
func (l Look) copy() error {
	baseline, w := l.Plan.Scenario.Selectors[0].Name, l.Writer
	return errors.Join(
		write(l.Run.Checks, w.Check, func(record.Check) bool { return true }),
		write(l.Run.Telemetry, w.Telemetry, func(record.Telemetry) bool { return true }),
		write(l.Run.Replays, func(r record.Replay) error { return w.Replay(l.without(r)) }, func(record.Replay) bool { return true }),
		write(l.Run.Decisions, w.Decision, func(d record.Decision) bool { return d.Arm == baseline }),
		write(l.Run.Requests, w.Request, func(r record.Request) bool { return r.Arm == baseline }),
	)
}

// without is a replay without the selectors that are not judged any more.
func (l Look) without(r record.Replay) record.Replay {
	r.Shadows = slices.DeleteFunc(slices.Clone(r.Shadows), func(x record.ReplayShadow) bool {
		return !slices.ContainsFunc(l.Plan.Scenario.Judge.Shadows, func(s scenarios.Selector) bool { return s.Name == x.Selector })
	})
	return r
}

// write writes those of lines that are kept, until one cannot be written.
func write[T any](lines []T, line func(T) error, keep func(T) bool) error {
	for _, v := range lines {
		if !keep(v) {
			continue
		}
		if err := line(v); err != nil {
			return err
		}
	}
	return nil
}
