package plots

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"path/filepath"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

//go:embed report.html.tmpl
var reportTemplate string

// HTML is report.html: one page that needs nothing beside itself, with its
// figures in it, for a wide screen, a phone and paper.
func HTML(s stats.Summary, figures []Figure) ([]byte, error) {
	t, err := template.New("report").Funcs(template.FuncMap{
		"svg":  func(f Figure) template.HTML { return template.HTML(f.SVG) }, // drawn by us, its text escaped
		"cell": cellClass,
	}).Parse(reportTemplate)
	if err != nil {
		return nil, fmt.Errorf("report template: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, viewOf(s, figures)); err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	return bytes.ReplaceAll(b.Bytes(), []byte(" %"), []byte("\u00a0%")), nil // a number keeps its sign
}

// longCell is from how many letters on a cell is set as text, over lines.
const longCell = 34

// cellClass is how a cell is set: names and numbers in one line, text in
// several.
func cellClass(i, numbers int, text string) string {
	switch {
	case len([]rune(text)) > longCell:
		return "long"
	case i >= numbers:
		return "n"
	}
	return "k"
}

// Markdown is report.md, with figures by their files in plots.
func Markdown(s stats.Summary, figures []Figure) []byte {
	v := viewOf(s, figures)
	var m markdown
	m.line("# " + inline(v.Title))
	m.line("> **" + v.Result + "**" + inline(v.Sentence))
	m.line("## What was asked, and what the verdict rests on")
	m.lines(v.Lead)
	m.table(v.Requirements)
	m.table(v.Selectors)
	m.line("## Conditions")
	m.line("Δt is the saving against the baseline, with its interval in brackets. “A → B” is the baseline, then the other arm.")
	if v.Shown != "" {
		m.line(inline(v.Shown))
	}
	m.table(v.Conditions)
	m.section("### Each arm against the baseline", nil, v.Arms)
	m.section("### Each arm in each condition", nil, v.EveryArm)
	m.line("## What the selectors chose, and why")
	for _, c := range v.Choices {
		m.line("### " + inline(c.Arm+": "+c.Models))
		m.list(c.Why)
	}
	m.section("### How long decisions took", nil, v.Decisions)
	m.section("## Regret: how far from the best choice", v.Judged, v.Regret)
	m.section("### Regret by condition", nil, v.RegretBy)
	m.section("## Predictions", v.Predicted, v.Predictions)
	m.section("### The whole request, by condition", nil, v.PredictedBy)
	m.line("## Figures")
	for _, f := range figures {
		if f.Note != "" {
			m.line("**" + inline(f.Title) + "**: no figure, " + inline(f.Note) + ".")
			continue
		}
		m.line(fmt.Sprintf("### %s", inline(f.Title)))
		m.line(fmt.Sprintf("[![%s](plots/%s.png)](plots/%s.svg)", inline(f.Title), f.Name, f.Name))
		m.line(inline(f.Caption))
	}
	m.line("## The saving, counted in other ways")
	m.line("The verdict is by the first row and column.")
	m.table(v.Definitions)
	m.list(v.DefinedAs)
	m.line("## How it was measured")
	m.list(v.Measured)
	m.line("## Validity: asked against achieved")
	m.lines(v.Validity)
	m.table(v.Links)
	m.table(v.Load)
	m.line("## Models")
	m.table(v.Models)
	m.line("## Environment")
	m.table(v.Environment)
	m.line("## Warnings")
	if len(v.Warnings) == 0 {
		m.line("None.")
	}
	m.list(v.Warnings)
	m.line("## To reproduce")
	m.line("```sh\n" + strings.Join(v.Commands, "\n") + "\n```")
	m.list(v.Reproduce)
	return []byte(strings.TrimRight(m.String(), "\n") + "\n")
}

// Write draws the figures and writes all that a report is: summary.json,
// conditions.csv, report.md, report.html and plots/. Each file is whole or as it was before.
func Write(dir string, s stats.Summary, series stats.Series) ([]Figure, error) {
	figures, err := Draw(s, series, dir)
	if err != nil {
		return nil, err
	}
	page, err := HTML(s, figures)
	if err != nil {
		return nil, err
	}
	var summary bytes.Buffer
	if err := s.Encode(&summary); err != nil {
		return nil, fmt.Errorf("write summary.json: %w", err)
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{"conditions.csv", conditionsCSV(s)}, {"report.html", page}, {"report.md", Markdown(s, figures)}, {"summary.json", summary.Bytes()}} {
		if err := write(filepath.Join(dir, f.name), f.data); err != nil {
			return nil, err
		}
	}
	return figures, nil
}
