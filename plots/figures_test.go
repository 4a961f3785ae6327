package plots

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// drawn is a run with its summary, series and figures.
type drawn struct {
	summary stats.Summary
	series  stats.Series
	figures []Figure
	err     error
}

func draws(o options) func() drawn {
	return sync.OnceValue(func() drawn {
		run := synthetic(o)
		d := drawn{summary: stats.Summarize(run), series: stats.Collect(run)}
		d.figures, d.err = Figures(d.summary, d.series)
		return d
	})
}

// One run of two arms, and one of as many as there may be; drawn once.
var (
	twoArms    = draws(options{Seed: 1, Pairs: 8, Repetitions: 2, Mixed: true, Judged: true, Cloud: true})
	twelveArms = draws(options{Seed: 1, Pairs: 4, Judged: true, Cloud: true, Arms: 12})
)

// sample is a summary of twelve conditions with its series and figures.
func sample(t *testing.T) (stats.Summary, stats.Series, []Figure) {
	t.Helper()
	d := twoArms()
	if d.err != nil {
		t.Fatal(d.err)
	}
	return d.summary, d.series, slices.Clone(d.figures)
}

// drawnOf are the figures without the maps, where the sweep has too few values
// for them, as that of synthetic has.
func drawnOf(figures []Figure) []Figure {
	return slices.DeleteFunc(slices.Clone(figures), func(f Figure) bool { return f.Note == noAtlas })
}

// texts are the texts in an SVG, which must be well-formed.
func texts(t *testing.T, svg []byte) (out []string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	in := false
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("SVG is not well-formed: %v", err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			in = tok.Name.Local == "text"
		case xml.CharData:
			if in {
				out = append(out, string(tok))
			}
		case xml.EndElement:
			in = false
		}
	}
}

// TestFiguresSayTheNumbers: what a figure writes is what the summary has.
func TestFiguresSayTheNumbers(t *testing.T) {
	s, series, figures := sample(t)
	want := map[string][]string{"savings": {interval(s.Overall.Saving.MeanOfRatios, 100, " %"), "asked: ≥ 20 %", "asked: ≤ 10"}}
	for _, c := range s.Conditions {
		want["savings"] = append(want["savings"], c.Label, interval(c.Saving.MeanOfRatios, 100, " %"), interval(c.AccuracyDrop, 1, ""))
		want["cdf"] = append(want["cdf"], c.Label+" (n = 16 each)")
		want["boxes"] = append(want["boxes"], c.Label)
		want["phases"] = append(want["phases"], c.Label+" — greedy", c.Arms[1].Total.Millis())
		want["models"] = append(want["models"], c.Label, "16")
	}
	want["models"] = append(want["models"], series.Models...)
	for name, r := range s.Regret {
		want["regret"] = append(want["regret"], judgedLabel(name, r), interval(stats.Estimate{Value: r.Mean, Low: r.Low, High: r.High}, 100, " %"), r.Agreement.Percent(0))
	}
	for _, p := range s.Overall.Placements {
		want["placements"] = append(want["placements"], fmt.Sprintf("%s vs %s (n = %d)", p.Baseline, p.Other, p.Pairs), interval(p.Saving, 100, " %"))
	}
	want["placements"] = append(want["placements"], fmt.Sprintf("same placement (n = %d)", s.Overall.SamePlacement.Pairs), interval(s.Overall.SamePlacement.Saving, 100, " %"))
	want["predictions"] = []string{"greedy (n = 192)", "advanced (n = 192)", "infer", "10 ms", "observed"}
	want["slowdown"] = []string{"edge", "signs-mlp", "signs-resnet56", "expected by selectors", "1×", "60 %"}
	want["timeline"] = []string{"edge downlink", "edge uplink", "edge CPU", "requests", "time since the start of the run, s"}
	want["pairs"] = []string{"cold (n = 96): 96 faster, 96 save ≥ 20 %", "as long as the baseline", "saves 20 %", "signs-cnn@edge"}
	want["pareto"] = []string{"2Mbps · idle · cold (n = 4)", "never chosen", "accuracy", "median t", "signs-resnet20@edge"}
	want["decisions"] = []string{"2Mbps · idle · cold", "50Mbps · busy · warm", "greedy", "advanced", "request", "15"}
	want["trials"] = []string{"time since the first request, s", "edge uplink", "edge CPU", "requests", "signs-resnet56@edge"}
	for _, f := range drawnOf(figures) {
		got := texts(t, f.SVG)
		if f.Note != "" || f.Caption == "" || len(want[f.Name]) == 0 {
			t.Errorf("%s: note %q, caption %q", f.Name, f.Note, f.Caption)
		}
		for _, w := range want[f.Name] {
			if !strings.Contains("\n"+strings.Join(got, "\n")+"\n", "\n"+w+"\n") {
				t.Errorf("%s does not say %q", f.Name, w)
			}
		}
	}
}

