package plots

import (
	"fmt"
	"os"
	"path/filepath"

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
	strips := rowsOf(len(s.Run.Arms))
	some, someSeries := few(s, series, mostRows)
	fewer, fewerSeries := few(s, series, strips)
	atlas := stats.AtlasOf(s)
	var out []Figure
	for _, draw := range []struct {
		name, title string
		most        int // conditions; 0: all, or none has a place of its own
		page        func() (page, string)
	}{
		{"savings", "What is saved, and what it costs", mostRows, func() (page, string) { return savings(some) }},
		{"saving-map", "What is saved, over two axes", 0, func() (page, string) { return savingMap(s, atlas) }},
		{"choice-map", "What is chosen, over two axes", 0, func() (page, string) { return choiceMap(s, atlas, series.Models) }},
		{"placements", "What the model saves, and what the placement", 0, func() (page, string) { return placements(s) }},
		{"boxes", "Times across conditions", strips, func() (page, string) { return boxes(fewerSeries) }},
		{"cdf", "How long requests took", mostRows, func() (page, string) { return cdf(someSeries) }},
		{"phases", "Where the time goes", strips, func() (page, string) { return phases(fewer) }},
		{"models", "Which models were chosen", mostRows, func() (page, string) { return choices(some, series.Models) }},
		{"regret", "How far from the best choice", 0, func() (page, string) { return regrets(s) }},
		{"predictions", "What was predicted, and what happened", 0, func() (page, string) { return predictions(series) }},
		{"slowdown", "How background load slows inference down", 0, func() (page, string) { return slowdowns(series) }},
		{"timeline", "The run over time", 0, func() (page, string) { return timeline(series) }},
	} {
		p, note := draw.page()
		if note != "" {
			out = append(out, Figure{Name: draw.name, Title: draw.title, Note: note})
			continue
		}
		if words := fewWords(s, draw.most); draw.most > 0 && words != "" {
			p.caption += " " + words
		}
		f, err := p.figure()
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
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
