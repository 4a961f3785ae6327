package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/testbed/testbed/inference/arch"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/model/store"
	"github.com/testbed/testbed/inference/onnxfile"
	"github.com/testbed/testbed/scenarios"
)

// seed is that of the weights of seeded models: one, so that all runs on all
// machines use the same file.
const seed = 1

// seededSuffix is what the store adds to the name of a network whose weights
// are seeded.
const seededSuffix = "-seeded"

// openStore opens this user's store of models.
func openStore() (*store.Store, error) {
	dir, err := store.DefaultDir()
	if err != nil {
		return nil, err
	}
	return store.Open(dir)
}

// storedNames are the models in the store; none where it cannot be opened,
// which then shows when one is needed.
func storedNames() (names []string) {
	s, err := openStore()
	if err != nil {
		return nil
	}
	models, err := s.List()
	if err != nil {
		return nil
	}
	for _, m := range models {
		names = append(names, m.Name)
	}
	return names
}

// models finds what a plan's world needs to know of its models: all of them, or,
// where they are simulated, what device profiles and the catalogue say. only is
// that of resolveModels.
func (a *app) models(ctx context.Context, plan *scenarios.Plan, s *setup, only bool) (err error) {
	if plan.Scenario.World != simulated {
		s.models, err = a.resolveModels(ctx, plan, only)
		return err
	}
	if s.devices, s.warnings, err = devicesOf(plan); err != nil {
		return err
	}
	s.models, err = simulatedModels(plan, s.devices)
	return err
}

// resolveModels finds the models of a plan: built in, in the store, or files.
// Networks of seeded weights that the store does not have are written there,
// unless only is set: then it is checked that they can be.
func (a *app) resolveModels(ctx context.Context, plan *scenarios.Plan, only bool) (all []model.Model, err error) {
	for i, m := range plan.Scenario.Models {
		found, err := a.resolve(ctx, m, only)
		if err == nil {
			found.Name = m.Name // as the scenario calls it
			err = ctx.Err()
		}
		if errors.Is(err, context.Canceled) {
			return nil, err
		}
		if err != nil {
			return nil, plan.ModelError(i, err)
		}
		all = append(all, found)
	}
	return all, nil
}

func (a *app) resolve(ctx context.Context, m scenarios.Model, only bool) (model.Model, error) {
	switch {
	case m.File != "":
		return fileModel(m)
	case m.Weights == model.Seeded:
		return a.seeded(ctx, m.Name, only)
	}
	if found, err := model.Lookup(m.Name); err == nil {
		return found, nil
	}
	s, err := openStore()
	if err != nil {
		return model.Model{}, err
	}
	found, err := s.Lookup(m.Name)
	if err != nil {
		return model.Model{}, fmt.Errorf("the weights of %s are not here; %s%s", m.Name, howToGet(m.Name), orSeeded(m.Name))
	}
	if found.Accuracy == 0 {
		return model.Model{}, fmt.Errorf("nothing says how accurate %s is: measure it by testbed models evaluate %s --dataset … --save", m.Name, m.Name)
	}
	return found, nil
}

// orSeeded is how a scenario asks for seeded weights, where there can be some.
func orSeeded(name string) string {
	if e, ok := model.Known(name); ok && seedable(e) {
		return "; or, for latency alone, say weights: seeded"
	}
	return ""
}

// howToName is howToGet for commands, which can name seeded weights, too.
func howToName(name string) string {
	if e, ok := model.Known(name); ok && seedable(e) {
		return howToGet(name) + "; or, for latency alone, say " + e.Name + seededSuffix + ": the network with random weights"
	}
	return howToGet(name)
}

// howToGet says what there is to do about missing weights.
func howToGet(name string) string {
	var ways []string
	if e, ok := model.Known(name); ok {
		if _, _, err := e.Download(); err == nil {
			ways = append(ways, "get them by: testbed models pull "+name)
		}
	}
	ways = append(ways, "add yours by: testbed models add FILE --name "+name)
	return strings.Join(ways, "; ")
}

// fileModel is a model that the scenario names by its file.
func fileModel(m scenarios.Model) (model.Model, error) {
	found, err := model.FromFile(m.File, model.Model{Name: m.Name, SHA256: m.SHA256, Accuracy: m.Accuracy, Recipe: m.Recipe, Source: "declared by the scenario"})
	if err != nil {
		return model.Model{}, err
	}
	c, err := classifier(found)
	if err != nil {
		return model.Model{}, err
	}
	if c.Seeded {
		found.Weights = model.Seeded
	}
	return found, nil
}