// TestFiguresAreDrawn: each PNG has the pixels of its SVG's size, and the
// colours that the figure is about.
func TestFiguresAreDrawn(t *testing.T) {
	_, _, figures := sample(t)
	want := map[string][]color.NRGBA{
		"savings": {armColor(1), ink}, "cdf": {armColor(0), armColor(1)}, "boxes": {armColor(0), armColor(1)},
		"phases": {phaseColor(0), phaseColor(2), phaseColor(5)}, "models": {modelColor(0), modelColor(1), modelColor(2), modelColor(3)}, "regret": {armColor(0), armColor(1), sky}, "placements": {armColor(1), orange, ink},
		"predictions": {phaseColor(0), phaseColor(2), phaseColor(5)}, "slowdown": {modelColor(0), modelColor(1), modelColor(2), modelColor(3)},
		"pareto": {armColor(0), armColor(1), grey, band}, "decisions": {modelColor(0), modelColor(1), modelColor(2)}, "trials": {black, blue, modelColor(0)}, "pairs": {ink, green, modelColor(0)},
		"timeline": {black, blue, grey, vermillion, modelColor(0)},
	}
	for _, f := range drawnOf(figures) {
		img, err := png.Decode(bytes.NewReader(f.PNG))
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if got := img.Bounds().Dx(); got != 9*screenDPI {
			t.Errorf("%s is %d pixels wide, want %d", f.Name, got, 9*screenDPI)
		}
		seen := map[color.NRGBA]int{}
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				seen[color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)]++
			}
		}
		for _, c := range want[f.Name] {
			least := 20
			if f.Name == "models" { // bars as long as their share
				least = 6_000
			}
			if seen[c] < least {
				t.Errorf("%s has %d pixels of %v, want some", f.Name, seen[c], c)
			}
		}
	}
}

// rotated says that what follows svg is in a rotated group: a vertical label.
func rotated(svg string) bool {
	open := strings.LastIndex(svg, `<g transform="rotate(`)
	return open >= 0 && !strings.Contains(svg[open:], "</g>")
}

