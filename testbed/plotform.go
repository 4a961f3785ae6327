package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/testbed/testbed/plots"
)

// form is the form of figures that the flags ask for.
func (a *app) form() (plots.Form, error) {
	f := plots.Form{DPI: a.settings.GetInt("dpi"), Log: a.settings.GetBool("log")}
	switch title := a.settings.GetString("title"); title {
	case "none":
		f.Bare = true
	default:
		f.Title = title
	}
	if f.DPI < 72 || f.DPI > 1200 {
		return f, fmt.Errorf("--dpi %d: want 72 to 1200", f.DPI)
	}
	width := a.settings.GetString("width")
	var err error
	if f.Width, err = millimetres(width); err != nil {
		return f, fmt.Errorf("--width %s: %w", width, err)
	}
	if !(f.Width >= plots.LeastWidth && f.Width <= plots.MostWidth) {
		return f, fmt.Errorf("--width %s: want %dmm to %dmm", width, plots.LeastWidth, plots.MostWidth)
	}
	return f, nil
}

// millimetres reads a length with its unit.
func millimetres(text string) (float64, error) {
	for unit, long := range map[string]float64{"mm": 1, "cm": 10, "in": 25.4, "pt": 25.4 / 72} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			if err != nil {
				return 0, errors.New("want a length such as 85mm")
			}
			return v * long, nil
		}
	}
	return 0, errors.New("want a length with its unit, such as 85mm, 8.5cm, 3.3in or 240pt")
}

// A plotOut is a figure that is to be written.
type plotOut struct{ kind, name, format string }

// plotFiles are the figures that --kind names, and where --out wants them.
func (a *app) plotFiles() ([]plotOut, error) {
	names, err := plotKinds(a.settings.GetString("kind"))
	if err != nil {
		return nil, err
	}
	out := a.settings.GetString("out")
	info, err := os.Stat(out)
	folder := strings.HasSuffix(out, "/") || err == nil && info.IsDir()
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(out)), ".")
	switch {
	case out == "":
		out, format = "*.pdf", "pdf"
	case folder || len(names) > 1 && format == "" && !strings.Contains(out, "*"):
		out, format = filepath.Join(out, "*.pdf"), "pdf"
	case !slices.Contains([]string{"pdf", "svg", "png"}, format):
		return nil, fmt.Errorf("--out %s: want a name that ends in .pdf, .svg or .png", out)
	case len(names) > 1 && !strings.Contains(filepath.Base(out), "*"):
		return nil, fmt.Errorf("--out %s: want a * for the kind in the name of %d figures, or a folder", out, len(names))
	}
	var files []plotOut
	for _, k := range names {
		name := filepath.Join(filepath.Dir(out), strings.ReplaceAll(filepath.Base(out), "*", k))
		files = append(files, plotOut{k, name, format})
	}
	return files, nil
}

// plotKinds are the kinds of a list with commas.
func plotKinds(list string) ([]string, error) {
	if list == "" {
		return nil, errors.New("--kind: want a figure, such as cdf; --kind list lists all")
	}
	var known []string
	for _, k := range plots.Kinds() {
		known = append(known, k.Name)
	}
	names := strings.Split(list, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if slices.Contains(names[:i], names[i]) {
			return nil, fmt.Errorf("--kind %s: it is named twice", names[i])
		}
		if !slices.Contains(known, names[i]) {
			return nil, fmt.Errorf("--kind %s: there is none; there are %s", names[i], strings.Join(known, ", "))
		}
	}
	return names, nil
}
