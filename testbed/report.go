package main

import (
	"runtime/debug"

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
		RunE: a.bound(func(_ *cobra.Command, dirs []string) error {
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
		}),
	}
	cmd.Flags().Bool("check", false, "exit with status 3 unless the verdict is PASS")
	cmd.Flags().Bool("json", false, "print summary.json instead of the summary for people")
	return cmd
}

// report writes all that follows from the records of dir: summary.json, the
// figures, report.md, report.html, and the seal. The same records give the
// same bytes.
func (a *app) report(dir string) (*stats.Summary, error) {
	// Of a million requests some 240 MB are held; less is then waited for.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	run, lines, err := record.Stream(dir)
	if err != nil {
		return nil, err
	}
	summary, series := stats.Analyze(run, lines)
	for _, p := range run.Problems {
		a.say("%s: %s", dir, p)
	}
	if _, err := plots.Write(dir, summary, series); err != nil {
		return nil, err
	}
	return &summary, record.Seal(dir, run.Header)
}