// TestSameBytes: a directory is written twice with the same bytes, and holds
// nothing but what was written.
func TestSameBytes(t *testing.T) {
	run := synthetic(options{Seed: 2, Pairs: 6, Repetitions: 2})
	write := func() map[string]string {
		dir := t.TempDir()
		if _, err := Write(dir, stats.Summarize(run), stats.Collect(run)); err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			name, _ := filepath.Rel(dir, path)
			files[name] = string(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	first := write()
	time.Sleep(2 * time.Millisecond) // a clock would show
	second := write()
	var names []string
	for name := range first {
		names = append(names, name)
		if first[name] != second[name] {
			t.Errorf("%s differs from one time to the next", name)
		}
	}
	if len(first) != 4+2*12 || len(second) != len(first) {
		t.Errorf("wrote %v, want summary, conditions, two reports and twelve figures twice", names)
	}
}

// TestOddRuns: whatever is missing, there is a report, which says so.
func TestOddRuns(t *testing.T) {
	for _, tt := range []struct {
		name  string
		opts  options
		edit  func(*stats.Summary, *stats.Series)
		words string
	}{
		{"nothing", options{}, func(s *stats.Summary, c *stats.Series) { *s, *c = stats.Summary{}, stats.Series{} }, "there are no pairs to compare"},
		{"one pair", options{}, func(*stats.Summary, *stats.Series) {}, "bear no interval"},
		{"no times", options{}, func(_ *stats.Summary, c *stats.Series) { *c = stats.Series{} }, "no times are recorded"},
		{"one time twice", options{}, func(_ *stats.Summary, c *stats.Series) {
			for i := range c.Cells {
				for k := range c.Cells[i].Arms {
					c.Cells[i].Arms[k] = stats.Distribution{N: 1, Mean: 5, Box: [5]float64{5, 5, 5, 5, 5}, Steps: []stats.Point{{X: 5, Y: 1}}}
				}
			}
		}, "How long requests took"},
		{"three arms", options{Pairs: 6}, func(s *stats.Summary, c *stats.Series) {
			c.Arms = append(c.Arms, "lazy")
			for i := range c.Cells {
				c.Cells[i].Arms = append(c.Cells[i].Arms, c.Cells[i].Arms[0])
				s.Conditions[i].Arms = append(s.Conditions[i].Arms, s.Conditions[i].Arms[0])
			}
		}, "Times across conditions"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := synthetic(tt.opts)
			s, series := stats.Summarize(run), stats.Collect(run)
			tt.edit(&s, &series)
			dir := t.TempDir()
			if _, err := Write(dir, s, series); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"report.md", "report.html"} {
				b, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if text := regexp.MustCompile(`<[^>]*>|\*\*`).ReplaceAllString(string(b), ""); !strings.Contains(text, tt.words) {
					t.Errorf("%s does not say %q", name, tt.words)
				}
				if strings.Contains(string(b), "not drawn") {
					t.Errorf("%s: a figure could not be drawn", name)
				}
			}
		})
	}
}

// TestManyConditions: a figure of more conditions than it can hold says so.
func TestManyConditions(t *testing.T) {
	s, series, _ := sample(t)
	for len(s.Conditions) < 60 {
		s.Conditions = append(s.Conditions, s.Conditions[:12]...)
		series.Cells = append(series.Cells, series.Cells[:12]...)
	}
	figures, err := Figures(s, series)
	if err != nil {
		t.Fatal(err)
	}
	const want = "24 of 60 conditions are shown: those at even ranks of Δt, from the least to the greatest."
	for _, f := range drawnOf(figures) {
		if each := slices.Contains([]string{"savings", "boxes", "cdf", "phases", "models"}, f.Name); each != strings.Contains(f.Caption, want) {
			t.Errorf("%s: caption %q", f.Name, f.Caption)
		}
	}
}

