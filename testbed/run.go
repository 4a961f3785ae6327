package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
	"github.com/testbed/testbed/inference/profile"
	"github.com/testbed/testbed/plots/stats"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

func (a *app) runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run FILE... | run --resume DIR",
		Short: "Run scenarios and report on them",
		Long: `Run makes the world of each scenario, runs every condition under both
selectors, and writes a run directory: every request, decision and second of
telemetry, plots, report.html, report.md and summary.json.

Interrupted, it keeps and reports what it has; --resume DIR goes on.`,
		Example: `    testbed run scenarios/lowbw.yaml
    testbed run scenarios/quick.yaml --set links.edge.down.rate=2Mbps --out runs/2mbps
    testbed run --resume runs/2mbps`,
		Args: args(cobra.ArbitraryArgs),
		RunE: a.bound(a.runRun),
	}
	f := cmd.Flags()
	f.String("out", "", "run directory (default runs/NAME-DATE-TIME); with several files, the folder that holds theirs")
	f.String("resume", "", "go on with the run in this `DIR`")
	f.Bool("check", false, "exit with status 3 unless the verdict is PASS")
	f.Bool("json", false, "print summary.json instead of the summary for people; of several runs, one object after the other")
	scenarioFlags(cmd)
	return cmd
}

func (a *app) runRun(cmd *cobra.Command, files []string) error {
	resume := a.settings.GetString("resume")
	switch {
	case resume != "" && len(files) > 0:
		return badInput(errors.New("--resume DIR takes the scenario from DIR; give no FILE"))
	case resume != "" && changed(cmd, "set", "seed", "world", "engine", "out") != "":
		return badInput(fmt.Errorf("--resume DIR goes on as it was begun; leave --%s away", changed(cmd, "set", "seed", "world", "engine", "out")))
	case resume == "" && len(files) == 0:
		return badInput(errors.New("run what? Give a scenario file, such as scenarios/quick.yaml"))
	case resume != "":
		return a.resume(cmd.Context(), resume)
	}
	// All are read before the first is run: a mistake in the last should not
	// wait for hours.
	var plans []*scenarios.Plan
	var dirs []string
	for _, file := range files {
		plan, err := a.readPlan(cmd, file)
		if err != nil {
			return err
		}
		dir := a.outDir(plan, len(files) > 1)
		if slices.Contains(dirs, dir) {
			return badInput(fmt.Errorf("%s: another of these scenarios is named %s, too, and would be recorded in %s", file, plan.Scenario.Name, dir))
		}
		if err := record.Free(dir); err != nil {
			return badInput(err)
		}
		plans, dirs = append(plans, plan), append(dirs, dir)
	}
	var failed error
	for i, plan := range plans {
		if err := a.runPlan(cmd.Context(), plan, dirs[i]); err != nil {
			var exit *exitError
			if !errors.As(err, &exit) || exit.status != exitVerdict {
				return err
			}
			failed = err
		}
	}
	return failed
}

// changed is the first of the flags that was given; empty if none was.
func changed(cmd *cobra.Command, flags ...string) string {
	for _, f := range flags {
		if cmd.Flags().Changed(f) {
			return f
		}
	}
	return ""
}

// outDir is where a run is written.
func (a *app) outDir(plan *scenarios.Plan, several bool) string {
	out := a.settings.GetString("out")
	switch {
	case out == "":
		return filepath.Join("runs", plan.Scenario.Name+"-"+time.Now().Format("20060102-150405"))
	case several:
		return filepath.Join(out, plan.Scenario.Name)
	}
	return out
}

// A setup is what a plan needs of this machine before a world can be made.
type setup struct {
	models  []model.Model
	library string
	dataset dataset.Dataset
	known   map[string]runner.Known // by node, of those that go by a device profile
	tokens  map[string]string       // of nodes
	// Of the world sim.
	devices  map[string]profile.Profile // that the nodes are simulated by
	warnings []string
}

func (a *app) prepare(ctx context.Context, plan *scenarios.Plan) (s setup, err error) {
	if err := affordable(plan, probeGPU); err != nil {
		return s, badInput(err)
	}
	if err := a.models(ctx, plan, &s, false); err != nil {
		return s, badInput(err)
	}
	if s.dataset, err = openDataset(plan, s.models); err != nil {
		return s, badInput(err)
	}
	if s.known, err = knownOf(plan, s.models); err != nil {
		return s, badInput(err)
	}
	if s.tokens, err = tokens(plan); err != nil {
		return s, badInput(err)
	}
	if plan.Scenario.World == "netns" { // devices have their own
		s.library, err = onnx.Find()
	}
	return s, err
}

func (a *app) runPlan(ctx context.Context, plan *scenarios.Plan, dir string) error {
	s, err := a.prepare(ctx, plan)
	if err != nil {
		return err
	}
	w, err := record.Create(dir, header(plan, s), plan.Source)
	if err != nil {
		return err
	}
	return a.carryOut(ctx, plan, s, w, record.Run{})
}

