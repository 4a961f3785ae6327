package main

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/plots"
	"github.com/testbed/testbed/plots/stats"
	"github.com/testbed/testbed/runner/record"
)

func (a *app) compareCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compare DIR DIR...",
		Short: "Set runs side by side: times, savings and choices that differ",
		Long: `Compare sets each run against the first: in every condition that both have,
how much longer each arm took, with an interval, which phase that is due to, and
whether the same options were chosen. It may be the same scenario in two worlds,
or as two versions of this program ran it. Several are set beside one another.

Conditions are paired by name, or else by what they set. Where both runs
answered the same images, requests are paired, too. Times are medians, "±" how
far their interval reaches; "~" is a difference whose interval holds 0.

Two runs agree if in all conditions that are valid in both the medians of t are
within 5 %, of each arm, or of each option where an oracle ran them; and if
95 % of the orders of options and of the choices are the same.

Exit status: 0 done; 1 it failed; 2 the input was wrong; 3 with --check: a run
does not agree with the first.`,
		Example: `    testbed compare runs/monday runs/tuesday
    testbed compare runs/netns runs/sim --out comparison`,
		Args: args(cobra.MinimumNArgs(2)),
		RunE: a.bound(func(_ *cobra.Command, dirs []string) error { return a.compare(dirs) }),
	}
	f := cmd.Flags()
	f.String("out", "", "write compare.html, compare.md, compare.json and figures into this `DIR`")
	f.Bool("json", false, "print a list of comparisons as JSON")
	f.Bool("check", false, "exit with status 3 unless every run agrees with the first")
	return cmd
}

func (a *app) compare(dirs []string) error {
	defer debug.SetGCPercent(debug.SetGCPercent(25)) // as of a report
	var runs []stats.Sorted
	for _, dir := range dirs {
		run, lines, err := record.Stream(dir)
		if err != nil {
			return badInput(err)
		}
		runs = append(runs, stats.Sort(run, lines))
		for _, what := range record.Verify(dir) {
			run.Problems = append(run.Problems, what)
		}
	}
	var contrasts []stats.Contrast
	agree := true
	for _, run := range runs[1:] {
		c, err := stats.Compare(runs[0], run)
		if err != nil {
			return badInput(err)
		}
		contrasts, agree = append(contrasts, c), agree && c.Agreement.Met
	}
	out := a.settings.GetString("out")
	if out != "" {
		if err := plots.WriteComparison(out, contrasts); err != nil {
			return err
		}
	}
	if err := a.printComparisons(contrasts); err != nil {
		return err
	}
	if out != "" && !a.settings.GetBool("json") {
		fmt.Fprintf(a.out, "\ncomparison: %s\n", filepath.Join(out, "compare.html"))
	}
	if a.settings.GetBool("check") && !agree {
		return &exitError{exitVerdict, nil}
	}
	return nil
}

// printComparisons prints the tables, of several runs in one, and what is to be
// said of each run against the first.
func (a *app) printComparisons(contrasts []stats.Contrast) error {
	if a.settings.GetBool("json") {
		return a.printJSON(contrasts)
	}
	sides := []stats.Side{contrasts[0].A}
	for _, c := range contrasts {
		sides = append(sides, c.B)
	}
	for i, s := range sides {
		fmt.Fprintf(a.out, "%s: %s (%s in %s)\n", plots.Letter(i), s.Dir, s.Scenario, s.World)
	}
	fmt.Fprintln(a.out)
	if err := a.printTables(contrasts); err != nil {
		return err
	}
	for i, c := range contrasts {
		fmt.Fprintln(a.out)
		if len(contrasts) > 1 {
			fmt.Fprintf(a.out, "%s against A:\n", plots.Letter(i+1))
		}
		for _, text := range slices.Concat(plots.CompareWords(c), plots.CompareMisses(c)) {
			fmt.Fprintln(a.out, text)
		}
		for _, text := range c.Notes {
			fmt.Fprintln(a.out, "note: "+text)
		}
	}
	return nil
}

func (a *app) printTables(contrasts []stats.Contrast) error {
	if len(contrasts) > 1 {
		times, savings, _ := plots.CompareTogether(contrasts)
		if err := fitted(a.out, a.width(), times[0], times[1:]); err != nil || len(savings) == 1 {
			return err
		}
		fmt.Fprintln(a.out)
		return fitted(a.out, a.width(), savings[0], savings[1:])
	}
	head, rows, _ := plots.CompareTimes(contrasts[0])
	if err := fitted(a.out, a.width(), head, rows, "same choice", "interval", "most by", "n"); err != nil {
		return err
	}
	if head, rows, _ = plots.CompareSavings(contrasts[0]); len(rows) == 0 {
		return nil
	}
	fmt.Fprintln(a.out)
	return fitted(a.out, a.width(), head, rows, "interval")
}

// fitted prints a table. Where its lines would be wider than width the columns
// of those names are left out, one after the other, as long as they are.
func fitted(out io.Writer, width int, head []string, rows [][]string, names ...string) error {
	all := append([][]string{head}, rows...)
	for _, name := range names {
		if tableWidth(all) <= width {
			break
		}
		if at := slices.Index(all[0], name); at >= 0 {
			for i, row := range all {
				all[i] = slices.Delete(slices.Clone(row), at, at+1)
			}
		}
	}
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	last := ""
	for i, row := range all {
		if i > 0 && row[0] == last { // the next arm of the same condition
			row = append([]string{""}, row[1:]...)
		} else {
			last = row[0]
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
}

// tableWidth is how wide the lines of a table are.
func tableWidth(rows [][]string) (total int) {
	for i := range rows[0] {
		widest := 0
		for _, row := range rows {
			widest = max(widest, utf8.RuneCountInString(row[i]))
		}
		total += widest + 2
	}
	return total - 2
}