// classifier reads what the file of a model says of its input and output.
func classifier(m model.Model) (onnxfile.Classifier, error) {
	f, err := m.Open()
	if err != nil {
		return onnxfile.Classifier{}, err
	}
	defer f.Close()
	r, ok := f.(io.ReaderAt)
	if !ok {
		return onnxfile.Classifier{}, fmt.Errorf("model %s: cannot be read at random", m.Name)
	}
	info, err := onnxfile.Read(r, m.Bytes)
	if err != nil {
		return onnxfile.Classifier{}, fmt.Errorf("%s: %w", fileOf(m), err)
	}
	c, err := info.Classifier()
	if err != nil {
		return onnxfile.Classifier{}, fmt.Errorf("%s: %w", fileOf(m), err)
	}
	if c.Size != 0 && m.Recipe.Size != c.Size {
		return c, fmt.Errorf("%s: it takes images of %d pixels, and its recipe makes %d: say which is right, such as recipe imagenet", fileOf(m), c.Size, m.Recipe.Size)
	}
	return c, nil
}

func fileOf(m model.Model) string {
	if m.File == "" {
		return m.Name
	}
	return m.File
}

// seeded is the network of that name with seeded weights: from the store, or
// written there now.
func (a *app) seeded(ctx context.Context, name string, only bool) (model.Model, error) {
	m, err := seededModel(name)
	if err != nil || only {
		return m, err
	}
	s, err := openStore()
	if err != nil {
		return m, err
	}
	if found, err := s.Lookup(m.Name); err == nil {
		return found, nil
	}
	a.say("%s: writing the network with seeded weights, %s", name, megabytes(m.Bytes))
	return s.Put(ctx, m, func(w io.Writer) error { return arch.Write(w, name, seed) })
}

// seededModel describes a network of seeded weights, as the store names it.
func seededModel(name string) (model.Model, error) {
	size, err := arch.Describe(name)
	if err != nil {
		return model.Model{}, fmt.Errorf("weights seeded: %w", err)
	}
	e, ok := model.Known(name)
	if !ok || e.Default().Top1 == 0 || !seedable(e) {
		return model.Model{}, fmt.Errorf("weights seeded: no accuracy is published that could stand for the architecture %s as it is written here", name)
	}
	m := e.Model(e.Default())
	m.Name, m.Weights, m.Source = name+seededSuffix, model.Seeded, "published: "+m.Source
	m.Bytes, m.Parameters, m.MACs = size.Bytes, size.Parameters, size.MACs
	return m, nil
}

// seedable reports whether the architecture that is written here by the name of
// an entry is the entry's: others have called other networks by the same name.
func seedable(e model.Entry) bool {
	size, err := arch.Describe(e.Name)
	return err == nil && size.Input == e.Input && math.Abs(float64(size.Parameters)/float64(e.Parameters)-1) < 0.01
}

// openDataset opens the images of a plan, and holds the models to their classes.
func openDataset(plan *scenarios.Plan, models []model.Model) (dataset.Dataset, error) {
	d, err := dataset.Open(spec(plan.Scenario))
	if err != nil {
		return nil, plan.KeyError("dataset", err)
	}
	if !d.Labelled() || plan.Scenario.World == simulated {
		return d, nil // what answers mean, and what they are, is not looked at
	}
	for i, m := range models {
		if m.Weights == model.Seeded && m.File == "" {
			continue // described alone, and not written yet
		}
		c, err := classifier(m)
		if err != nil {
			return nil, err
		}
		if n := len(d.Classes()); c.Classes != 0 && c.Classes != n {
			return nil, plan.ModelError(i, fmt.Errorf("it tells %d classes apart, and dataset %s has %d%s", c.Classes, d.Name(), n, classHint(plan.Scenario.Dataset)))
		}
	}
	return d, nil
}

func classHint(d scenarios.Dataset) string {
	if d.Name == "folder" && d.Classes == "" {
		return "; dataset.classes names a file with all of them"
	}
	return ""
}

func spec(s scenarios.Scenario) dataset.Spec {
	return dataset.Spec{Name: s.Dataset.Name, Path: s.Dataset.Path, Classes: s.Dataset.Classes, Images: s.Dataset.Images, Seed: s.Seed, Size: s.Dataset.Size, Labels: s.Dataset.Labels}
}

// relative makes names of files in a scenario at file names that hold here.
func relative(plan *scenarios.Plan, file string) {
	dir := filepath.Dir(file)
	at := func(name string) string {
		if name == "" || filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(dir, name)
	}
	sc := &plan.Scenario
	for i := range sc.Models {
		sc.Models[i].File = at(sc.Models[i].File)
	}
	sc.Dataset.Path, sc.Dataset.Classes = at(sc.Dataset.Path), at(sc.Dataset.Classes)
	for _, selectors := range [][]scenarios.Selector{sc.Selectors, sc.Judge.Shadows} {
		for i := range selectors {
			if selectors[i].Dir != "" {
				selectors[i].Dir = at(selectors[i].Dir)
			}
		}
	}
	for i, n := range sc.Nodes {
		sc.Nodes[i].CA = at(n.CA)
		for _, name := range []*string{&sc.Nodes[i].Profile, &sc.Nodes[i].Device} {
			if profileFile(*name) {
				*name = at(*name)
			}
		}
	}
}
