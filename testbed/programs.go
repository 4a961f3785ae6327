package main

import (
	"context"
	"errors"
	"slices"

	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
	"github.com/testbed/testbed/selector/external"
)

// programs are the selectors of a run that are somebody else's, by name.
type programs map[string]*external.Program

// startPrograms starts, or asks, all that the plan names. ctx is for as long as
// the run lasts.
func (a *app) startPrograms(ctx context.Context, plan *scenarios.Plan) (programs, error) {
	all := programs{}
	sc := plan.Scenario
	for _, s := range slices.Concat(sc.Selectors, sc.Judge.Shadows) {
		if s.Policy != scenarios.ExecPolicy && s.Policy != scenarios.HTTPPolicy {
			continue
		}
		p, err := external.Start(ctx, external.Config{Name: s.Name, Exec: s.Exec, Dir: s.Dir, URL: s.URL, Timeout: s.Timeout, Stderr: a.diag})
		if err != nil {
			return nil, errors.Join(err, all.close())
		}
		all[s.Name] = p
	}
	return all, nil
}

// selector is the runner's way to a selector for one trial. It is an Options'
// Selector.
func (p programs) selector(s scenarios.Selector, c selector.Config, t runner.Trial, opts []selector.Option) (selector.Selector, error) {
	program := p[s.Name]
	if program == nil {
		return selector.New(c)
	}
	c.Policy = s.Fallback
	if s.Fallback == scenarios.EndRun {
		c.Policy = "greedy" // its choice is not carried out
	}
	return program.Trial(external.Trial{Condition: t.Condition, Repetition: t.Repetition, Options: opts, Fallback: c})
}

// close ends them all.
func (p programs) close() error {
	var errs []error
	for _, program := range p {
		errs = append(errs, program.Close())
	}
	return errors.Join(errs...)
}
