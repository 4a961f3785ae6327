package view

import (
	"net/http"
	"os"
	"path"
	"strings"
)

// A report may run what is in it, but nothing else, and is to the browser of
// another origin than this page: it could be anybody's.
const reportPolicy = "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'"

// file is one file of a run's directory, as it is; the directory itself is a
// list of what there is. No path and no link leads out of it.
func file(w http.ResponseWriter, r *http.Request, of *run) {
	root, err := os.OpenRoot(of.dir)
	if err != nil {
		http.Error(w, "the directory is gone", http.StatusNotFound)
		return
	}
	defer root.Close()
	name := r.PathValue("path")
	if name == "" || strings.HasSuffix(name, "/") {
		listing(w, root, path.Clean("./"+name))
		return
	}
	info, err := root.Stat(name) // before it is opened: who opens a pipe waits
	if err != nil || !info.Mode().IsRegular() {
		http.Error(w, "no such file in this run", http.StatusNotFound)
		return
	}
	f, err := root.Open(name)
	if err != nil {
		http.Error(w, "no such file in this run", http.StatusNotFound)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", mediaType(name))
	w.Header().Set("Content-Security-Policy", reportPolicy)
	http.ServeContent(w, r, "", info.ModTime(), f)
}

// mediaType is text for all that people may want to read.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".pdf":
		return "application/pdf"
	case ".json", ".jsonl", ".yaml", ".md", ".csv", "":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// listing answers with the files below a folder of a run and their sizes.
func listing(w http.ResponseWriter, root *os.Root, dir string) {
	type entry struct {
		Name  string `json:"name"`
		Bytes int64  `json:"bytes"`
		Dir   bool   `json:"dir"`
	}
	out := []entry{}
	f, err := root.Open(dir)
	if err != nil {
		http.Error(w, "no such folder in this run", http.StatusNotFound)
		return
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		http.Error(w, "no such folder in this run", http.StatusNotFound)
		return
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && (info.Mode().IsRegular() || info.IsDir()) && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, entry{e.Name(), info.Size(), info.IsDir()})
		}
	}
	answer(w, out)
}
