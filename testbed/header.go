package main

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// header says in run.json what a plan is going to do, in terms that outlive
// the scenario's format.
func header(plan *scenarios.Plan, s setup) record.Header {
	sc := plan.Scenario
	resolved, err := json.Marshal(plan)
	if err != nil {
		panic("testbed: a plan is not JSON: " + err.Error())
	}
	h := record.Header{
		Testbed: version(), Started: time.Now(), Command: append([]string{"testbed"}, os.Args[1:]...),
		Name: sc.Name, Title: sc.Title, Description: sc.Description, File: plan.File, Hash: plan.Hash,
		World: sc.World, Seed: sc.Seed, Node: sc.Nodes[0].Name, Placements: sc.Placements, Budget: sc.Budget,
		Require:     record.Require{Saving: sc.Require.Saving, AccuracyDrop: sc.Require.AccuracyDrop, Confidence: sc.Require.Confidence, Deadline: sc.Require.Deadline, OnTime: sc.Require.OnTime},
		Tolerance:   record.Tolerance{Rate: sc.Tolerance.Rate, Delay: sc.Tolerance.Delay, CPU: sc.Tolerance.CPU, Lag: sc.Tolerance.Lag},
		Repetitions: sc.Repetitions, Classes: len(s.dataset.Classes()), Dataset: s.dataset.Name(), Unscored: unscored(plan, s),
		Resolved: resolved, Host: thisHost(),
	}
	if sc.Stop != nil {
		h.Stop = &record.Stop{Least: sc.Stop.Least}
	}
	for _, sel := range sc.Selectors {
		h.Arms, h.Selectors = append(h.Arms, sel.Name), append(h.Selectors, described(sel, sc))
	}
	for _, sel := range sc.Judge.Shadows {
		h.Shadows = append(h.Shadows, described(sel, sc))
	}
	for _, a := range sc.Axes {
		axis := record.Axis{Name: a.Name}
		for _, v := range a.Values {
			axis.Values = append(axis.Values, v.Name)
		}
		h.Axes = append(h.Axes, axis)
	}
	for _, m := range s.models {
		h.Models = append(h.Models, record.Model{Name: m.Name, SHA256: m.SHA256, Bytes: unit.Bytes(m.Bytes), MACs: m.MACs, Accuracy: m.Accuracy, Images: m.Images, Source: m.Source, Weights: string(m.Weights)})
	}
	for _, c := range plan.Conditions {
		h.Conditions = append(h.Conditions, condition(sc, c))
	}
	return h
}

// unscored says why the answers of a run mean nothing; empty if they do.
func unscored(plan *scenarios.Plan, s setup) string {
	if plan.Scenario.World == simulated {
		return "the world is simulated, and nothing looks at an image"
	}
	var seeded []string
	for _, m := range s.models {
		if m.Weights == model.Seeded {
			seeded = append(seeded, m.Name)
		}
	}
	var why []string
	if len(seeded) > 0 {
		why = append(why, "the weights of "+strings.Join(seeded, ", ")+" are random (seeded)")
	}
	if !s.dataset.Labelled() {
		why = append(why, "the images of "+s.dataset.Name()+" show nothing")
	}
	return strings.Join(why, ", and ")
}

func condition(sc scenarios.Scenario, c scenarios.Condition) record.Condition {
	out := record.Condition{ID: c.ID, Set: map[string]string{}, Names: c.Names, Residency: c.Residency, Measure: c.Measure, Requests: c.Requests, Think: c.Think, Placements: c.Placements}
	for _, s := range c.Set {
		out.Set[s.Path] = s.Value
	}
	for _, name := range slices.Sorted(maps.Keys(c.Links)) {
		out.Links = append(out.Links, link(name, "down", c.Links[name].Down), link(name, "up", c.Links[name].Up))
	}
	for _, n := range sc.Nodes {
		out.Background = append(out.Background, backgrounds(n.Name, c.Background[n.Name])...)
	}
	return out
}

// link says what was asked of a direction: in numbers what is judged, in words
// the rest.
func link(name, direction string, l emulator.Link) record.Link {
	out := record.Link{Node: name, Direction: direction, Rate: l.MeanRate(), Delay: l.Delay, Jitter: l.Jitter,
		Loss: l.Loss, LossBurst: l.LossBurst, Queue: l.Queue, Varies: l.Varies(), Also: boxes(l)}
	switch {
	case l.Trace != nil:
		out.Trace = l.Trace.Name
	case l.Rates != nil:
		out.Trace = l.Rates.Name
	}
	return out
}
