package plots

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

// Draw draws every figure and writes it to dir/plots, as SVG and as PNG. A
// figure for which there are no data is in the list with a Note and has no
// files. Each file is whole or as it was before.
func Draw(s stats.Summary, series stats.Series, dir string) ([]Figure, error) {
	figures, err := Figures(s, series)
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, "plots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("write figures: %w", err)
	}
	for _, f := range figures {
		if f.Note != "" {
			continue
		}
		if err := write(filepath.Join(dir, f.Name+".svg"), f.SVG); err != nil {
			return nil, err
		}
		if err := write(filepath.Join(dir, f.Name+".png"), f.PNG); err != nil {
			return nil, err
		}
	}
	return figures, nil
}

// Figures draws every figure, in the order in which a report shows them. Of many
// conditions those that have a row or a panel each are a few.
func Figures(s stats.Summary, series stats.Series) ([]Figure, error) {
	var out []Figure
	for _, k := range kinds() {
		p, note := k.page(s, series, Form{})
		if note != "" {
			out = append(out, Figure{Name: k.Name, Title: k.Title, Note: note})
			continue
		}
		f, err := p.figure()
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// page is the figure of a run, or why there is none.
func (k kind) page(s stats.Summary, series stats.Series, form Form) (page, string) {
	in, words := input{form, s, series}, ""
	if most := k.rows(len(s.Run.Arms)); most > 0 {
		in.summary, in.series = few(s, series, most)
		words = fewWords(s, most)
	}
	p, note := k.draw(in)
	p.title = cmp.Or(form.Title, p.title)
	if axes := axesOf(s); note == "" && k.most != 0 && axes != "" {
		p.subtitle += "; conditions by " + axes
	}
	if note == "" && words != "" {
		p.caption += " " + words
	}
	return p, note
}

// axesOf are what the names of conditions are of.
func axesOf(s stats.Summary) string {
	var names []string
	for _, a := range s.Run.Axes {
		names = append(names, a.Name)
	}
	return strings.Join(names, " · ")
}

// write makes a file whole or not at all: it is written beside its place and
// then moved there.
func write(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // it is gone if all went well
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
