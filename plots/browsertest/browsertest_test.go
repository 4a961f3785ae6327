package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/plots/browsertest"
)

const page = `<!DOCTYPE html><title>t</title><link rel=icon href="data:,">
<p id=wide style="width:%s">wide</p>
<div style="overflow-x:auto"><p style="width:5000px">held</p></div>
<button onclick="this.textContent='clicked'">button</button>
<script>%s</script>`

// TestSees: what a page does wrong is seen, and of a page that does nothing
// wrong nothing is told.
func TestSees(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bad":
			fmt.Fprintf(w, page, "2000px", "console.error('oh', 7); setTimeout(() => { throw new Error('thrown') }); fetch('/missing').then(() => { document.title = 'fetched' })")
		case "/good":
			fmt.Fprintf(w, page, "90%", "")
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()

	bad := browsertest.Open(t, server.URL+"/bad")
	bad.Wait("document.title === 'fetched'")
	for _, want := range []string{`error "oh" 7`, "404", "Error: thrown"} {
		if said := strings.Join(bad.Console(), "\n"); !strings.Contains(said, want) {
			t.Errorf("the console says nothing of %s: %s", want, said)
		}
	}
	if asked := strings.Join(bad.Requests(), " "); !strings.Contains(asked, "/bad") || !strings.Contains(asked, "/missing") {
		t.Errorf("requests: %s", asked)
	}
	if wide := strings.Join(bad.TooWide(), "; "); !strings.Contains(wide, "P to 20") || strings.Contains(wide, "held") {
		t.Errorf("too wide: %s", wide)
	}

	good := browsertest.Open(t, server.URL+"/good")
	good.Resize(360, 640)
	if diff := cmp.Diff([]string(nil), append(good.Console(), good.TooWide()...)); diff != "" {
		t.Error(diff)
	}
	var width int
	good.Eval("innerWidth", &width)
	if width != 360 {
		t.Errorf("the window is %d wide, want 360", width)
	}
	good.Click("button")
	good.Wait("document.querySelector('button').textContent === 'clicked'")
	good.Eval("document.querySelector('button').textContent = 'again'", nil)
	good.Press("button", "\r")
	good.Wait("document.querySelector('button').textContent === 'clicked'")
	shot := filepath.Join(t.TempDir(), "shot.png")
	good.Screenshot(shot, 400, 300)
	if data, err := os.ReadFile(shot); err != nil || !strings.HasPrefix(string(data), "\x89PNG") {
		t.Errorf("no picture: %v", err)
	}
	good.Print(shot)
	if data, err := os.ReadFile(shot); err != nil || !strings.HasPrefix(string(data), "%PDF-") {
		t.Errorf("no PDF: %v", err)
	}
}
