package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/testbed/testbed/emulator/gpu"
	"github.com/testbed/testbed/emulator/thread"
	"github.com/testbed/testbed/scenarios"
)

// probeGPU says why no GPU of this machine can be loaded.
func probeGPU() error { return gpu.Probe(gpu.Libraries{}, 0) }

// affordable says what a plan asks for that this machine does not have: a
// selector's program, CPUs, a GPU. It is asked before anything is made.
func affordable(plan *scenarios.Plan, gpu func() error) error {
	if err := errors.Join(runnable(plan, "selectors", plan.Scenario.Selectors), runnable(plan, "judge.selectors", plan.Scenario.Judge.Shadows)); err != nil {
		return err
	}
	if plan.Scenario.World != "netns" {
		return nil // each device knows for itself
	}
	cpus, err := thread.CPUs()
	if err != nil {
		return err
	}
	for i, n := range plan.Scenario.Nodes {
		if n.CPUs > len(cpus) {
			return plan.KeyError(fmt.Sprintf("nodes[%d].cpus", i), fmt.Errorf("%q: this machine gives %s to this program: want at most as many", fmt.Sprint(n.CPUs), plural(len(cpus), "CPU")))
		}
		if plan.UsesGPU(n.Name) {
			if err := gpu(); err != nil {
				return plan.KeyError("background."+n.Name+".gpu", err)
			}
		}
	}
	return nil
}

// runnable says which program of somebody's, named by the selectors under a key,
// cannot be found.
func runnable(plan *scenarios.Plan, key string, selectors []scenarios.Selector) error {
	for i, s := range selectors {
		if len(s.Exec) == 0 {
			continue
		}
		program, err := s.Exec[0], error(nil)
		if strings.Contains(program, "/") && !filepath.IsAbs(program) {
			program, err = filepath.Abs(filepath.Join(s.Dir, program))
		}
		if err == nil {
			_, err = exec.LookPath(program)
		}
		if err != nil {
			return plan.KeyError(fmt.Sprintf("%s[%d].exec", key, i), err)
		}
	}
	return nil
}
