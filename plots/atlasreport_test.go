package plots

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testbed/testbed/plots/stats"
	"github.com/testbed/testbed/runner/record"
)

// report is what testbed report does, without the seal.
func report(t testing.TB, dir string) (stats.Summary, []Figure) {
	t.Helper()
	run, lines, err := record.Stream(dir)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	s, series := stats.Analyze(run, lines)
	t.Logf("analyzed in %v", time.Since(begun).Round(time.Millisecond))
	begun = time.Now()
	figures, err := Write(dir, s, series)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("drawn and written in %v", time.Since(begun).Round(time.Millisecond))
	return s, figures
}

// BenchmarkAtlas is the report of 1000 conditions of 20 pairs, each with its
// decision among ten options.
func BenchmarkAtlas(b *testing.B) {
	benchmarkReport(b, atlas{devices: 5, bandwidths: 20, utilizations: 10, pairs: 20})
}

// BenchmarkMillion is the report of a million requests in 12 conditions, of
// whose decisions every hundredth is recorded.
func BenchmarkMillion(b *testing.B) {
	benchmarkReport(b, atlas{devices: 1, bandwidths: 4, utilizations: 3, pairs: 1_000_000 / 24, decisions: 100})
}

func benchmarkReport(b *testing.B, a atlas) {
	dir := a.write(b)
	if keep := os.Getenv("KEEP_RUN"); keep != "" {
		if err := os.CopyFS(keep, os.DirFS(dir)); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	for b.Loop() {
		report(b, dir)
	}
	info, err := os.Stat(filepath.Join(dir, "report.html"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB-html")
}

// atlasFigures are those of a small atlas that is held: two axes of three values
// or more, and a third.
var atlasFigures = sync.OnceValue(func() drawn {
	dir, err := os.MkdirTemp("", "atlas")
	if err != nil {
		return drawn{err: err}
	}
	defer os.RemoveAll(dir)
	a := atlas{devices: 3, bandwidths: 8, utilizations: 5, pairs: 6}
	if err := a.record(filepath.Join(dir, "run")); err != nil {
		return drawn{err: err}
	}
	run, err := record.Read(filepath.Join(dir, "run"))
	if err != nil {
		return drawn{err: err}
	}
	d := drawn{summary: stats.Summarize(run), series: stats.Collect(run)}
	d.figures, d.err = Figures(d.summary, d.series)
	return d
})

// TestMaps: both maps are drawn with their axes in units, the line of what is
// asked, and a legend of the models that are in them; every square has the
// colour of its Δt.
func TestMaps(t *testing.T) {
	d := atlasFigures()
	if d.err != nil {
		t.Fatal(d.err)
	}
	want := map[string][]string{
		"saving-map": {"device device0", "device device2", "bandwidth", "1 Mbps", "100 Mbps", "20 %", "asked: ≥ 20 %", "Δt, saving in % of the baseline's time"},
		"choice-map": append([]string{"device device1", "1 Mbps", "40 %"}, chosenBySecond(d.summary)...),
	}
	for _, f := range d.figures {
		if want[f.Name] == nil {
			continue
		}
		got := texts(t, f.SVG)
		for _, w := range want[f.Name] {
			if !slices.Contains(got, w) && f.Note == "" {
				t.Errorf("%s does not say %q: %q", f.Name, w, got)
			}
		}
		if f.Note != "" {
			t.Errorf("%s: %s", f.Name, f.Note)
		}
	}
	svg, limit := string(d.figures[1].SVG), heatLimit(stats.AtlasOf(d.summary))
	for _, c := range d.summary.Conditions {
		x := diverging(float64(c.Saving.MeanOfRatios.Value) / limit)
		if hex := fmt.Sprintf("fill:#%02X%02X%02X", x.R, x.G, x.B); !strings.Contains(svg, hex) {
			t.Errorf("%s: no square of Δt %v, %s", c.ID, c.Saving.MeanOfRatios.Value, hex)
		}
	}
}

// chosenBySecond are the models that the judged arm chose.
func chosenBySecond(s stats.Summary) []string { return byCount(s.Models[1].Models) }

// TestDiverging: white in the middle, ends as dark, and darker all the way.
func TestDiverging(t *testing.T) {
	light := func(c colour) float64 { return 0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B) }
	if diverging(0) != paper || diverging(1) != blue || diverging(-7) != diverging(-1) {
		t.Errorf("0 is %v, 1 %v", diverging(0), diverging(1))
	}
	for _, side := range []float64{-1, 1} {
		for i := range 20 {
			if a, b := light(diverging(side*float64(i)/20)), light(diverging(side*float64(i+1)/20)); b >= a {
				t.Errorf("%v is not darker than %v", side*float64(i+1)/20, side*float64(i)/20)
			}
		}
	}
	if d := light(diverging(1)) - light(diverging(-1)); math.Abs(d) > 12 {
		t.Errorf("the ends differ by %v in lightness", d)
	}
}

// TestEdges: squares of a scale meet in the middle of their values, on a
// logarithmic one in the geometric middle.
func TestEdges(t *testing.T) {
	for _, tt := range []struct {
		s    stats.Scale
		want []float64
	}{
		{stats.Scale{Values: []string{"a", "b"}}, []float64{-0.5, 0.5, 1.5}},
		{stats.Scale{At: []float64{0, 1, 3}}, []float64{-0.5, 0.5, 2, 4}},
		{stats.Scale{At: []float64{1, 100, 10000}, Log: true}, []float64{0.1, 10, 1000, 100000}},
	} {
		got := edgesOf(tt.s)
		for i := range tt.want {
			if len(got) != len(tt.want) || math.Abs(got[i]-tt.want[i]) > 1e-9*math.Abs(tt.want[i]) {
				t.Fatalf("%v: edges %v, want %v", tt.s.At, got, tt.want)
			}
		}
	}
}

// TestAtlasReport: the report of many conditions is one page of a bounded size
// that says what it leaves out, every condition is in summary.csv, and
// neither depends on how many cores there are, or on whether the run is held.
func TestAtlasReport(t *testing.T) {
	a := atlas{devices: 3, bandwidths: 8, utilizations: 5, pairs: 6}
	dir := a.write(t)
	files := func() map[string]string {
		out := map[string]string{}
		for _, name := range []string{"summary.json", "report.html", "report.md", "summary.csv", "plots/saving-map.svg", "plots/timeline.svg"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			out[name] = string(b)
		}
		return out
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	report(t, dir)
	one := files()
	runtime.GOMAXPROCS(4)
	report(t, dir)
	four := files()
	run, err := record.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir, stats.Summarize(run), stats.Collect(run)); err != nil {
		t.Fatal(err)
	}
	held := files()
	for name, b := range one {
		if four[name] != b || held[name] != b {
			t.Errorf("%s: not the same on one core (%d bytes), on four (%d) and of a run that is held (%d)", name, len(b), len(four[name]), len(held[name]))
		}
	}
	for _, name := range []string{"report.html", "report.md"} {
		if want := "24 of 120 conditions are shown: those at even ranks of Δt, from the least to the greatest. All are in summary.csv, and with all numbers in summary.json."; !strings.Contains(one[name], want) {
			t.Errorf("%s does not say %q", name, want)
		}
	}
	if n := len(one["report.html"]); n > 3e6 {
		t.Errorf("report.html has %d bytes, want at most 3 MB", n)
	}
	lines := strings.Split(strings.TrimSpace(one["summary.csv"]), "\n")
	if len(lines) != 1+2*120 || !strings.HasPrefix(lines[0], "condition,device,bandwidth,utilization,valid,arm,trials,requests,") || !strings.HasPrefix(lines[2], "device0/100kbps/0%,device0,100kbps,0%,true,advanced,1,6,0,") {
		t.Errorf("summary.csv has %d lines: %q, …, %q", len(lines), lines[0], lines[2])
	}
}
