package model

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// MaxProbe is the most bytes that a probe may ask for in one direction.
const MaxProbe = 1 << 30

// FilePath is where a Repository serves the file of a model.
func FilePath(name string) string {
	return "/v2/repository/models/" + name + "/versions/1/file"
}

// A Repository serves the files of models over HTTP, and probes, by which a
// node measures the path to it:
//
//	GET  /v2/repository/models/{name}/versions/1/file  the file, or a range of it; its ETag is the SHA-256
//	GET  /probe?bytes=N                                N bytes that do not compress
//	POST /probe                                        an Arrival, of the request's body, as JSON
//	GET  /ping                                         nothing
type Repository struct {
	mux   http.ServeMux
	files map[string]*served
}

// NewRepository verifies the files of models, each once however many models
// share it. They are served from the disk, the built-in ones from memory, so
// that a repository of any size costs no memory. A file that changes on disk
// afterwards is hashed again before it is served, and is not if it differs.
func NewRepository(models []Model) (*Repository, error) {
	r := &Repository{files: make(map[string]*served, len(models))}
	shared := make(map[[2]string]*served, len(models))
	for _, m := range models {
		key := [2]string{m.File, m.SHA256}
		if m.File == "" {
			key[0] = "built in/" + m.Name
		}
		if shared[key] == nil {
			s := &served{model: m}
			if err := s.verify(); err != nil {
				return nil, err
			}
			shared[key] = s
		}
		r.files[m.Name] = shared[key]
	}
	r.mux.HandleFunc("GET "+FilePath("{name}"), r.serveFile)
	r.mux.HandleFunc("GET /probe", sendProbe)
	r.mux.HandleFunc("POST /probe", receiveProbe)
	r.mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return r, nil
}

// ServeHTTP answers one request.
func (r *Repository) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.mux.ServeHTTP(w, req) }

func (r *Repository) serveFile(w http.ResponseWriter, req *http.Request) {
	name := req.PathValue("name")
	s, ok := r.files[name]
	if !ok {
		http.Error(w, fmt.Sprintf("no model %q in this repository", name), http.StatusNotFound)
		return
	}
	content, err := s.open()
	if err != nil {
		// Another request would not mend it: not a server error, which
		// clients repeat.
		http.Error(w, err.Error(), http.StatusGone)
		return
	}
	defer content.Close()
	w.Header().Set("ETag", `"`+s.model.SHA256+`"`)
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, req, "", time.Time{}, content)
}

func sendProbe(w http.ResponseWriter, req *http.Request) {
	n, err := strconv.ParseInt(req.URL.Query().Get("bytes"), 10, 64)
	if err != nil || n < 0 || n > MaxProbe {
		http.Error(w, fmt.Sprintf("bytes=%q: want 0 to %d", req.URL.Query().Get("bytes"), MaxProbe), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	w.Header().Set("Content-Type", "application/octet-stream")
	io.CopyN(w, Payload(), n) // a receiver that hangs up is its own business
}

func receiveProbe(w http.ResponseWriter, req *http.Request) {
	a, err := Receive(http.MaxBytesReader(w, req.Body, MaxProbe), req.ContentLength)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(a)
}

// Payload returns an endless stream of bytes that do not compress.
func Payload() io.Reader { return rand.NewChaCha8([32]byte{}) }