func TestTicks(t *testing.T) {
	labels := func(k ticks, lo, hi float64) (out []string) {
		for _, t := range k.Ticks(lo, hi) {
			if !t.IsMinor() {
				out = append(out, t.Label)
			}
		}
		return out
	}
	for _, tt := range []struct {
		name   string
		ticks  ticks
		lo, hi float64
		want   []string
	}{
		{"linear", ticks{most: 5, text: asPlain}, 0, 10, []string{"0", "2", "4", "6", "8", "10"}},
		{"linear, negative", ticks{most: 4, text: asPlain}, -5, 12, []string{"−5", "0", "5", "10"}},
		{"fractions", ticks{most: 4, text: asPercent}, 0, 1, []string{"0 %", "50 %", "100 %"}},
		{"two decades", ticks{most: 6, text: asMillis, log: true}, 10, 1000, []string{"10 ms", "20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1 s"}},
		{"four decades", ticks{most: 5, text: asMillis, log: true}, 0.9, 12000, []string{"1 ms", "10 ms", "100 ms", "1 s", "10 s"}},
		{"no range", ticks{most: 4, text: asMillis, log: true}, 0, 10, nil},
	} {
		if diff := cmp.Diff(tt.want, labels(tt.ticks, tt.lo, tt.hi)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

// TestSlots: with two arms the row of a condition is cut in two parts of 0.4,
// the baseline's above: rows are at 2 and 1.
func TestSlots(t *testing.T) {
	for _, tt := range []struct {
		i, arm int
		want   float64
	}{{0, 0, 2.2}, {0, 1, 1.8}, {1, 0, 1.2}, {1, 1, 0.8}} {
		if at, h := slot(tt.i, 2, tt.arm, 2); math.Abs(at-tt.want) > 1e-9 || h != 0.4 {
			t.Errorf("slot(%d, 2, %d, 2) = %v, %v; want %v, 0.4", tt.i, tt.arm, at, h, tt.want)
		}
	}
}

// TestColours: what is told apart by colour has different ones, and the first
// models do not share those of the two arms.
func TestColours(t *testing.T) {
	for _, tt := range []struct {
		name string
		of   func(int) colour
		n    int
	}{{"arms", armColor, 12}, {"models", modelColor, 18}, {"phases", phaseColor, 7}} {
		seen := map[colour]bool{}
		for i := range tt.n {
			seen[tt.of(i)] = true
		}
		if len(seen) != tt.n {
			t.Errorf("the first %d %s have %d colours", tt.n, tt.name, len(seen))
		}
	}
	for i := range 6 {
		if c := modelColor(i); c == armColor(0) || c == armColor(1) {
			t.Errorf("model %d has the colour of an arm", i)
		}
	}
}

// TestOrderOfFigures: the claim first, then what it is made of; the same names
// with data and without.
func TestOrderOfFigures(t *testing.T) {
	_, _, figures := sample(t)
	empty, err := Figures(stats.Summary{}, stats.Series{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"savings", "saving-map", "choice-map", "placements", "boxes", "cdf", "pairs", "phases", "models", "decisions", "pareto", "regret", "predictions", "slowdown", "trials", "timeline"} {
		if figures[i].Name != want || empty[i].Name != want || empty[i].Note == "" {
			t.Errorf("figure %d: %q, and without data %q with note %q; want %q", i, figures[i].Name, empty[i].Name, empty[i].Note, want)
		}
	}
}

// TestGapsAreGaps: a link of which nothing is known for a while is drawn before
// and after, on an axis of its asked rate.
func TestGapsAreGaps(t *testing.T) {
	nan := math.NaN()
	p := linkPanel(stats.LinkCourse{Node: "edge", Direction: "down", Asked: []stats.Point{{X: 0, Y: 5e6}, {X: 1, Y: nan}, {X: 3, Y: 5e6}, {X: 4, Y: 5e6}},
		Delivered: []stats.Point{{X: 0, Y: 1e6}, {X: 1, Y: 1e6}, {X: 1, Y: nan}, {X: 3, Y: 2e6}, {X: 4, Y: 2e6}}}, nil)
	if p.Y.Min != 0 || math.Abs(p.Y.Max-5.6e6) > 1 {
		t.Errorf("the axis runs from %v to %v, want 0 to 5.6 Mbps", p.Y.Min, p.Y.Max)
	}
	p.X.Min, p.X.Max = 0, 4
	drawn := page{name: "gap", title: "gap", height: 2 * vg.Inch, body: func(c draw.Canvas) { p.Draw(c) }}
	f, err := drawn.figure()
	if err != nil || f.Note != "" {
		t.Fatal(err, f.Note)
	}
	// Two strokes of the asked rate, which is held until the gap begins, and two of what was delivered.
	for _, width := range []string{"stroke-width:1.2", "stroke:#0072B2"} {
		if n := strings.Count(string(f.SVG), width); n != 2 {
			t.Errorf("%d strokes with %s, want 2", n, width)
		}
	}
}
