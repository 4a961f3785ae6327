package main

import (
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/plots"
	"github.com/testbed/testbed/plots/stats"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/runner/record/columns"
)

func (a *app) reportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report DIR...",
		Short: "Make numbers, figures and verdict again from run directories",
		Example: `    testbed report runs/lowbw
    testbed report runs/lowbw --style vnv --lang ko         # and vnv.ko.html, vnv.ko.md
    testbed report runs/lowbw --style vnv --out V+V.html`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: a.bound(func(_ *cobra.Command, dirs []string) error {
			also, err := a.style(len(dirs))
			if err != nil {
				return badInput(err)
			}
			var last error
			for _, dir := range dirs {
				summary, err := a.report(dir, also)
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
	styleFlags(cmd)
	return cmd
}

// report writes all that follows from the records of dir: summary.json, the
// figures, report.md, report.html, the tables summary.csv and requests.parquet,
// and the seal. The same records give the same bytes. Nil also: nothing beside
// these.
func (a *app) report(dir string, also writer) (*stats.Summary, error) {
	// Of a million requests some 240 MB are held; less is then waited for.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	run, lines, err := record.Stream(dir)
	if err != nil {
		return nil, err
	}
	table, err := columns.Create(dir, run.Header)
	if err != nil {
		return nil, err
	}
	lines.Requests = table.Through(lines.Requests)
	summary, series := stats.Analyze(run, lines)
	if err := table.Close(); err != nil {
		return nil, err
	}
	for _, p := range run.Problems {
		a.say("%s: %s", dir, p)
	}
	figures, err := plots.Write(dir, summary, series)
	if err == nil && also != nil {
		err = also(dir, summary, figures)
	}
	if err != nil {
		return nil, err
	}
	return &summary, record.Seal(dir, run.Header)
}
