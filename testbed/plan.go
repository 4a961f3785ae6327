package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/scenarios"
)

// scenarioFlags are those of every command that reads a scenario.
func scenarioFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArray("set", nil, "change a key: `path=value`, such as links.edge.down.rate=2Mbps; may be given often")
	f.Uint64("seed", 0, "use another seed than the scenario's")
	f.String("world", "", "use another world than the scenario's")
	f.String("engine", "", "play links by auto, relay or tc instead of what the scenario says")
}

// readPlan reads a scenario file with what the flags change of it.
func (a *app) readPlan(cmd *cobra.Command, file string) (*scenarios.Plan, error) {
	list, err := cmd.Flags().GetStringArray("set")
	if err != nil {
		return nil, err
	}
	var set []scenarios.Setting
	for _, s := range list {
		path, value, ok := strings.Cut(s, "=")
		if !ok || path == "" {
			return nil, badInput(fmt.Errorf("--set %s: want path=value, such as links.edge.down.rate=2Mbps", s))
		}
		set = append(set, scenarios.Setting{Path: path, Value: value})
	}
	for _, flag := range []string{"seed", "world", "engine"} {
		if a.settings.IsSet(flag) && (cmd.Flags().Changed(flag) || a.settings.GetString(flag) != cmd.Flags().Lookup(flag).DefValue) {
			set = append(set, scenarios.Setting{Path: flag, Value: a.settings.GetString(flag)})
		}
	}
	plan, err := readScenario(file, set)
	var field *scenarios.FieldError
	if errors.As(err, &field) {
		for _, flag := range []string{"seed", "world", "engine"} { // as the user gave it
			field.File = strings.Replace(field.File, "--set "+flag+"=", "--"+flag+" ", 1)
		}
	}
	if err != nil {
		return nil, badInput(err)
	}
	return plan, nil
}

// readScenario reads a file, or a shipped scenario by its bare name where
// there is no such file.
func readScenario(file string, set []scenarios.Setting) (*scenarios.Plan, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		name := strings.TrimSuffix(file, ".yaml") + ".yaml"
		if _, err := fs.Stat(scenarios.Shipped(), name); err == nil && !strings.ContainsAny(file, `/\`) {
			return scenarios.Read(scenarios.Shipped(), name, set, storedNames()...)
		}
		return nil, fmt.Errorf("%s: no such file, and no shipped scenario of that name (%s)", file, strings.Join(shippedNames(), ", "))
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s: is a directory; want a scenario file", file)
	}
	plan, err := scenarios.Read(os.DirFS(filepath.Dir(file)), filepath.Base(file), set, storedNames()...)
	var field *scenarios.FieldError
	if errors.As(err, &field) && field.File == filepath.Base(file) {
		field.File = file
	}
	if err != nil {
		return nil, err
	}
	plan.File = file
	relative(plan, file)
	return plan, nil
}

func shippedNames() (names []string) {
	files, _ := fs.Glob(scenarios.Shipped(), "*.yaml")
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f, ".yaml"))
	}
	return names
}

func (a *app) planCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plan FILE",
		Short: "Print what a scenario would run, and run nothing",
		Args:  args(cobra.ExactArgs(1)),
		RunE: a.bound(func(cmd *cobra.Command, files []string) error {
			plan, err := a.readPlan(cmd, files[0])
			if err != nil {
				return err
			}
			switch {
			case a.settings.GetBool("json"):
				return a.printJSON(plan)
			case a.settings.GetBool("print-tc"):
				return a.printTC(plan)
			}
			return a.printPlan(plan)
		}),
	}
	cmd.Flags().Bool("json", false, "print the whole plan as JSON")
	cmd.Flags().Bool("print-tc", false, "print the equivalent tc commands of every link, as it begins; DEV stands for the interface")
	scenarioFlags(cmd)
	return cmd
}

func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", " ")
	return e.Encode(v)
}

// printPlan prints the matrix, the order of the trials and what they cost.
func (a *app) printPlan(plan *scenarios.Plan) error {
	sc := plan.Scenario
	fmt.Fprintf(a.out, "%s\nselectors %s; %d models; %s; seed %d\n\n", strings.TrimSuffix(sc.Name+": "+sc.Title, ": "), selectorNames(sc), len(sc.Models), sc.Dataset.Name, sc.Seed)
	t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "condition\tdown\tup\tround trip\tbackground\tdevice\tpairs")
	for _, c := range plan.Conditions {
		l := c.Links[sc.LinkOf(sc.Nodes[0].Name)]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%d × %d\n", c.ID, rateOf(l.Down), rateOf(l.Up), roundTripOf(l),
			backgroundOf(sc.Nodes[0].Name, c.Background[sc.Nodes[0].Name]), c.Residency, sc.Repetitions, c.Requests)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if err := a.printLinks(plan); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "\norder of the trials:\n")
	for i, trial := range plan.Trials {
		fmt.Fprintf(a.out, "%4d  repetition %d  %s\n", i+1, trial.Repetition+1, plan.Conditions[trial.Condition].ID)
	}
	e := plan.Estimate()
	fmt.Fprintf(a.out, "\n%d requests, about %v, profiling of %d models included; over the network about %s of images and %s of models\n",
		e.Requests, e.Duration.Round(time.Second), len(sc.Models), megabytes(int64(e.Up)), megabytes(int64(e.Down)))
	return nil
}

func selectorNames(sc scenarios.Scenario) string {
	var names []string
	for _, s := range sc.Selectors {
		names = append(names, s.Name)
	}
	return strings.Join(names, " against ")
}
