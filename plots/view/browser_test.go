package view

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/plots/browsertest"
)

// hover moves the mouse to a place in a figure's first face, given as shares of
// its width and height.
const hover = `((id, x, y) => {
	const over = document.querySelector('#' + id + ' .u-over'), box = over.getBoundingClientRect();
	for (const kind of ['mouseenter', 'mousemove'])
		over.dispatchEvent(new MouseEvent(kind, {bubbles: true, clientX: box.left + x * box.width, clientY: box.top + y * box.height}));
})`

// drag zooms into a figure.
const drag = `((id, from, to) => {
	const over = document.querySelector('#' + id + ' .u-over'), box = over.getBoundingClientRect();
	const at = (kind, x, on) => on.dispatchEvent(new MouseEvent(kind, {bubbles: true, button: 0, movementX: 1, clientX: box.left + x * box.width, clientY: box.top + box.height / 2}));
	at('mousemove', from, over); at('mousedown', from, over); at('mousemove', to, over); at('mouseup', to, document);
})`

const labels = `[...document.querySelectorAll('#conditions td.label')].map(e => e.textContent)`

// silent fails the test if a page said something, or asked another than us.
func silent(t *testing.T, p *browsertest.Page, url string) {
	t.Helper()
	if bad := p.Console(); len(bad) > 0 {
		t.Errorf("the console: %q", bad)
	}
	for _, asked := range p.Requests() {
		if !strings.HasPrefix(asked, url) && !strings.HasPrefix(asked, "data:") {
			t.Errorf("asks for %s", asked)
		}
	}
}

func text(p *browsertest.Page, selector string) (out string) {
	p.Eval(`document.querySelector(`+"`"+selector+"`"+`).textContent`, &out)
	return out
}

// TestBrowser looks at the list and at one run in a real browser.
func TestBrowser(t *testing.T) {
	top := t.TempDir()
	done(t, filepath.Join(top, "one"), "a/fast", "b/slow", "c/fast")
	begin(t, filepath.Join(top, "two"), "z").pairs(3)
	server := httptest.NewServer(viewer(t, top))
	defer server.Close()

	p := browsertest.Open(t, server.URL+"/")
	p.Wait(`document.querySelectorAll('#runs li').length === 2`)
	if got := text(p, "#runs [data-result=running]"); !strings.Contains(got, "3 of 24 pairs") {
		t.Errorf("a run that goes on: %s", got)
	}
	p.Eval(`dispatchEvent(new KeyboardEvent('keydown', {key: '/'}))`, nil) // a driver's key would write, too
	p.Press("", "one")
	p.Wait(`document.querySelectorAll('#runs li').length === 1 && location.search === '?text=one'`)
	p.Resize(360, 740)
	if bad := p.TooWide(); len(bad) > 0 {
		t.Errorf("the list on a phone: %q", bad)
	}
	silent(t, p, server.URL)
	var link string
	p.Eval(`document.querySelector('#runs a').href`, &link)
	p = browsertest.Open(t, link)
	p.Resize(360, 740)
	p.Wait(`document.querySelectorAll('#conditions tbody tr').length === 3 && document.querySelector('#cdf canvas')`)
	p.Wait(`document.querySelector('#course canvas') && document.querySelector('#scatter .note').textContent.includes('72 pairs')`)
	if bad := p.TooWide(); len(bad) > 0 {
		t.Errorf("a run on a phone: %q", bad)
	}
	p.Resize(browsertest.Width, browsertest.Height)

	// A row is picked by a click, another added by its box.
	p.Click("#conditions tbody tr:nth-child(2) td.label")
	p.Wait(`location.hash === '#c=1' && document.querySelector('#scatter .note').textContent.includes('24 pairs')`)
	p.Click("#conditions tbody tr:nth-child(1) input")
	p.Wait(`location.hash === '#c=1,0' && document.querySelectorAll('#cdf .readout tbody tr').length === 4`)

	// The table is sorted, up and down, and filtered.
	var got []string
	p.Click("#conditions [data-sort=saving] button")
	p.Eval(labels, &got)
	if diff := cmp.Diff([]string{"a · fast", "c · fast", "b · slow"}, got); diff != "" {
		t.Errorf("by saving:\n%s", diff)
	}
	p.Press("#conditions [data-sort=saving] button", "\r")
	p.Eval(labels, &got)
	if diff := cmp.Diff([]string{"b · slow", "a · fast", "c · fast"}, got); diff != "" {
		t.Errorf("by saving, the least first:\n%s", diff)
	}
	if got := text(p, "#conditions [aria-sort=ascending]"); !strings.Contains(got, "Δt") {
		t.Errorf("sorted by %s", got)
	}
	p.Press("#filter", "fast")
	p.Wait(`document.querySelectorAll('#conditions tbody tr').length === 2`)

	// What is under the cursor is read out; the keys do it, too. Half of the
	// other arm's requests of the fast condition are done in 22.5 ms.
	p.Eval(`Object.assign(document.getElementById('filter'), {value: ''}).dispatchEvent(new Event('input'))`, nil)
	p.Press("#conditions tbody tr[tabindex='0']", "\x1b")
	p.Wait(`location.hash === '' && document.querySelector('#scatter .note').textContent.includes('72 pairs')`)
	p.Eval(hover+`('cdf', .5, .5)`, nil)
	p.Wait(`/≤ [\d.]+ ms/.test(document.querySelector('#cdf .readout th:last-child').textContent) && document.querySelector('#cdf .readout td.read').textContent.endsWith('%')`)
	p.Eval(`document.querySelector('#scatter .face').focus()`, nil)
	p.Eval(`document.querySelector('#scatter .face').dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}))`, nil)
	if got := text(p, "#scatter .readout"); !strings.Contains(got, "→") || !strings.Contains(got, "by small") && !strings.Contains(got, "by large") {
		t.Errorf("a pair reads %q", got)
	}
	p.Eval(hover+`('savings', .98, .5)`, nil)
	p.Wait(`/fast: Δt 50.0 % \(50.0 % to 50.0 %\)/.test(document.querySelector('#savings .readout').textContent)`)

	// A drag zooms, Esc ends it.
	p.Eval(drag+`('course', .2, .6)`, nil)
	p.Wait(`!document.querySelector('#course button[title^=show]').hidden`)
	p.Eval(`document.querySelector('#course .face').dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true}))`, nil)
	p.Wait(`document.querySelector('#course button[title^=show]').hidden`)
	p.Click("#cdf [aria-label=scale] button:last-child")
	p.Wait(`document.querySelector('#cdf [aria-label=scale] button:last-child').getAttribute('aria-pressed') === 'true'`)

	p.Eval(`document.querySelector('#files').open = true`, nil)
	p.Wait(`[...document.querySelectorAll('#files a')].some(a => a.textContent === 'requests.jsonl')`)
	p.Click("#theme")
	var scheme string
	p.Eval(`document.documentElement.style.colorScheme`, &scheme)
	if scheme != "dark" && scheme != "light" {
		t.Errorf("the theme is %q", scheme)
	}
	silent(t, p, server.URL)
}

