package plots

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

//go:embed compare.html.tmpl
var compareTemplate string

// A compared is what the page shows of two runs.
type compared struct {
	Title   string
	Sides   table
	Words   []string
	Medians table
	Misses  []string
	Notes   []string
	Legend  string // of Times
	Times   table
	Savings table
	Figures []Figure
	All     []table // of the first of several: the runs, and their times and savings beside one another
}

func comparedOf(c stats.Contrast, figures []Figure) compared {
	v := compared{Title: sideName(c.B) + " against " + sideName(c.A), Words: CompareWords(c), Medians: compareMediansTable(c), Misses: CompareMisses(c), Notes: c.Notes, Legend: timesLegend(c), Figures: figures}
	v.Sides = sidesTable(c.A, c.B)
	v.Times.Head, v.Times.Rows, v.Times.Numbers = CompareTimes(c)
	v.Savings.Head, v.Savings.Rows, v.Savings.Numbers = CompareSavings(c)
	return v
}

// sidesTable names the runs.
func sidesTable(sides ...stats.Side) table {
	t := table{Head: []string{"", "run", "scenario", "world", "seed", "started", "testbed"}, Numbers: 7}
	for i, s := range sides {
		t.Rows = append(t.Rows, []string{Letter(i), s.Dir, s.Scenario, s.World, fmt.Sprint(s.Seed), s.Started.UTC().Format("2006-01-02 15:04"), s.Testbed})
	}
	return t
}

// allTables are the tables of several runs beside one another; none of one that
// is compared.
func allTables(contrasts []stats.Contrast) (out []table) {
	if len(contrasts) < 2 {
		return nil
	}
	sides := []stats.Side{contrasts[0].A}
	for _, c := range contrasts {
		sides = append(sides, c.B)
	}
	out = append(out, sidesTable(sides...))
	times, savings, numbers := CompareTogether(contrasts)
	for _, rows := range [][][]string{times, savings} {
		out = append(out, table{Head: rows[0], Rows: rows[1:], Numbers: numbers})
	}
	return out
}

// WriteComparison writes compare.html, compare.md, compare.json and figures in
// plots into dir, which is made if it is not there. Each file is whole or as it
// was before. All contrasts should be against the same run.
func WriteComparison(dir string, contrasts []stats.Contrast) error {
	if err := os.MkdirAll(filepath.Join(dir, "plots"), 0o755); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	var views []compared
	for i, c := range contrasts {
		name := "compare"
		if i > 0 {
			name = fmt.Sprintf("compare-%d", i+1)
		}
		figures, err := compareFigures(c, name)
		if err != nil {
			return err
		}
		for _, f := range figures {
			if f.Note != "" {
				continue
			}
			for ext, data := range map[string][]byte{".svg": f.SVG, ".png": f.PNG} {
				if err := write(filepath.Join(dir, "plots", f.Name+ext), data); err != nil {
					return err
				}
			}
		}
		views = append(views, comparedOf(c, figures))
	}
	if len(views) > 0 {
		views[0].All = allTables(contrasts)
	}
	page, err := compareHTML(views)
	if err != nil {
		return err
	}
	numbers, err := json.MarshalIndent(contrasts, "", " ")
	if err != nil {
		return fmt.Errorf("write compare.json: %w", err)
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{"compare.html", page}, {"compare.md", compareMarkdown(views)}, {"compare.json", append(numbers, '\n')}} {
		if err := write(filepath.Join(dir, f.name), f.data); err != nil {
			return err
		}
	}
	return nil
}

// compareHTML is one page that needs nothing beside itself, in the style of a
// report.
func compareHTML(views []compared) ([]byte, error) {
	t, err := pages()
	if err != nil {
		return nil, err
	}
	if _, err := t.Parse(compareTemplate); err != nil {
		return nil, fmt.Errorf("template of the comparison: %w", err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "compare", views); err != nil {
		return nil, fmt.Errorf("write comparison: %w", err)
	}
	return b.Bytes(), nil
}

// compareMarkdown is the same with figures by their files in plots.
func compareMarkdown(views []compared) []byte {
	var m markdown
	for _, v := range views {
		if len(v.All) > 0 {
			m.line("# All runs beside one another")
		}
		for _, t := range v.All {
			m.table(t)
		}
		m.line("# " + inline(v.Title))
		m.table(v.Sides)
		m.line("## How alike they are")
		m.lines(v.Words)
		m.table(v.Medians)
		m.list(v.Misses)
		m.line("## What keeps them from being comparable")
		if len(v.Notes) == 0 {
			m.line("Nothing.")
		}
		m.list(v.Notes)
		m.line("## Times")
		m.line(v.Legend)
		m.table(v.Times)
		m.section("## Savings", nil, v.Savings)
		for _, f := range v.Figures {
			if f.Note == "" {
				m.line(fmt.Sprintf("[![%s](plots/%s.png)](plots/%s.svg)", inline(f.Title), f.Name, f.Name))
				m.line(inline(f.Caption))
			}
		}
	}
	return []byte(strings.TrimRight(m.String(), "\n") + "\n")
}

// timesLegend says how the table of times is read.
func timesLegend(c stats.Contrast) string {
	return "A and B are medians of t; “~” is a difference whose " + stats.Number(c.Confidence).Percent(0) + " interval holds 0, “=” none at all. " +
		"“most by” is the phase whose median differs most. “same choice” is the share of requests for which both runs chose the same option."
}
