// Package view is a web page over run directories: a list of them and, of each,
// its verdict and figures that can be looked into, while the run goes on as
// well as afterwards. It changes nothing in them.
//
// It is for the machine's own browser. A request that was not made to this
// machine by a name of its own is refused, so that no page of the web can read
// through it, and nothing but the directories it was given is shown.
package view

import (
	"embed"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

//go:embed assets
var assets embed.FS

// A Viewer serves the page.
type Viewer struct {
	shelf   *shelf
	analyst analyst
	mux     *http.ServeMux
}

// New is a viewer of run directories, and of those that folders hold. It is an
// error if one of dirs is not there.
func New(dirs []string) (*Viewer, error) {
	shelf, err := newShelf(dirs)
	if err != nil {
		return nil, err
	}
	v := &Viewer{shelf: shelf, mux: http.NewServeMux()}
	v.mux.Handle("GET /{$}", page("index.html"))
	v.mux.Handle("GET /run/{id}", page("run.html"))
	v.mux.Handle("GET /assets/{name}", http.HandlerFunc(asset))
	v.mux.HandleFunc("GET /api/runs", v.list)
	v.mux.HandleFunc("GET /api/run/{id}", v.ofRun(v.sheet))
	v.mux.HandleFunc("GET /api/run/{id}/figures", v.ofRun(v.figures))
	v.mux.HandleFunc("GET /files/{id}/{path...}", v.ofRun(file))
	return v, nil
}

// policy is what a page may do: run what is embedded, and ask this program.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ServeHTTP answers requests to this machine's own names.
func (v *Viewer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	if !own(r.Host) {
		http.Error(w, "this page is for the machine it runs on: open it as 127.0.0.1 or localhost", http.StatusMisdirectedRequest)
		return
	}
	v.mux.ServeHTTP(w, r)
}

// own says that a Host header names this machine. A page of the web whose name
// was made to lead here has its own name there still.
func own(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return slices.Contains([]string{"127.0.0.1", "localhost", "::1", "[::1]"}, host)
}

// page is one of the pages, the same for every run.
func page(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, assets, "assets/"+name)
	})
}

func asset(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, assets, "assets/"+r.PathValue("name"))
}

// ofRun finds the run that a request is about.
func (v *Viewer) ofRun(then func(http.ResponseWriter, *http.Request, *run)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		of := v.shelf.find(r.PathValue("id"))
		if of == nil {
			http.Error(w, "no such run", http.StatusNotFound)
			return
		}
		then(w, r, of)
	}
}

// list is all runs, the latest first.
func (v *Viewer) list(w http.ResponseWriter, _ *http.Request) {
	out := struct {
		Dirs []string `json:"dirs"`
		Runs []state  `json:"runs"`
	}{v.shelf.dirs, []state{}}
	for _, r := range v.shelf.all() {
		if s := r.look(); !s.Gone {
			out.Runs = append(out.Runs, s)
		}
	}
	slices.SortStableFunc(out.Runs, func(a, b state) int { return b.Started.Compare(a.Started) })
	answer(w, out)
}

// sheet is how a run stands, with its numbers unless the asker has them: those
// of revision since.
func (v *Viewer) sheet(w http.ResponseWriter, r *http.Request, of *run) {
	out := struct {
		State state  `json:"state"`
		Sheet *sheet `json:"sheet"`
		Busy  bool   `json:"busy"` // it is being gone through
		// Fault is why it could not be; what is shown is older.
		Fault string `json:"fault"`
	}{State: of.look()}
	a, busy, err := v.analyst.of(of, out.State)
	if out.Busy = busy; err != nil {
		out.Fault = err.Error()
	}
	if since, _ := strconv.Atoi(r.FormValue("since")); a != nil && a.revision != since {
		out.Sheet = sheetOf(a)
	}
	answer(w, out)
}

// figures are those of some conditions, or of all.
func (v *Viewer) figures(w http.ResponseWriter, r *http.Request, of *run) {
	a, _, _ := v.analyst.of(of, of.look())
	if a == nil {
		http.Error(w, "not read yet", http.StatusServiceUnavailable)
		return
	}
	some, err := picks(r.FormValue("c"), len(a.series.Cells))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer(w, figuresOf(a, some))
}

// picks are the conditions that a request names, each once.
func picks(text string, of int) (out []int, err error) {
	if text == "" {
		return nil, nil
	}
	for word := range strings.SplitSeq(text, ",") {
		i, err := strconv.Atoi(word)
		if err != nil || i < 0 || i >= of {
			return nil, errors.New("c: want numbers of conditions, from 0, divided by commas")
		}
		if !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out, nil
}

func answer(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b) // whoever asked is gone
}
