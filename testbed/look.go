package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/runner/replay"
)

// lookAgain asks other selectors about a record, and reports on what they would
// have had.
func (a *app) lookAgain(ctx context.Context, r repeat) error {
	look := replay.Look{Plan: r.plan, Run: r.run}
	if err := look.Check(); err != nil {
		return badInput(err)
	}
	for _, what := range r.warnings {
		a.say("warning: %s", what)
	}
	closeWorld, err := a.beside(ctx, &r, &look)
	if err != nil {
		return err
	}
	defer closeWorld()
	asked := *r.plan
	asked.Scenario.Selectors, asked.Scenario.Judge.Shadows = asked.Scenario.Selectors[1:], nil
	others, err := a.startPrograms(ctx, &asked)
	if err != nil {
		return err
	}
	defer others.close()
	look.Selector = others.selector
	if look.Writer, err = record.Create(r.out, headerOfLook(r), r.plan.Source); err != nil {
		return err
	}
	begun := time.Now()
	found, runErr := look.Take(ctx)
	err = look.Writer.SetHeader(func(h *record.Header) {
		h.Finished, h.Took, h.Status = time.Now(), time.Since(begun), "done"
		h.Of.Recorded, h.Of.Simulated, h.Of.Missing = found.Recorded, found.Simulated, found.Missing
		if why := missing(found); why != "" {
			h.Warnings = append(slices.Clone(h.Warnings), why)
		}
		switch {
		case errors.Is(runErr, context.Canceled):
			h.Status = "interrupted"
		case runErr != nil:
			h.Status, h.Error = "failed", runErr.Error()
		}
	})
	if err := errors.Join(runErr, err, look.Writer.Close()); errors.Is(err, context.Canceled) {
		return &exitError{exitInterrupted, fmt.Errorf("interrupted; what there is, is in %s; a look at a record begins anew: give another --out", r.out)}
	} else if err != nil {
		return err
	}
	a.say("%s: outcomes of %d from the record, %d simulated", plural(found.Recorded+found.Simulated+found.Missing, "decision"), found.Recorded, found.Simulated)
	if why := missing(found); why != "" {
		a.say("warning: %s", why)
	}
	summary, err := a.report(r.out, nil)
	return a.conclude(r.out, summary, nil, err)
}

// beside opens the world in which what is not recorded is simulated, where there
// is to be one, and each node has a device.
func (a *app) beside(ctx context.Context, r *repeat, look *replay.Look) (closeWorld func(), err error) {
	none := func() {}
	if r.world != simulated {
		return none, nil
	}
	for _, n := range r.plan.Scenario.Nodes {
		if n.Device == "" && r.origin.World != simulated {
			why := fmt.Sprintf("what the record does not hold is not simulated: node %s has no device; give --device %s=PROFILE", n.Name, n.Name)
			a.say("warning: %s", why)
			r.warnings = append(r.warnings, why)
			return none, nil
		}
	}
	s, err := a.prepare(ctx, r.plan)
	if err != nil {
		return none, err
	}
	first, err := s.dataset.Sample(0)
	if err != nil {
		return none, err
	}
	w, _, err := a.openWorld(ctx, r.plan, s, first.Image)
	if err != nil {
		return none, err
	}
	r.warnings = append(r.warnings, slices.Concat(s.warnings, w.Warnings())...)
	look.World, look.Dataset = w, s.dataset
	return func() { w.Close() }, nil
}

// headerOfLook is that of the record, but for who chose.
func headerOfLook(r repeat) record.Header {
	h, sc := r.run.Header, r.plan.Scenario
	resolved, err := json.Marshal(r.plan)
	if err != nil {
		panic("testbed: a plan is not JSON: " + err.Error())
	}
	h.Testbed, h.Command, h.Started, h.Error = version(), append([]string{"testbed"}, os.Args[1:]...), time.Now(), ""
	h.Resolved, h.Of, h.Warnings = resolved, &r.origin, slices.Concat(h.Warnings, r.warnings)
	h.Arms, h.Selectors, h.Shadows = nil, h.Selectors[:1:1], nil
	for _, s := range sc.Judge.Shadows {
		h.Shadows = append(h.Shadows, described(s, sc))
	}
	for i, s := range sc.Selectors {
		h.Arms = append(h.Arms, s.Name)
		if i > 0 {
			h.Selectors = append(h.Selectors, described(s, sc))
		}
	}
	return h
}

// missing says for which decisions there is no outcome; empty if there are none.
func missing(f replay.Found) string {
	if f.Missing == 0 {
		return ""
	}
	const most = 5
	var where []string
	for _, id := range slices.Sorted(maps.Keys(f.Where)) {
		where = append(where, fmt.Sprintf("%s (%d)", id, f.Where[id]))
	}
	if more := len(where) - most; more > 0 {
		where = append(where[:most], fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("the record holds no outcome for %d of %d decisions: %s %s", f.Missing, f.Recorded+f.Simulated+f.Missing,
		strings.TrimPrefix(plural(len(f.Where), "condition"), fmt.Sprint(len(f.Where))+" "), strings.Join(where, ", "))
}
