package runner_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// TestAchieved: a trial that has a world of its own is carried out in that one.
func TestAchieved(t *testing.T) {
	p := virtual(2)
	links := map[string]scenarios.Links{"edge": {Down: emulator.Link{Rate: 3 * unit.Mbps}}}
	load := map[string]emulator.Load{"edge": {CPU: emulator.CPULoad{Level: emulator.Level{Share: .3}}}}
	p.Conditions[1].Links = map[string]scenarios.Links{"edge": {Down: emulator.Link{Rate: unit.Mbps}}}
	p.Trials[1].As = &scenarios.Achieved{Links: links, Background: load}
	var mu sync.Mutex
	got := map[string]scenarios.Condition{}
	w := newVirtual(like{entered: func(c scenarios.Condition, _ time.Time) {
		mu.Lock()
		defer mu.Unlock()
		got[c.ID] = c
	}})
	if _, err := carryOutBy(t, t.Context(), p, runner.Options{World: w}); err != nil {
		t.Fatal(err)
	}
	want := p.Conditions[1]
	want.Links, want.Background = links, load
	if diff := cmp.Diff(map[string]scenarios.Condition{"c00": p.Conditions[0], "c01": want}, got, cmp.Comparer(func(a, b emulator.Link) bool { return a.Rate == b.Rate })); diff != "" {
		t.Errorf("entered (-want +got):\n%s", diff)
	}
}

// TestRecordedDecisions: of every third pair, from the first on, and of no warm-up.
func TestRecordedDecisions(t *testing.T) {
	for every, want := range map[int]string{0: "-1 0 1 2 3 4 5 6", 1: "-1 0 1 2 3 4 5 6", 3: "0 3 6"} {
		p := plan("warm", 7, "infer")
		p.Scenario.Record.Decisions = every
		run, err := carryOutBy(t, t.Context(), p, runner.Options{World: newVirtual(like{})})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range run.Decisions {
			if d.Arm == "greedy" {
				got = append(got, fmt.Sprint(d.Pair))
			}
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" || len(run.Requests) != 16 {
			t.Errorf("every %d: decisions of pairs (-want +got):\n%s", every, diff)
		}
	}
}

// TestPlacementsOfConditions: requests of a condition take its placements alone.
// The options that replays name remain those of the run; of those that are not
// of the condition it says so, and nothing is asked.
func TestPlacementsOfConditions(t *testing.T) {
	p := twoNodes(plan("warm", 1, "infer"))
	p.Scenario.Placements = []string{"edge", "cloud"}
	p.Scenario.Judge.Every, p.Scenario.Judge.Shadows = 1, []scenarios.Selector{arm("fastest")}
	p.Conditions = append(p.Conditions, p.Conditions[0])
	p.Conditions[0].ID, p.Conditions[0].Placements = "at edge", []string{"edge"}
	p.Conditions[1].ID, p.Conditions[1].Placements = "at cloud", []string{"cloud"}
	p.Trials = append(p.Trials, p.Trials[0])
	p.Trials[1].Condition = 1
	run, err := carryOutBy(t, t.Context(), p, runner.Options{World: newVirtual(like{})})
	if err != nil {
		t.Fatal(err)
	}
	node := map[string]string{"at edge": "edge", "at cloud": "cloud"}
	for _, r := range run.Requests {
		if r.Node != node[r.Condition] {
			t.Errorf("condition %s: a request to %s", r.Condition, r.Node)
		}
	}
	for _, d := range run.Decisions {
		if n := len(d.Decision.Candidates); n != 2 || len(d.Observed.Devices) != 1 {
			t.Errorf("condition %s: %d candidates, %d devices", d.Condition, n, len(d.Observed.Devices))
		}
	}
	for _, r := range run.Replays {
		for i, o := range r.Options {
			if here := run.Header.Profile[i].Node == node[r.Condition]; here != (o.Error == "") || !here && (o.Error != record.NotHere || o.Measured != 0) {
				t.Errorf("condition %s: option %s: %+v", r.Condition, run.Header.Profile[i].Label(), o)
			}
		}
		if s := run.Header.Profile[r.Shadows[0].Option]; s.Node != node[r.Condition] {
			t.Errorf("condition %s: the shadow chose %s", r.Condition, s.Label())
		}
	}

	p.Scenario.Selectors[1].Placements = []string{"edge"}
	w := newVirtual(like{meet: func(string, int) error { return errors.New("a request") }})
	_, err = carryOutBy(t, t.Context(), p, runner.Options{World: w})
	if want := `selector advanced: condition at cloud: none of the options is of the condition's placements ["cloud"] and of the selector's ["edge"]`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
