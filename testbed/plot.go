package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/plots"
	"github.com/testbed/testbed/plots/stats"
	"github.com/testbed/testbed/runner/record"
)

func (a *app) plotCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plot DIR --kind NAME[,NAME...]",
		Short: "Draw figures of a run for a paper: kind, size and conditions as asked",
		Long: `Plot draws figures of a run directory as PDF, SVG or PNG, as wide as asked, with
text of 7 to 12 points, and prints a caption for each. What is said is said of
the conditions and arms that are picked.

--where picks conditions: by an axis of the sweep (bandwidth=2Mbps), by what
they set (links.edge.down.rate=2Mbps), or by name (id=2Mbps/*). Several values
of one key add to each other, and keys narrow each other; * stands for anything.`,
		Example: `    testbed plot --kind list
    testbed plot runs/lowbw --kind cdf --where bandwidth=2Mbps --out fig3.pdf --width 85mm
    testbed plot runs/lowbw --kind savings,boxes --arm advanced,greedy --title none --out 'fig-*.svg'`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: a.bound(func(cmd *cobra.Command, words []string) error {
			where, _ := cmd.Flags().GetStringArray("where") // defined below
			if a.settings.GetString("kind") == "list" {
				return a.printKinds()
			}
			if len(words) == 0 {
				return badInput(fmt.Errorf("want a run directory; usage: %s", cmd.UseLine()))
			}
			return badInput(a.plot(words[0], where))
		}),
	}
	f := cmd.Flags()
	f.String("kind", "", "`NAMES` of figures, with commas; list: say which there are")
	f.StringArray("where", nil, "only conditions that `key=value[,key=value...]` holds for; may be given often")
	f.String("arm", "", "only these arms: `NAMES`, with commas")
	f.StringP("out", "o", "", "write to `FILE`, .pdf, .svg or .png; of several figures * is the kind, or a folder for PDFs (default the kind with .pdf, here)")
	f.String("width", "170mm", "of a figure, `LENGTH` in mm, cm, in or pt, from 80mm to 400mm")
	f.Int("dpi", 300, "dots per inch of a PNG, from 72 to 1200")
	f.Bool("log", false, "logarithmic time axes, whatever they span")
	f.String("title", "", "a `TEXT` in place of the figure's title; none: neither title nor the line below it")
	f.Bool("json", false, "print files and captions as JSON")
	return cmd
}

// A plotted is a figure that was written, as JSON.
type plotted struct {
	Kind       string   `json:"kind"`
	File       string   `json:"file"`
	Title      string   `json:"title"`
	Caption    string   `json:"caption"`
	Conditions []string `json:"conditions"`
	Arms       []string `json:"arms"`
}

// plot draws the figures that the flags ask for.
func (a *app) plot(dir string, where []string) error {
	form, err := a.form()
	if err != nil {
		return err
	}
	files, err := a.plotFiles()
	if err != nil {
		return err
	}
	run, lines, err := record.Stream(dir)
	if err != nil {
		return err
	}
	all := len(run.Header.Conditions)
	conditions, err := pickConditions(run.Header, where)
	if err != nil {
		return err
	}
	arms, err := a.pickArms(run.Header.Arms)
	if err != nil {
		return err
	}
	analyze := stats.Analyze
	if len(conditions) < all || len(arms) < len(run.Header.Arms) {
		analyze = func(run *record.Run, lines record.Lines) (stats.Summary, stats.Series) {
			return stats.AnalyzePart(run, lines, conditions, arms)
		}
	}
	summary, series := analyze(run, lines)
	var done []plotted
	for _, f := range files {
		data, drawn, err := plots.One(summary, series, f.kind, f.format, form)
		if err == nil && drawn.Note != "" {
			err = fmt.Errorf("%s: no figure %s: %s", dir, f.kind, drawn.Note)
		}
		if err == nil {
			err = outError(f.name, os.MkdirAll(filepath.Dir(f.name), 0o755))
		}
		if err == nil {
			err = a.deliverBy(f.name, func(w io.Writer) error { _, err := w.Write(data); return err })
		}
		if err != nil {
			return err
		}
		done = append(done, plotted{f.kind, f.name, drawn.Title, drawn.Caption, conditions, arms})
	}
	return a.printPlotted(done, all)
}

// printPlotted prints each file with its caption, to be pasted.
func (a *app) printPlotted(all []plotted, conditions int) error {
	if a.settings.GetBool("json") {
		return a.printJSON(all)
	}
	for i, p := range all {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		fmt.Fprintf(a.out, "%s: %s. %s", p.File, p.Title, p.Caption)
		if n := len(p.Conditions); n < conditions {
			fmt.Fprintf(a.out, " %d of %d conditions were picked.", n, conditions)
		}
		fmt.Fprintln(a.out)
	}
	return nil
}

// printKinds lists the figures that there are.
func (a *app) printKinds() error {
	if a.settings.GetBool("json") {
		return a.printJSON(plots.Kinds())
	}
	t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	for _, k := range plots.Kinds() {
		fmt.Fprintf(t, "%s\t%s\n", k.Name, k.Shows)
	}
	return t.Flush()
}
