package plots

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/plots/stats"
	"github.com/testbed/testbed/runner/record"
)

// slower is the run as another world has it: computing takes by times as long
// where the load is busy.
func slower(run record.Run, by float64) record.Run {
	run.Dir, run.Header.World = "runs/lowbw-sim", "sim"
	run.Requests = slices.Clone(run.Requests)
	for i := range run.Requests {
		r := &run.Requests[i]
		more := time.Duration(float64(r.Phases.Infer) * (by - 1))
		if strings.Contains(r.Condition, "busy") {
			r.Phases.Infer, r.Measured, r.Done = r.Phases.Infer+more, r.Measured+more, r.Done+more
		}
	}
	return run
}

// contrasted compares a synthetic run with a slower one.
func contrasted(t *testing.T, o options, by float64) stats.Contrast {
	t.Helper()
	a := synthetic(o)
	b := slower(a, by)
	c, err := stats.Compare(stats.Sort(&a, a.Lines()), stats.Sort(&b, b.Lines()))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWriteComparison(t *testing.T) {
	c := contrasted(t, options{Pairs: 20, Repetitions: 2, Mixed: true, Judged: true}, 1.3)
	c.Notes = append(c.Notes, "<marquee>")
	dir := t.TempDir()
	if err := WriteComparison(filepath.Join(dir, "new"), []stats.Contrast{c, c}); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, "new", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, name := range []string{"compare", "compare-cdf", "compare-2", "compare-2-cdf"} {
		if png := read("plots/" + name + ".png"); !strings.HasPrefix(png, "\x89PNG") {
			t.Errorf("%s.png is no PNG", name)
		}
		svg := read("plots/" + name + ".svg")
		for _, want := range []string{"greedy", "advanced", "10Mbps · busy · cold"} {
			if !strings.Contains(svg, want) {
				t.Errorf("%s.svg does not say %q", name, want)
			}
		}
	}
	html, md := strings.ReplaceAll(read("compare.html"), "\u00a0", " "), read("compare.md")
	for _, want := range []string{"# All runs beside one another", "| B − A | C | C − A |", "## How alike they are", "The runs do not agree", "| infer | 72 |", "[![What both runs took](plots/compare.png)](plots/compare.svg)"} {
		if !strings.Contains(md, want) {
			t.Errorf("compare.md does not say %q", want)
		}
	}
	if strings.Contains(html, "<marquee>") || !strings.Contains(html, "&lt;marquee&gt;") || strings.Count(html, "<svg ") != 4 || !strings.Contains(html, "font-variant-numeric") {
		t.Error("compare.html: its notes are not escaped, it has not four figures or no style")
	}
	again := t.TempDir()
	if err := WriteComparison(again, []stats.Contrast{c, c}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"compare.html", "compare.json", "plots/compare.png"} {
		if b, err := os.ReadFile(filepath.Join(again, name)); err != nil || !bytes.Equal(b, []byte(read(name))) {
			t.Errorf("%s: other bytes the second time (%v)", name, err)
		}
	}
}

// TestCompareTables: differences are written with a sign, noise as "~", and
// what has no interval says so.
func TestCompareTables(t *testing.T) {
	e := func(v, lo, hi stats.Number) stats.Estimate { return stats.Estimate{Value: v, Low: lo, High: hi} }
	none := stats.Missing()
	for name, tt := range map[string]struct {
		d            stats.Difference
		by, interval string
	}{
		"slower": {stats.Difference{Change: e(5, 4, 6), Relative: e(0.05, 0.04, 0.06)}, "+5.0 %", "+4.0 to +6.0 %"},
		"faster": {stats.Difference{Change: e(-5, -6, -4), Relative: e(-0.05, -0.06, -0.04)}, "−5.0 %", "−6.0 to −4.0 %"},
		"noise":  {stats.Difference{Change: e(5, -1, 6), Relative: e(0.05, -0.01, 0.06)}, "~", "−1.0 to +6.0 %"},
		"same":   {stats.Difference{Change: e(0, 0, 0), Relative: e(0, 0, 0)}, "=", "0.0 to 0.0 %"},
		"few":    {stats.Difference{Change: e(5, none, none), Relative: e(0.05, none, none)}, "+5.0 %, too few", ""},
		"of 0":   {stats.Difference{Change: e(5, 4, 6), Relative: e(none, none, none)}, "+5.000 ms", ""},
		"none":   {stats.Difference{Change: e(none, none, none)}, "–", ""},
	} {
		by, interval := change(tt.d)
		if diff := cmp.Diff([]string{tt.by, tt.interval}, []string{by, interval}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestMostDifferent: of more conditions than a figure shows, those that differ
// most are shown, in their order.
func TestMostDifferent(t *testing.T) {
	var all []stats.Contrasted
	for i, by := range []stats.Number{0.1, -0.3, 0, 0.5, 0.2} {
		all = append(all, stats.Contrasted{Label: fmt.Sprint(i), Arms: []stats.Times{{T: stats.Change{Median: stats.Difference{Relative: stats.Estimate{Value: by}}}}}})
	}
	var got []string
	for _, k := range mostDifferent(all, 3) {
		got = append(got, k.Label)
	}
	if diff := cmp.Diff([]string{"1", "3", "4"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