func (a *app) resume(ctx context.Context, dir string) error {
	w, before, err := record.Resume(dir)
	if err != nil {
		return badInput(err)
	}
	if of := before.Header.Of; of != nil && of.As == asRecord {
		err := w.SetHeader(func(h *record.Header) { h.Status, h.Error = before.Header.Status, before.Header.Error })
		return errors.Join(badInput(fmt.Errorf("%s: another selector's look at a record is not gone on with: it is begun anew by testbed replay %s", dir, of.Dir)), err, w.Close())
	}
	for _, p := range before.Problems {
		a.say("warning: %s: %s", dir, p)
	}
	plan, err := planOf(dir, before.Header)
	if err != nil {
		return errors.Join(badInput(err), w.Close())
	}
	s, err := a.prepare(ctx, plan)
	if err != nil {
		return errors.Join(err, w.Close())
	}
	return a.carryOut(ctx, plan, s, w, before)
}

// carryOut runs a plan into w, says how it ended in run.json, and reports on
// whatever there is.
func (a *app) carryOut(ctx context.Context, plan *scenarios.Plan, s setup, w *record.Writer, before record.Run) error {
	a.say("%s: %s, %s, %s; recording in %s", plan.Scenario.Name, plural(len(plan.Conditions), "condition"), plural(len(plan.Trials), "trial"), plural(requests(plan), "request"), w.Dir())
	start := time.Now()
	runErr := a.inWorld(ctx, plan, s, w, before)
	err := w.SetHeader(func(h *record.Header) {
		h.Finished = time.Now()
		h.Took += time.Since(start)
		switch {
		case runErr == nil:
			h.Status = "done"
		case errors.Is(runErr, context.Canceled):
			h.Status = "interrupted"
		default:
			h.Status, h.Error = "failed", runErr.Error()
		}
	})
	if runErr != nil && !errors.Is(runErr, context.Canceled) {
		// What could not even begin is not in the way of the next try.
		runErr = errors.Join(runErr, w.Discard())
	} else if err = errors.Join(err, w.Close()); runErr == nil {
		runErr = err
	}
	if info, err := os.Stat(filepath.Join(w.Dir(), record.RequestsFile)); runErr != nil && (err != nil || info.Size() == 0) {
		return ended(w.Dir(), runErr) // there is nothing to report on
	}
	summary, reportErr := a.report(w.Dir(), nil)
	return a.conclude(w.Dir(), summary, runErr, reportErr)
}

// inWorld makes the world and runs the plan in it.
func (a *app) inWorld(ctx context.Context, plan *scenarios.Plan, s setup, w *record.Writer, before record.Run) (err error) {
	first, err := s.dataset.Sample(0)
	if err != nil {
		return err
	}
	others, err := a.startPrograms(ctx, plan)
	if err != nil {
		return err
	}
	defer func() {
		if closing := others.close(); closing != nil {
			a.say("warning: %v", closing)
		}
	}()
	world, description, err := a.openWorld(ctx, plan, s, first.Image)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	nodes, err := json.Marshal(description)
	if err != nil {
		return err
	}
	warnings := append(s.warnings, world.Warnings()...)
	for _, warning := range warnings {
		a.say("warning: %s", warning)
	}
	if err := w.SetHeader(func(h *record.Header) { h.Nodes, h.Warnings = nodes, warnings }); err != nil {
		return err
	}
	bar := newProgress(a)
	defer bar.finish()
	o := runner.Options{World: world, Dataset: s.dataset, Writer: w, Before: before, Known: s.known, Selector: others.selector, Progress: bar.show}
	if plan.Scenario.Stop != nil {
		o.Decided = func() (bool, error) {
			run, lines, err := record.Stream(w.Dir())
			return err == nil && stats.Decided(run, lines), err
		}
	}
	if len(others) > 0 {
		o.Workers = 1 // which trial it is in, a program is told once for all
	}
	return runner.Run(ctx, plan, o)
}

// conclude prints the result of a run and turns it into an exit status.
func (a *app) conclude(dir string, summary *stats.Summary, runErr, reportErr error) error {
	if summary != nil {
		if err := a.printSummary(dir, summary); err != nil {
			return err
		}
	}
	switch {
	case runErr != nil:
		return ended(dir, runErr)
	case reportErr != nil:
		return reportErr
	case a.settings.GetBool("check") && !summary.Passed():
		return &exitError{exitVerdict, nil}
	}
	return nil
}

// ended says how a run ended that was not done.
func ended(dir string, err error) error {
	if errors.Is(err, context.Canceled) {
		return &exitError{exitInterrupted, fmt.Errorf("interrupted; what was recorded is in %s; go on with: testbed run --resume %s", dir, dir)}
	}
	return err
}

func requests(plan *scenarios.Plan) (n int) {
	for _, t := range plan.Trials {
		n += len(t.Samples) * len(plan.Scenario.Selectors)
	}
	return n
}

// planOf is the plan that a run directory was to carry out: run.json holds it
// whole, traces and samples included.
func planOf(dir string, h record.Header) (*scenarios.Plan, error) {
	plan := &scenarios.Plan{}
	if err := json.Unmarshal(h.Resolved, plan); err != nil {
		return nil, fmt.Errorf("%s: resolved: %w", filepath.Join(dir, record.HeaderFile), err)
	}
	if len(plan.Trials) == 0 || len(plan.Scenario.Nodes) == 0 {
		return nil, fmt.Errorf("%s: resolved: holds no plan", filepath.Join(dir, record.HeaderFile))
	}
	return plan, nil
}
