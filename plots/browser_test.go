package plots

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/plots/browsertest"
	"github.com/testbed/testbed/plots/stats"
)

// pageRun is a run whose pages have most sections: judged, with many arms,
// shadows and a second node.
var pageRun = twelveArms

// opened is a page in a browser.
func opened(t *testing.T, name string, page []byte) *browsertest.Page {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, page, 0o644); err != nil {
		t.Fatal(err)
	}
	return browsertest.Open(t, browsertest.File(t, path))
}

// behaves holds a page to what is asked of all of them: it says nothing, asks
// for nothing but itself, fits a phone, and its links lead somewhere.
func behaves(t *testing.T, p *browsertest.Page) {
	t.Helper()
	for _, width := range []int{browsertest.Width, 360} {
		p.Resize(width, 740)
		if wide := p.TooWide(); len(wide) > 0 {
			t.Errorf("at %d pixels these are too wide: %s", width, strings.Join(wide, "; "))
		}
	}
	var wrong []string
	p.Eval(`(() => {
		const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
		return ids.filter((id, i) => ids.indexOf(id) !== i).map(id => 'twice: ' + id)
			.concat([...document.querySelectorAll('a')].filter(a => !document.getElementById(decodeURIComponent(a.hash.slice(1)))).map(a => 'nowhere: ' + a.hash));
	})()`, &wrong)
	if diff := cmp.Diff([]string{}, wrong); diff != "" {
		t.Errorf("ids and links: %s", diff)
	}
	if said := p.Console(); len(said) > 0 {
		t.Errorf("the console says %q", said)
	}
	if asked := p.Requests(); len(asked) != 1 || !strings.HasPrefix(asked[0], "file://") {
		t.Errorf("the page asked for %q", asked)
	}
}

// column is the texts of a column of the conditions' table, as they stand.
func column(p *browsertest.Page, n int) (out []string) {
	p.Eval(`[...document.querySelectorAll('#conditions ~ .wide table')].slice(0, 1).flatMap(t => [...t.tBodies[0].rows].map(r => r.cells[`+string(rune('0'+n))+`].textContent))`, &out)
	return out
}

func TestReportInBrowser(t *testing.T) {
	d := pageRun()
	if d.err != nil {
		t.Fatal(d.err)
	}
	page, err := HTML(d.summary, d.figures)
	if err != nil {
		t.Fatal(err)
	}
	p := opened(t, "report.html", page)
	behaves(t, p)

	// Sorting: up, down and back, by click and by key, by value and not by text.
	p.Resize(browsertest.Width, browsertest.Height)
	before := column(p, 4)
	times := func() (out []time.Duration) {
		for _, cell := range column(p, 4) {
			v, err := time.ParseDuration(strings.ReplaceAll(cell, " ", ""))
			if err != nil {
				t.Fatalf("a time in the table: %v", err)
			}
			out = append(out, v)
		}
		return out
	}
	if slices.IsSorted(times()) || slices.IsSorted(before) {
		t.Fatalf("the times are in order before they are sorted: %v", before)
	}
	const head = "#conditions ~ .wide th:nth-child(5)"
	p.Click(head + " button")
	if got := times(); !slices.IsSorted(got) || slices.IsSorted(column(p, 4)) { // 9 ms is less than 10 ms, but not by letters
		t.Errorf("sorted up: %v", got)
	}
	if got := column(p, 0)[0]; got == before[0] {
		t.Errorf("the first row is still %s", got)
	}
	p.Press(head+" button", "\r")
	got := times()
	slices.Reverse(got)
	if !slices.IsSorted(got) {
		t.Errorf("sorted down by the keyboard: %v", column(p, 4))
	}
	var state []string
	p.Eval(`[...document.querySelectorAll('[aria-sort]')].map(h => h.textContent + ' ' + h.getAttribute('aria-sort'))`, &state)
	if diff := cmp.Diff([]string{"greedy mean t descending"}, state); diff != "" {
		t.Error(diff)
	}
	p.Press(head+" button", "\r")
	if diff := cmp.Diff(before, column(p, 4)); diff != "" {
		t.Errorf("not as it was: %s", diff)
	}
}

// TestSortWhatIsMissing: it stays last in either direction.
func TestSortWhatIsMissing(t *testing.T) {
	d := document{Lang: "en", Title: "t"}
	d.add("a", "A", grid(table{Head: []string{"name", "t"}, Numbers: 1, Rows: [][]string{{"a", "–"}, {"b", "1.5 s"}, {"c", "< 20 µs"}, {"d", "−3 ms (−4 to 900)"}, {"e", "–"}, {"f", "700 ms"}}}))
	page, err := d.html()
	if err != nil {
		t.Fatal(err)
	}
	p := opened(t, "t.html", page)
	order := func() (out string) {
		p.Eval(`[...document.querySelectorAll('td:first-child')].map(c => c.textContent).join('')`, &out)
		return out
	}
	for _, want := range []string{"dcfbae", "bfcdae", "abcdef"} { // −3 ms, 0.02 ms, 700 ms, 1500 ms
		p.Click("th:nth-child(2) button")
		if got := order(); got != want {
			t.Errorf("sorted %s, want %s", got, want)
		}
	}
}

func TestVnVInBrowser(t *testing.T) {
	d := pageRun()
	if d.err != nil {
		t.Fatal(d.err)
	}
	for _, l := range []Tongue{English, Korean} {
		page, err := vnvOf(d.summary, d.figures, l).html()
		if err != nil {
			t.Fatal(err)
		}
		behaves(t, opened(t, "vnv.html", page))
	}
}

func TestComparisonInBrowser(t *testing.T) {
	dir := t.TempDir()
	if err := WriteComparison(dir, []stats.Contrast{contrasted(t, options{Pairs: 12, Repetitions: 2, Judged: true}, 1.3)}); err != nil {
		t.Fatal(err)
	}
	behaves(t, browsertest.Open(t, browsertest.File(t, filepath.Join(dir, "compare.html"))))
}
