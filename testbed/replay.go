package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/runner/replay"
	"github.com/testbed/testbed/scenarios"
)

// What of a run is repeated, as record.Origin says it.
const (
	asMeasured = "measured"
	asAsked    = "asked"
	asRecord   = "record"
)

func (a *app) replayCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "replay DIR | replay --resume DIR",
		Short: "Run a recorded run again, or ask another selector about it",
		Long: `Replay runs the conditions of a run again as they were measured: link rates and
delays as probes found them, losses and background load as telemetry saw them;
requests, images and their order are the same. --as-asked repeats the plan
instead. What the record does not tell stays as asked, and is said.

--selector asks another selector beside the run's baseline. In the world sim, or
record, nothing that was recorded is run again: the selector sees what was seen
before each request, and what it chooses is looked up where all options were
recorded at that moment (a scenario may say explore: all), or where an arm chose
the same; else it is simulated as it was measured there, in the world sim, if
each node has a device. What is none of these is missing, and is said.

The result is a run directory like any other.`,
		Example: `    testbed replay runs/lowbw
    testbed replay runs/lowbw --world sim --device edge=profile.yaml
    testbed replay runs/lowbw --world record --selector '{policy: advanced, budget: 5pp}'`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: a.bound(a.runReplay),
	}
	f := cmd.Flags()
	f.Bool("as-asked", false, "repeat what was planned, not what was measured")
	f.StringArray("selector", nil, "ask this `selector`, as scenarios write it: a policy, static:MODEL, or {policy: …}; may be given often")
	f.String("world", "", "netns, sim or record instead of the world of the run")
	f.StringArray("device", nil, "`NODE=PROFILE` by which a node is simulated: a file, or a published one; may be given often")
	f.String("out", "", "run directory (default runs/NAME-replay-DATE-TIME)")
	f.String("resume", "", "go on with the replay in this `DIR`")
	f.Bool("check", false, "exit with status 3 unless the verdict is PASS")
	f.Bool("json", false, "print summary.json instead of the summary for people")
	return cmd
}

func (a *app) runReplay(cmd *cobra.Command, dirs []string) error {
	resume := a.settings.GetString("resume")
	switch {
	case resume != "" && (len(dirs) > 0 || changed(cmd, "as-asked", "selector", "world", "device", "out") != ""):
		return badInput(errors.New("--resume DIR goes on as it was begun; give no other DIR, and no flag that says how"))
	case resume != "":
		return a.resume(cmd.Context(), resume)
	case len(dirs) == 0:
		return badInput(errors.New("replay what? Give a run directory"))
	}
	r, err := a.repeated(cmd, dirs[0])
	if err != nil {
		return badInput(err)
	}
	if r.origin.As == asRecord {
		return a.lookAgain(cmd.Context(), r)
	}
	s, err := a.prepare(cmd.Context(), r.plan)
	if err != nil {
		return err
	}
	h := header(r.plan, s)
	h.Of = &r.origin
	w, err := record.Create(r.out, h, r.plan.Source)
	if err != nil {
		return err
	}
	s.warnings = append(r.warnings, s.warnings...)
	return a.carryOut(cmd.Context(), r.plan, s, w, record.Run{})
}

// A repeat is a recorded run, and what is to be made of it.
type repeat struct {
	run      record.Run
	plan     *scenarios.Plan
	world    string // in which; asRecord: nothing is run or simulated
	origin   record.Origin
	warnings []string // of the record
	out      string   // directory
}

// repeated reads a run and plans what the flags ask to make of it.
func (a *app) repeated(cmd *cobra.Command, dir string) (r repeat, err error) {
	if r.run, err = record.Read(dir); err != nil {
		return r, err
	}
	if r.plan, err = planOf(dir, r.run.Header); err != nil {
		return r, err
	}
	if r.origin, err = originOf(r.run); err != nil {
		return r, err
	}
	for _, what := range slices.Concat(r.run.Problems, record.Verify(dir)) {
		r.warnings = append(r.warnings, dir+": "+what)
	}
	sc := &r.plan.Scenario
	if err := errors.Join(askInstead(cmd, sc), simulateBy(cmd, sc)); err != nil {
		return r, err
	}
	if err := a.how(cmd, &r); err != nil {
		return r, err
	}
	if r.world != asRecord {
		sc.World = r.world
	}
	if r.origin.As == asMeasured || r.origin.As == asRecord && r.world == simulated {
		r.warnings = append(r.warnings, replay.Measured(r.plan, r.run)...)
	}
	if r.out = a.settings.GetString("out"); r.out == "" {
		r.out = filepath.Join("runs", sc.Name+"-replay-"+time.Now().Format("20060102-150405"))
	}
	return r, record.Free(r.out)
}

