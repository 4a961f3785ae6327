package plots

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"path/filepath"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

//go:embed report.html.tmpl
var reportTemplate string

//go:embed report.js
var reportScript string

// mostListed is how many conditions the first table of report.html lists, where
// they can be sorted and scrolled. All other tables show mostRows at most.
const mostListed = 2000

// HTML is report.html: one page that needs nothing beside itself, with its
// figures in it, for a wide screen, a phone and paper.
func HTML(s stats.Summary, figures []Figure) ([]byte, error) {
	return reportOf(s, figures, mostListed).html()
}

// Markdown is report.md, with figures by their files in plots.
func Markdown(s stats.Summary, figures []Figure) []byte {
	return reportOf(s, figures, mostRows).markdown("plots")
}

// html is the document as a page.
func (d document) html() ([]byte, error) {
	t, err := pages()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, d); err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	return b.Bytes(), nil
}

// pages is the template of a document, and what other pages share with it: its
// head, style, script, tables and figures.
func pages() (*template.Template, error) {
	sum := sha256.Sum256([]byte(reportScript))
	t, err := template.New("report").Funcs(template.FuncMap{
		"svg":    func(f Figure) template.HTML { return template.HTML(f.SVG) }, // drawn by us, its text escaped
		"script": func() template.JS { return template.JS(reportScript) },
		"joined": func(text string) string { return strings.ReplaceAll(text, " %", "\u00a0%") }, // a number keeps its sign
		// policy lets a page run its own script, and fetch nothing.
		"policy": func() string {
			return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
		},
	}).Parse(reportTemplate)
	if err != nil {
		return nil, fmt.Errorf("report template: %w", err)
	}
	return t, nil
}

// markdown is the document as Markdown, with figures by their files in the
// folder plots.
func (d document) markdown(plots string) []byte {
	var m markdown
	m.line("# " + inline(d.Title))
	space := ""
	if strings.HasPrefix(d.Sentence, " ") {
		space = " "
	}
	m.line("> **" + d.Result + "**" + space + inline(d.Sentence))
	for _, s := range d.Sections {
		mark := "## "
		if s.Part {
			mark = "### "
		}
		m.line(mark + inline(s.Heading))
		for _, b := range s.Blocks {
			m.block(b, plots, "#"+mark)
		}
	}
	return []byte(strings.TrimRight(m.String(), "\n") + "\n")
}

// Write draws the figures and writes all that a report is: summary.json,
// summary.csv, report.md, report.html and plots/. Each file is whole or as it was before.
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
	}{{"summary.csv", summaryCSV(s)}, {"report.html", page}, {"report.md", Markdown(s, figures)}, {"summary.json", summary.Bytes()}} {
		if err := write(filepath.Join(dir, f.name), f.data); err != nil {
			return nil, err
		}
	}
	return figures, nil
}
