package oip

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"
)

// maxCommand is the most bytes of a body that asks for no inference.
const maxCommand = 64 << 10

// command reads the body of a request of the repository extension, which may
// be empty.
func command(w http.ResponseWriter, r *http.Request) (gjson.Result, error) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCommand))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return gjson.Result{}, Errorf(http.StatusRequestEntityTooLarge, "body of more than %d bytes", maxCommand)
		}
		return gjson.Result{}, Errorf(http.StatusBadRequest, "body: %w", err)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		text = []byte("{}")
	}
	root, err := object(text)
	if err != nil {
		return root, &StatusError{http.StatusBadRequest, err}
	}
	return root, nil
}

// index lists the models; those that are ready, if the request says so.
func (s *Server) index(w http.ResponseWriter, r *http.Request) error {
	root, err := command(w, r)
	if err != nil {
		return err
	}
	ready := root.Get("ready")
	if ready.Exists() && !ready.IsBool() {
		return Errorf(http.StatusBadRequest, "ready %.40s: want true or false", ready.Raw)
	}
	listed := []IndexEntry{}
	for _, e := range s.backend.Index() {
		if e.State == StateReady || !ready.Bool() {
			listed = append(listed, e)
		}
	}
	reply(w, http.StatusOK, listed)
	return nil
}

// load refuses what would make the model another one.
func (s *Server) load(w http.ResponseWriter, r *http.Request) error {
	root, err := command(w, r)
	if err != nil {
		return err
	}
	root.Get("parameters").ForEach(func(key, _ gjson.Result) bool {
		if key.Str == "config" || strings.HasPrefix(key.Str, "file:") {
			err = Errorf(http.StatusBadRequest, "parameter %q: a model is loaded as the server has it", key.Str)
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	if err := s.backend.Load(r.Context(), r.PathValue("model")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// unload has no dependents to unload, too.
func (s *Server) unload(w http.ResponseWriter, r *http.Request) error {
	if _, err := command(w, r); err != nil {
		return err
	}
	if err := s.backend.Unload(r.Context(), r.PathValue("model")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