// originOf says which run is repeated.
func originOf(run record.Run) (record.Origin, error) {
	b, err := os.ReadFile(filepath.Join(run.Dir, record.HeaderFile))
	sum := sha256.Sum256(b)
	return record.Origin{Dir: run.Dir, Run: hex.EncodeToString(sum[:]), Scenario: run.Header.Name, Started: run.Header.Started, World: run.Header.World}, err
}

// askInstead puts the selectors of --selector beside the baseline, in place of
// the other arms, and of those that were judged by their names.
func askInstead(cmd *cobra.Command, sc *scenarios.Scenario) error {
	texts, err := cmd.Flags().GetStringArray("selector")
	if len(texts) == 0 {
		return err
	}
	all := sc.Selectors[:1:1]
	for _, text := range texts {
		s, err := scenarios.ReadSelector(text, *sc)
		if err != nil {
			return fmt.Errorf("--selector %w", err)
		}
		for i, other := range all {
			if other.Name == s.Name && i == 0 {
				return fmt.Errorf("--selector %s: %s is the baseline of the run; for the same beside it give another name: {name: again, policy: %s}", text, s.Name, s.Policy)
			} else if other.Name == s.Name {
				return fmt.Errorf("--selector %s: a second one of that name; give it another: {name: other, policy: %s}", text, s.Policy)
			}
		}
		all = append(all, s)
	}
	sc.Selectors = all
	sc.Judge.Shadows = slices.DeleteFunc(sc.Judge.Shadows, func(x scenarios.Selector) bool { // as where a scenario lists them
		return x.Policy != "advanced" && slices.ContainsFunc(all, func(s scenarios.Selector) bool { return s.Name == x.Name })
	})
	return nil
}

// simulateBy sets the devices of nodes that --device names.
func simulateBy(cmd *cobra.Command, sc *scenarios.Scenario) error {
	given, err := cmd.Flags().GetStringArray("device")
	for _, text := range given {
		node, profile, _ := strings.Cut(text, "=")
		i := slices.IndexFunc(sc.Nodes, func(n scenarios.Node) bool { return n.Name == node })
		if i < 0 || profile == "" {
			return fmt.Errorf("--device %s: want NODE=PROFILE, such as %s=proteus-cpu or %s=profile.yaml", text, sc.Nodes[0].Name, sc.Nodes[0].Name)
		}
		sc.Nodes[i].Device = profile
	}
	return err
}

// how says in which world a run is repeated, and what of it.
func (a *app) how(cmd *cobra.Command, r *repeat) error {
	recorded, asked, other := r.run.Header.World, a.settings.GetBool("as-asked"), changed(cmd, "selector") != ""
	r.world = cmp.Or(a.settings.GetString("world"), recorded)
	paper := r.world == simulated || r.world == asRecord
	switch {
	case r.world != recorded && !paper && !(r.world == "netns" && recorded == simulated):
		return fmt.Errorf("--world %s: want %s", r.world, strings.Join(slices.Compact([]string{recorded, simulated, asRecord}), ", "))
	case other && !asked && paper:
		r.origin.As = asRecord
	case r.world == asRecord:
		return errors.New("--world record runs nothing: ask it something by --selector, and not --as-asked")
	case asked:
		r.origin.As = asAsked
	case r.world == "devices":
		return errors.New("a run of real machines: what was measured of their links cannot be made on them again; repeat the plan by --as-asked, or give --world sim")
	default:
		r.origin.As = asMeasured
	}
	return nil
}
