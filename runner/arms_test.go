package runner_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// TestThreeArms: the arm that goes first is that of the plan, the others follow in
// turn, and each arm is a selector of its own.
func TestThreeArms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan("warm", 5, "infer")
		p.Scenario.Selectors = []scenarios.Selector{arm("greedy"), arm("advanced"), arm("fastest")}
		p.Trials[0].First = []int{2, 0, 1, 2, 1, 0}
		run, err := carryOut(t, t.Context(), p, newFake())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for three := range slices.Chunk(run.Requests, 3) {
			line := ""
			for k, r := range three {
				line += r.Arm[:1]
				if r.First != (k == 0) || r.Pair != three[0].Pair || r.Sample != three[0].Sample {
					t.Errorf("pair %d: request %d of arm %s: first %v, sample %s", r.Pair, k, r.Arm, r.First, r.Sample)
				}
			}
			got = append(got, line)
		}
		if diff := cmp.Diff([]string{"fga", "gaf", "afg", "fga", "afg", "gaf"}, got); diff != "" {
			t.Errorf("orders (-want +got):\n%s", diff)
		}
	})
}

// TestAgainstItself: two arms of one policy have the same decisions, by chance
// too, and chance differs between repetitions.
func TestAgainstItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan("warm", 12, "infer")
		a, b := arm("random"), arm("random")
		a.Name, b.Name = "a", "b"
		p.Scenario.Selectors = []scenarios.Selector{a, b}
		again := p.Trials[0]
		again.Repetition, again.Seeds.Order = 1, 4
		p.Trials = append(p.Trials, again)
		run, err := carryOut(t, t.Context(), p, newFake())
		if err != nil {
			t.Fatal(err)
		}
		chose := map[string]string{}
		for _, d := range run.Decisions {
			chose[fmt.Sprint(d.Arm, d.Repetition)] += fmt.Sprint(d.Decision.Choice)
		}
		if chose["a0"] != chose["b0"] || chose["a1"] != chose["b1"] || chose["a0"] == chose["a1"] || len(chose) != 4 {
			t.Errorf("choices %v", chose)
		}
	})
}

// TestPlacementsOfArms: an arm that is given placements sees and chooses the
// options of these alone, and its nodes alone; its choices count among them.
func TestPlacementsOfArms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoNodes(plan("warm", 2, "infer"))
		onEdge, onCloud, both := arm("greedy"), arm("fastest"), arm("advanced")
		onEdge.Placements, onCloud.Placements, both.Placements = []string{"edge"}, []string{"cloud"}, []string{"cascade", "cloud"}
		p.Scenario.Selectors = []scenarios.Selector{onEdge, onCloud, both}
		spies := map[string]*spy{}
		w := newFake()
		run, err := carryOutBy(t, t.Context(), p, runner.Options{World: w, Selector: spying(spies)})
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"greedy":   "small@edge big@edge; edge",
			"fastest":  "small@cloud big@cloud; cloud",
			"advanced": "small@cloud big@cloud small@edge→big@cloud; cloud edge",
		} {
			var labels, nodes []string
			for _, o := range spies[name].opts {
				labels = append(labels, o.Label())
			}
			for _, d := range spies[name].saw[0].Devices {
				nodes = append(nodes, d.Name)
			}
			if got := strings.Join(labels, " ") + "; " + strings.Join(nodes, " "); got != want {
				t.Errorf("%s: options and nodes %s, want %s", name, got, want)
			}
		}
		for i, d := range run.Decisions {
			label := spies[d.Arm].opts[d.Decision.Choice].Label()
			if r := run.Requests[i]; r.Arm != d.Arm || r.Option != label || r.Option != d.Decision.Candidates[d.Decision.Choice].Option {
				t.Errorf("%s chose %s, and the request went by %s", d.Arm, label, r.Option)
			}
		}
		want := []string{"edge greedy[small big]", "cloud fastest[small big]", "cloud advanced[small big]", "edge advanced[small]"}
		if got := w.prepared[len(w.prepared)-len(want):]; cmp.Diff(want, got) != "" {
			t.Errorf("prepared %v, want %v", got, want)
		}
	})
}

