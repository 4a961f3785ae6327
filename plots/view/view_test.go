package view

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/plots/stats"
)

// TestOwnHost: a page of the web whose name leads here cannot read anything.
func TestOwnHost(t *testing.T) {
	v := viewer(t, t.TempDir())
	for host, want := range map[string]int{
		"127.0.0.1:80": 200, "localhost:9": 200, "[::1]:9": 200, "localhost": 200,
		"": 421, "evil.example": 421, "evil.example:80": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example:80": 421, "192.168.1.2:80": 421, "127.0.0.1@evil.example": 421,
	} {
		for _, path := range []string{"/", "/api/runs", "/assets/run.js"} {
			r := httptest.NewRequest("GET", path, nil)
			r.Host = host
			w := httptest.NewRecorder()
			v.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("%s as %q: %d, want %d", path, host, w.Code, want)
			}
			if h := w.Header(); h.Get("Access-Control-Allow-Origin") != "" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("Cross-Origin-Resource-Policy") != "same-origin" {
				t.Errorf("%s as %q: headers %v", path, host, h)
			}
		}
	}
	r := httptest.NewRequest("POST", "/api/runs", nil)
	r.Host = "localhost"
	w := httptest.NewRecorder()
	if v.ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

// TestFiles: files of the run are to be had, and no others.
func TestFiles(t *testing.T) {
	top := t.TempDir()
	dir := done(t, filepath.Join(top, "run"), "a")
	for name, text := range map[string]string{"secret": "secret", "run/report.html": "<p>report", "run/plots/cdf.svg": "<svg/>", "run/.hidden": "hidden"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(top, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(top, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"out": "../secret", "up": "..", "abs": filepath.Join(top, "secret")} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	v := viewer(t, dir)
	v.shelf.all()
	server := httptest.NewServer(v)
	defer server.Close()
	base := "/files/" + idOf(dir) + "/"
	for path, want := range map[string]string{
		"report.html": "<p>report", "plots/cdf.svg": "<svg/>", "scenario.yaml": "name: lowbw\n",
		"../secret": "", "%2e%2e/secret": "", "..%2fsecret": "", "plots/../../secret": "", "plots/..%2f..%2fsecret": "", "/secret": "", "out": "", "up/secret": "", "up/": "", "abs": "", "%2fetc%2fpasswd": "", "plots": "", "missing": "",
	} {
		w := ask(v, base+path) // as it is
		if got := w.Body.String(); want != "" && got != want || want == "" && w.Code == http.StatusOK {
			t.Errorf("%s: %d %q", path, w.Code, got)
		}
		if r, err := http.Get(server.URL + base + path); err != nil { // as a browser makes it
			t.Error(err)
		} else if r.Body.Close(); (r.StatusCode == http.StatusOK) != (want != "") {
			t.Errorf("%s: %s", path, r.Status)
		}
	}
	if got := ask(v, base+"report.html").Header(); !strings.HasPrefix(got.Get("Content-Security-Policy"), "sandbox") || !strings.HasPrefix(got.Get("Content-Type"), "text/html") {
		t.Errorf("headers of a report: %v", got)
	}
	var names []struct{ Name string }
	if err := json.Unmarshal(ask(v, base).Body.Bytes(), &names); err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprint(names)
	for name, want := range map[string]bool{"report.html": true, "plots": true, "out": false, ".hidden": false} {
		if strings.Contains(all, name) != want {
			t.Errorf("the list has %s: %t: %s", name, !want, all)
		}
	}
}

// TestShelf: which folders hold runs, and how those are named.
func TestShelf(t *testing.T) {
	top := t.TempDir()
	for _, name := range []string{"a/same", "b/same", "one", ".hidden", "deep/1/2/3/4", "one/nested", "b/a b&c"} {
		if err := os.MkdirAll(filepath.Join(top, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(top, name, "run.json"), []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(top, filepath.Join(top, "a", "loop")); err != nil {
		t.Fatal(err)
	}
	s, err := newShelf([]string{top, filepath.Join(top, "one")})
	if err != nil {
		t.Fatal(err)
	}
	var got, ids []string
	for _, r := range s.all() {
		name, _ := filepath.Rel(top, r.dir)
		got, ids = append(got, name), append(ids, r.id)
		if s.find(r.id) != r {
			t.Errorf("%s is not found", r.id)
		}
	}
	if diff := cmp.Diff([]string{"a/same", "b/a b&c", "b/same", "one"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != len(got) || strings.ContainsAny(strings.Join(ids, ""), "/&% ") {
		t.Errorf("names in URLs: %q", ids)
	}
	for _, missing := range []string{filepath.Join(top, "none"), filepath.Join(top, "one", "run.json")} {
		if _, err := New([]string{missing}); err == nil {
			t.Errorf("%s: no error", missing)
		}
	}
}

// TestBadRuns: directories that are no runs, or not yet, or not any more, are
// said to be so.
func TestBadRuns(t *testing.T) {
	top := t.TempDir()
	for name, header := range map[string]string{"cut": `{"schema":2,"scen`, "old": `{"schema":1}`, "none": ``} {
		if err := os.MkdirAll(filepath.Join(top, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(top, name, "run.json"), []byte(header), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	empty := begin(t, filepath.Join(top, "empty"), "a")
	gone := done(t, filepath.Join(top, "gone"), "a", "b")
	v := viewer(t, top)
	var list struct{ Runs []state }
	if err := json.Unmarshal(ask(v, "/api/runs").Body.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	faults := map[string]bool{}
	for _, s := range list.Runs {
		faults[filepath.Base(s.Dir)] = s.Fault != ""
	}
	if diff := cmp.Diff(map[string]bool{"cut": true, "old": true, "none": true, "empty": false, "gone": false}, faults); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if got := looked(t, v, filepath.Join(top, "old"), ""); got.Sheet != nil || !strings.Contains(got.Fault, "schema 1") {
		t.Errorf("of another schema: %+v", got)
	}
	if got := looked(t, v, empty.dir, ""); got.Sheet != nil || got.State.Status != "running" || got.State.Planned != 24 {
		if got.Sheet == nil || got.Sheet.Verdict.Result != stats.Invalid {
			t.Errorf("of an empty run: %+v", got)
		}
	}
	if got := looked(t, v, gone, ""); got.Sheet == nil || got.Sheet.Pairs != 48 || len(got.Sheet.Rows) != 2 {
		t.Errorf("before it went: %+v", got)
	}
	if err := os.RemoveAll(gone); err != nil {
		t.Fatal(err)
	}
	if got := looked(t, v, gone, ""); !got.State.Gone || got.Sheet == nil {
		t.Errorf("of a run that went: %+v", got.State)
	}
	if w := ask(v, "/api/run/"+idOf(gone)+"/figures"); w.Code != http.StatusOK {
		t.Errorf("its figures: %d", w.Code)
	}
	for _, path := range []string{"/api/run/none~00000000", "/files/none~00000000/run.json", "/assets/none.js", "/assets/../view.go"} {
		if w := ask(v, path); w.Code == http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
