package oip

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"github.com/testbed/testbed/emulator/unit"
)

// version is the one that every model has.
const version = "1"

// defaultMemory is a Server's Memory where that is 0.
const defaultMemory = 512 * unit.MiB

// A Server answers the Open Inference Protocol for a Backend. Its fields are
// set before the first request.
type Server struct {
	// Token is what requests must bring as Authorization: Bearer, all but the
	// one of whether the server is alive; empty: nothing.
	Token string
	// Memory is what the bodies of all requests and what is made of them may
	// take together; what would take more is answered with 503. 0: 512 MiB.
	Memory unit.Bytes

	backend Backend
	mux     http.ServeMux
	counts  counts
	once    sync.Once
	budget  budget
	buffers sync.Pool // of *buffers
}

// NewServer returns a Server for b.
func NewServer(b Backend) *Server {
	s := &Server{backend: b, counts: counts{models: make(map[string]*ModelStatistics)}}
	s.buffers.New = func() any { return new(buffers) }
	s.mux.HandleFunc("GET /v2/health/live", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]bool{"live": true})
	})
	s.mux.HandleFunc("GET /v2/health/ready", func(w http.ResponseWriter, _ *http.Request) {
		ready := b.Ready()
		reply(w, yes(ready), map[string]bool{"ready": ready})
	})
	s.mux.HandleFunc("GET /v2", s.describe)
	s.mux.HandleFunc("GET /v2/{$}", s.describe)
	s.mux.HandleFunc("GET /v2/models/stats", s.answer(s.allStatistics))
	for _, path := range []string{"/v2/models/{model}", "/v2/models/{model}/versions/{version}"} {
		s.mux.HandleFunc("GET "+path, s.answer(s.metadata))
		s.mux.HandleFunc("GET "+path+"/ready", s.answer(s.ready))
		s.mux.HandleFunc("GET "+path+"/stats", s.answer(s.statistics))
		s.mux.HandleFunc("POST "+path+"/infer", s.answer(s.infer))
	}
	s.mux.HandleFunc("POST /v2/repository/index", s.answer(s.index))
	s.mux.HandleFunc("POST /v2/repository/models/{model}/load", s.answer(s.load))
	s.mux.HandleFunc("POST /v2/repository/models/{model}/unload", s.answer(s.unload))
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, Errorf(http.StatusNotFound, "no %s %s in the Open Inference Protocol", r.Method, r.URL.Path))
	})
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.once.Do(func() {
		s.budget.left.Store(int64(s.Memory))
		if s.Memory == 0 {
			s.budget.left.Store(int64(defaultMemory))
		}
	})
	if r.URL.Path != "/v2/health/live" && !s.permits(r) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		fail(w, Errorf(http.StatusUnauthorized, "want the server's token as Authorization: Bearer"))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// permits compares hashes, so that how long it takes says nothing of the token.
func (s *Server) permits(r *http.Request) bool {
	if s.Token == "" {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	got, want := sha256.Sum256([]byte(strings.TrimSpace(token))), sha256.Sum256([]byte(s.Token))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

func (s *Server) answer(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			fail(w, err)
		}
	}
}

// yes is the status of a question's answer: 200, or what the protocol has for
// no.
func yes(b bool) int {
	if b {
		return http.StatusOK
	}
	return http.StatusBadRequest
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, err error) {
	reply(w, status(err), wireError{Error: err.Error()})
}

func (s *Server) describe(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, ServerMetadata{
		Name: s.backend.Name(), Version: "2",
		Extensions: []string{
			"binary_tensor_data", "classification",
			"model_repository", "model_repository(unload_dependents)", "statistics",
		},
	})
}

// model is that of the path, if the backend has it in that version.
func (s *Server) model(r *http.Request) (Metadata, error) {
	m, err := s.backend.Metadata(r.PathValue("model"))
	if v := r.PathValue("version"); err == nil && v != "" && v != version {
		err = Errorf(http.StatusNotFound, "model %s has no version %q: want %s", m.Name, v, version)
	}
	return m, err
}

func (s *Server) metadata(w http.ResponseWriter, r *http.Request) error {
	m, err := s.model(r)
	if err != nil {
		return err
	}
	size, classes := int64(m.Size), int64(m.Classes)
	if size == 0 {
		size = -1
	}
	if classes == 0 {
		classes = -1
	}
	reply(w, http.StatusOK, ModelMetadata{
		Name: m.Name, Versions: []string{version}, Platform: "onnx_onnxv1",
		Inputs: []TensorMetadata{
			{ImageInput, BYTES, []int64{1}},
			{TensorInput, FP32, []int64{-1, 3, size, size}},
		},
		Outputs: []TensorMetadata{
			{LogitsOutput, FP32, []int64{-1, classes}},
			{LabelOutput, BYTES, []int64{-1}},
		},
	})
	return nil
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) error {
	m, err := s.model(r)
	if err != nil {
		return err
	}
	reply(w, yes(m.Ready), map[string]any{"name": m.Name, "ready": m.Ready})
	return nil
}
