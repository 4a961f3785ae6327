package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/profile"
	"github.com/testbed/testbed/scenarios"
)

// simulated is the world in which nothing is run.
const simulated = "sim"

// usualDevice is the published profile of what a node is simulated as if its
// scenario does not say.
const usualDevice = "vm-2cpu"

// devicesOf are the device profiles that the nodes of a plan are simulated by,
// and what there is to say of them.
func devicesOf(plan *scenarios.Plan) (all map[string]profile.Profile, warnings []string, err error) {
	all = map[string]profile.Profile{}
	for i, n := range plan.Scenario.Nodes {
		name := n.Device
		if name == "" {
			name = usualDevice
			warnings = append(warnings, fmt.Sprintf("node %s is simulated as %s: the scenario names no device for it", n.Name, usualDevice))
		}
		p, err := readProfile(name)
		if err == nil {
			err = runs(p, plan.Scenario.Models)
		}
		if err != nil && n.Device == "" {
			err = fmt.Errorf("missing key: want the device profile that the node is simulated by, such as proteus-cpu, or a file that testbed profile --out wrote; it is not the usual one, since %w", err)
		}
		if err != nil {
			return nil, nil, plan.KeyError(fmt.Sprintf("nodes[%d].device", i), err)
		}
		all[n.Name] = p
	}
	return all, warnings, nil
}

// runs says which model a device profile does not know.
func runs(p profile.Profile, models []scenarios.Model) error {
	for _, m := range models {
		if _, err := p.Model(m.Name); err != nil {
			return err
		}
	}
	return nil
}

// simulatedModels describes the models of a plan as far as a simulation needs
// to know them: no weights. What was measured of built-in and stored ones
// counts first, then the device profile of the first node that has it, then
// what is published.
func simulatedModels(plan *scenarios.Plan, devices map[string]profile.Profile) (all []model.Model, err error) {
	for i, m := range plan.Scenario.Models {
		found, err := withoutWeights(m)
		if err != nil {
			return nil, plan.ModelError(i, err)
		}
		found.Name = m.Name
		for _, n := range plan.Scenario.Nodes {
			fill(&found, devices[n.Name])
		}
		switch {
		case found.Accuracy == 0:
			err = errors.New("neither a device profile nor the catalogue says how accurate it is")
		case found.Bytes == 0:
			err = errors.New("neither a device profile nor the catalogue says how large its file is")
		}
		if err != nil {
			return nil, plan.ModelError(i, err)
		}
		all = append(all, found)
	}
	return all, nil
}

// withoutWeights is a model, as far as it is known here.
func withoutWeights(m scenarios.Model) (model.Model, error) {
	if m.File != "" {
		return fileModel(m)
	}
	if found, err := model.Lookup(m.Name); err == nil {
		return found, nil
	}
	if s, err := openStore(); err == nil && m.Weights != model.Seeded {
		if found, err := s.Lookup(m.Name); err == nil {
			return found, nil
		}
	}
	e, ok := model.Known(m.Name)
	if !ok {
		return model.Model{}, nil // the device profile may know it
	}
	found := e.Model(e.Default())
	found.Bytes = e.WeightBytes
	return found, nil
}

// fill adds what a device profile knows of a model. Accuracies that are
// published for the device's own weights go before those of other weights of
// the same name.
func fill(m *model.Model, p profile.Profile) {
	known, err := p.Model(m.Name)
	if err != nil {
		return
	}
	if m.Bytes == 0 {
		m.Bytes = int64(known.Size)
	}
	if m.Images == 0 && known.Accuracy > 0 && m.Dataset != known.Dataset {
		m.Accuracy, m.Dataset, m.Source = known.Accuracy, known.Dataset, "device profile "+p.Name
	}
}

// asDevices takes the accuracies of models away that the device profiles know,
// so that each node has its own.
func asDevices(models []model.Model, devices map[string]profile.Profile) []model.Model {
	models = slices.Clone(models)
	for i := range models {
		own := models[i].Images == 0
		for _, p := range devices {
			known, err := p.Model(models[i].Name)
			own = own && err == nil && known.Accuracy > 0
		}
		if own {
			models[i].Accuracy = 0
		}
	}
	return models
}