// TestColdOnAllNodes: before each request no node holds anything for anybody, the
// oracle included, so that each is a fetch.
func TestColdOnAllNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoNodes(plan("cold", 3, "fetch"))
		p.Scenario.Placements, p.Scenario.Judge.Every = []string{"edge", "cloud", "split"}, 2
		p.Scenario.Selectors = append(p.Scenario.Selectors, arm("random"))
		w := newFake()
		run, err := carryOut(t, t.Context(), p, w)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range run.Requests {
			if r.Got != 1000 {
				t.Errorf("pair %d, %s: fetched %d bytes", r.Pair, r.Arm, r.Got)
			}
		}
		for _, r := range run.Replays {
			for _, o := range r.Options {
				if o.Phases.Fetch == 0 {
					t.Errorf("pair %d: an option was held", r.Pair)
				}
			}
		}
	})
}

// TestFailedDecision: it is recorded, and the request goes by the choice of its
// fallback; where that is to end the run, the run ends, and says why.
func TestFailedDecision(t *testing.T) {
	for _, fallback := range []string{"greedy", scenarios.EndRun} {
		synctest.Test(t, func(t *testing.T) {
			p := plan("warm", 2, "infer")
			mine := arm("fastest")
			mine.Name, mine.Fallback = "mine", fallback
			p.Scenario.Selectors[1] = mine
			spies := map[string]*spy{"mine": {failed: "answered nothing for 1 s"}}
			run, err := carryOutBy(t, t.Context(), p, runner.Options{World: newFake(), Selector: spying(spies)})
			if fallback == scenarios.EndRun {
				want := "condition warm, repetition 1: selector mine: answered nothing for 1 s; its fallback is to end the run"
				if err == nil || err.Error() != want || len(run.Requests) != 1 || len(run.Decisions) != 1 {
					t.Errorf("%v, want %s; %d requests, %d decisions", err, want, len(run.Requests), len(run.Decisions))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range run.Decisions {
				if (d.Decision.Failed != "") != (d.Arm == "mine") {
					t.Errorf("%s: failed %q", d.Arm, d.Decision.Failed)
				}
			}
		})
	}
}

// TestRefused: what could choose nothing, or chooses nothing there is, is an
// error, before a request where it can be.
func TestRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		change   func(p *scenarios.Plan)
		choice   int
		want     string
		requests int
	}{
		"no options": {func(p *scenarios.Plan) { p.Scenario.Selectors[1].Placements = []string{"cloud"} }, 0,
			`selector advanced: none of the options is of its placements ["cloud"]`, 0},
		"unknown option": {func(p *scenarios.Plan) { p.Scenario.Judge.Shadows = []scenarios.Selector{static("huge")} }, 0,
			`selector "static-huge": option "huge": want one of small@edge, big@edge, or a model`, 0},
		"one model": {func(p *scenarios.Plan) {
			twoNodes(p)
			p.Scenario.Models, p.Scenario.Placements = p.Scenario.Models[1:], []string{"cascade"}
		}, 0, "placement: 1 models give no option: cascade needs two", 0},
		"beyond": {func(p *scenarios.Plan) {}, 7, "condition warm, repetition 1: selector advanced: chose option 7 of 2", 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := plan("warm", 1, "infer")
			tt.change(p)
			w := newFake()
			spies := map[string]*spy{"advanced": {choice: tt.choice}}
			_, err := carryOutBy(t, t.Context(), p, runner.Options{World: w, Selector: spying(spies)})
			if err == nil || err.Error() != tt.want || w.requests != tt.requests {
				t.Errorf("%s: after %d requests: %v\nwant after %d: %s", name, w.requests, err, tt.requests, tt.want)
			}
		})
	}
}

