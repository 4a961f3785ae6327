package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/plots"
	"github.com/testbed/testbed/plots/stats"
	"github.com/testbed/testbed/runner/record"
)

func (a *app) reportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report DIR...",
		Short: "Make numbers, figures and verdict again from run directories",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if err := a.bind(cmd); err != nil {
				return err
			}
			var last error
			for _, dir := range dirs {
				summary, err := a.report(dir)
				if err != nil {
					return badInput(err)
				}
				if err := a.conclude(dir, summary, nil, nil); err != nil {
					last = err
				}
			}
			return last
		},
	}
	cmd.Flags().Bool("check", false, "exit with status 3 unless the verdict is PASS")
	cmd.Flags().Bool("json", false, "print summary.json instead of the summary for people")
	return cmd
}

// report writes all that follows from the records of dir: summary.json, the
// figures, report.md, report.html, and the seal. The same records give the
// same bytes.
func (a *app) report(dir string) (*stats.Summary, error) {
	run, err := record.Read(dir)
	if err != nil {
		return nil, err
	}
	for _, p := range run.Problems {
		a.say("%s: %s", dir, p)
	}
	summary := stats.Summarize(run)
	if _, err := plots.Write(dir, summary, stats.Collect(run)); err != nil {
		return nil, err
	}
	return &summary, record.Seal(dir, run.Header)
}

// printSummary prints the verdict, a line a condition, and where to read on.
func (a *app) printSummary(dir string, s *stats.Summary) error {
	if a.settings.GetBool("json") {
		return s.Encode(a.out)
	}
	t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "condition\tpairs\tsaving\taccuracy drop\tmodels\tvalid")
	for _, c := range s.Conditions {
		fmt.Fprintln(t, strings.Join(row(c), "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, c := range s.Conditions {
		for _, why := range c.Reasons {
			fmt.Fprintf(a.out, "%s is not valid: %s\n", c.ID, why)
		}
	}
	fmt.Fprintf(a.out, "\n%s\n", s.Verdict.Sentence)
	if s.Verdict.Result == stats.Invalid && s.World == "netns" {
		a.say("not valid is mostly what a busy machine is: run on a quiet one; testbed calibrate --quick says how exact it is")
	}
	if n := len(s.Warnings); n > 0 {
		fmt.Fprintf(a.out, "warnings: %d, in the report\n", n)
	}
	_, err := fmt.Fprintf(a.out, "report: %s\n", filepath.Join(dir, "report.html"))
	return err
}

// row is a condition in the table of printSummary.
func row(c stats.Condition) []string {
	valid := "yes"
	if !c.Valid {
		valid = "no"
	}
	return []string{c.ID, fmt.Sprint(c.Pairs), c.Saving.MeanOfRatios.Value.Percent(1), c.AccuracyDrop.Value.Significant(3) + " pp", chosen(c.Arms), valid}
}

// chosen are the models of each arm: "signs-resnet44 → signs-resnet14, signs-resnet20".
func chosen(arms []stats.Arm) string {
	var parts []string
	for _, a := range arms {
		parts = append(parts, strings.Join(slices.Sorted(maps.Keys(a.Models)), ", "))
	}
	return strings.Join(parts, " → ")
}
