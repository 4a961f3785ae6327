package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/testbed/testbed/inference/host"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/profile"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/devices"
	"github.com/testbed/testbed/runner/local"
	"github.com/testbed/testbed/runner/virtual"
	"github.com/testbed/testbed/scenarios"
)

// A world is a runner.World that was opened.
type world interface {
	runner.World
	Warnings() []string
	Close() error
}

// openWorld opens the world of a plan, and says what it is made of.
func (a *app) openWorld(ctx context.Context, plan *scenarios.Plan, s setup, image []byte) (world, any, error) {
	if plan.Scenario.World == "devices" {
		w, err := devices.Open(ctx, plan, devices.Options{Models: s.models, Image: image, Tokens: s.tokens})
		if err != nil {
			return nil, nil, err
		}
		return w, w.Describe(), nil
	}
	if plan.Scenario.World == simulated {
		w, err := virtual.Open(plan, virtual.Options{Models: asDevices(s.models, s.devices), Devices: s.devices, Classes: len(s.dataset.Classes())})
		if err != nil {
			return nil, nil, err
		}
		return w, w.Describe(), nil
	}
	cache, err := "", error(nil)
	if slices.ContainsFunc(plan.Scenario.Nodes, func(n scenarios.Node) bool { return n.Cache }) {
		cache, err = optimizedDir()
	}
	if err != nil {
		return nil, nil, err
	}
	w, err := local.Open(ctx, plan, local.Options{Models: s.models, Library: s.library, Image: image, Cache: cache})
	if err != nil {
		return nil, nil, err
	}
	return w, w.Describe(), nil
}

// tokens are those of the nodes, from the environment.
func tokens(plan *scenarios.Plan) (map[string]string, error) {
	all := map[string]string{}
	for i, n := range plan.Scenario.Nodes {
		if n.TokenEnv == "" {
			continue
		}
		if all[n.Name] = os.Getenv(n.TokenEnv); all[n.Name] == "" {
			return nil, plan.KeyError(fmt.Sprintf("nodes[%d].token_env", i), fmt.Errorf("the environment variable %s is not set: want the token of node %s in it", n.TokenEnv, n.Name))
		}
	}
	return all, nil
}

// optimizedDir is where optimised models are kept, of nodes that do so.
func optimizedDir() (string, error) {
	dir, err := host.CacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "optimized"), nil
}

// knownOf is what the device profiles of nodes say of the models, by node.
func knownOf(plan *scenarios.Plan, models []model.Model) (map[string]runner.Known, error) {
	all := map[string]runner.Known{}
	for i, n := range plan.Scenario.Nodes {
		if n.Profile == "" {
			continue
		}
		k, err := known(n, models)
		if err != nil {
			return nil, plan.KeyError(fmt.Sprintf("nodes[%d].profile", i), err)
		}
		all[n.Name] = k
	}
	return all, nil
}

func known(n scenarios.Node, models []model.Model) (runner.Known, error) {
	p, err := readProfile(n.Profile)
	if err != nil {
		return runner.Known{}, err
	}
	options, err := p.OptionsAt(n.Name, n.Threads, models)
	if err != nil {
		return runner.Known{}, err
	}
	for i := range options { // of the same files, however the profile knows them
		options[i].Accuracy, options[i].Images = models[i].Accuracy, models[i].Images
	}
	return runner.Known{Options: options, Slowdown: p.CurveOf(n.Threads), From: p.Name + " (" + n.Profile + ")"}, nil
}

// profileFile says whether a device profile is named by its file.
func profileFile(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.ContainsAny(name, `/\`)
}

// readProfile reads a device profile: a file, or a published one by its name.
func readProfile(name string) (profile.Profile, error) {
	if !profileFile(name) {
		return profile.Lookup(name)
	}
	f, err := os.Open(name)
	if err != nil {
		return profile.Profile{}, err
	}
	defer f.Close()
	return profile.Read(f, name)
}