// TestBrowserLive: the page follows a run, and says so when it is gone.
func TestBrowserLive(t *testing.T) {
	r := begin(t, runIn(t), "a", "b")
	r.pairs(6)
	v := viewer(t, r.dir)
	server := httptest.NewServer(v)
	defer server.Close()
	v.shelf.all()

	p := browsertest.Open(t, server.URL+"/run/"+idOf(r.dir))
	p.Wait(`document.querySelector('#left').textContent.includes('6 of 48 pairs') && document.querySelectorAll('#conditions tbody tr').length === 2`)
	r.pairs(9)
	p.Wait(`document.querySelector('#left').textContent.includes('15 of 48 pairs')`)
	p.Wait(`document.querySelector('#scatter .note').textContent.includes('15 pairs')`)
	r.end()
	p.Wait(`document.querySelector('#progress').hidden && document.querySelector('#scatter .note').textContent.includes('48 pairs')`)
	if got := text(p, "#result"); strings.Contains(got, "so far") {
		t.Errorf("the verdict is %q", got)
	}

	// It asks on after a fault of its own, and after it could not ask.
	p.Eval(`window.fetched = window.fetch; window.fetch = async () => ({ok: true, json: async () => ({})}); 0`, nil)
	p.Wait(`/undefined/.test(document.querySelector('#notice').textContent) && !document.querySelector('#notice').hidden`)
	p.Eval(`window.fetch = async () => { throw new TypeError('Failed to fetch'); }; 0`, nil)
	p.Wait(`document.querySelector('#notice').textContent === 'testbed view has ended; what is shown was read before.'`)
	p.Eval(`window.fetch = window.fetched; 0`, nil)
	p.Wait(`document.querySelector('#notice').hidden`)
	silent(t, p, server.URL)
	if err := os.RemoveAll(r.dir); err != nil {
		t.Fatal(err)
	}
	p.Wait(`document.querySelector('#notice').textContent.includes('gone')`)
	if got := text(p, "#scatter .note"); !strings.Contains(got, "48 pairs") {
		t.Errorf("what was read is lost: %q", got)
	}
}