// TestKnown: a node that has a device profile is not measured; its curve is what
// the selectors of every trial know, and what the header keeps.
func TestKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoNodes(plan("warm", 1, "infer"))
		p.Scenario.Placements = []string{"edge", "cloud"}
		curve := selector.Curve{{Utilization: 0, Slowdown: 1}, {Utilization: 1, Slowdown: 3}}
		known := runner.Known{Slowdown: curve, From: "box", Options: []selector.Option{
			{Model: "small", Node: "cloud", Accuracy: .5, Infer: ms}, {Model: "big", Node: "cloud", Accuracy: .6, Infer: ms}}}
		spies := map[string]*spy{}
		var stages []string
		o := runner.Options{World: newFake(), Known: map[string]runner.Known{"cloud": known}, Selector: spying(spies),
			Progress: func(p runner.Progress) { stages = append(stages, fmt.Sprint(p.Stage, p.Done, "/", p.Total)) }}
		run, err := carryOutBy(t, t.Context(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		if h := run.Header; h.Profile[0].Accuracy != .9 || h.Profile[3].Accuracy != .6 || h.ProfileFrom != "cloud: box" {
			t.Errorf("profile %+v from %q", h.Profile, h.ProfileFrom)
		}
		want := map[string]selector.Curve{"cloud": curve}
		if diff := cmp.Diff(want, run.Header.Slowdown); diff != "" {
			t.Errorf("slowdown (-want +got):\n%s", diff)
		}
		s := spies["greedy"]
		if diff := cmp.Diff(want, s.config.Curves); diff != "" || s.trial != (runner.Trial{Condition: "warm"}) || s.config.Budget.Absolute != .1 {
			t.Errorf("selectors know %+v of %+v", s.config, s.trial)
		}
		if diff := cmp.Diff([]string{"profile0/2", "profile1/2", "profile2/2", "run1/2", "run2/2"}, stages); diff != "" {
			t.Errorf("progress (-want +got):\n%s", diff)
		}
	})
}

// TestBatch: every image of a batch is recorded, and selectors know how many
// there are and what they weigh on average.
func TestBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan("warm", 1, "infer")
		batched(p, 2) // pair 0 is of images 2 and 3, of 102 and 103 bytes
		var last runner.Progress
		run, err := carryOutBy(t, t.Context(), p, runner.Options{World: newFake(), Progress: func(p runner.Progress) { last = p }})
		if err != nil {
			t.Fatal(err)
		}
		if last.Done != 2 || last.Total != 2 || last.Left != 0 {
			t.Errorf("last progress %+v, want 2 of 2 pairs", last)
		}
		got := run.Requests[2]
		want := []record.Answer{{Sample: "image/2", Label: 2, Prediction: 2}, {Sample: "image/3", Label: 3, Prediction: 3}}
		if diff := cmp.Diff(want, got.Batch); diff != "" || got.Sample != "image/2" || got.Prediction != 2 || got.Confidence != .9 || got.Up != 200 || got.Parts != nil {
			t.Errorf("request %+v; batch (-want +got):\n%s", got, diff)
		}
		if o := run.Decisions[2].Observed; o.Batch != 2 || o.Upload != 103 {
			t.Errorf("observed a batch of %d, images of %d bytes", o.Batch, o.Upload)
		}
	})
}

// TestCutShort: both parts of a hedged request end with the run, and it is no
// record.
func TestCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoNodes(plan("warm", 2, "infer"))
		p.Scenario.Selectors = []scenarios.Selector{static("small@edge|big@cloud"), static("small@edge")}
		run := calibrated(t, p)
		ctx, cancel := context.WithTimeout(t.Context(), 20*ms) // edge has answered
		defer cancel()
		out, before, err := record.Resume(run.Dir)
		if err != nil {
			t.Fatal(err)
		}
		run, err = finish(t, out, runner.Run(ctx, p, runner.Options{World: newFake(), Dataset: images(100), Writer: out, Before: before}))
		if err != context.DeadlineExceeded || len(run.Requests) != 0 || len(run.Decisions) != 0 {
			t.Errorf("%v, %d requests", err, len(run.Requests))
		}
	})
}
