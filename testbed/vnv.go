package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/plots"
	"github.com/testbed/testbed/plots/stats"
)

// styleFlags are those of documents that are written beside a report.
func styleFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("style", "report", "vnv: write the test report of a V&V plan, too, as vnv.LANG.html and vnv.LANG.md in the run directory")
	f.String("lang", "en", "language of that document: "+strings.Join(plots.Tongues(), " or "))
	f.String("out", "", "write that document into this `FILE` alone, .html or .md")
}

// A writer writes what belongs to a report, before its directory is sealed.
type writer func(dir string, s stats.Summary, figures []plots.Figure) error

// style is what to write beside the reports of so many runs; nil: nothing.
func (a *app) style(runs int) (writer, error) {
	style, lang, out := a.settings.GetString("style"), a.settings.GetString("lang"), a.settings.GetString("out")
	switch {
	case style != "report" && style != "vnv":
		return nil, fmt.Errorf("--style %q: want report or vnv", style)
	case !slices.Contains(plots.Tongues(), lang):
		return nil, fmt.Errorf("--lang %q: want %s", lang, strings.Join(plots.Tongues(), " or "))
	case lang != "en" && style != "vnv":
		return nil, fmt.Errorf("--lang %s: a report is in English; want --style vnv", lang)
	case out != "" && style != "vnv":
		return nil, fmt.Errorf("--out %s: a report is written into its run directory; only that of --style vnv can be elsewhere", out)
	case out != "" && runs > 1:
		return nil, fmt.Errorf("--out %s: want one run directory, not %d", out, runs)
	case out != "" && !slices.Contains([]string{".html", ".md"}, strings.ToLower(filepath.Ext(out))):
		return nil, fmt.Errorf("--out %s: want a file that ends in .html or .md", out)
	case style == "report":
		return nil, nil
	}
	if out != "" { // the report takes long, and is written before
		if _, err := os.Stat(filepath.Dir(out) + "/"); err != nil {
			return nil, outError(out, err)
		}
	}
	return func(dir string, s stats.Summary, figures []plots.Figure) error {
		files := []string{out}
		if out == "" {
			name := filepath.Join(dir, "vnv."+lang)
			files = []string{name + ".html", name + ".md"}
		}
		for _, f := range files {
			if err := plots.WriteVnV(f, dir, s, figures, plots.Tongue(lang)); err != nil {
				return err
			}
		}
		a.say("V&V document: %s", strings.Join(files, ", "))
		return nil
	}, nil
}
