package oip

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/testbed/testbed/inference/clock"
)

// MaxBody is the most bytes of a request's body that a Server reads, and of a
// response's that a Client does.
const MaxBody = 64 << 20

// A Server answers the Open Inference Protocol for a Backend.
type Server struct {
	backend Backend
	mux     http.ServeMux
	bodies  sync.Pool // of *bytes.Buffer
}

// NewServer returns a Server for b.
func NewServer(b Backend) *Server {
	s := &Server{backend: b, bodies: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
	s.mux.HandleFunc("GET /v2/health/live", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]bool{"live": true})
	})
	s.mux.HandleFunc("GET /v2/health/ready", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]bool{"ready": true})
	})
	s.mux.HandleFunc("GET /v2", s.describe)
	s.mux.HandleFunc("GET /v2/{$}", s.describe)
	for _, path := range []string{"/v2/models/{model}", "/v2/models/{model}/versions/1"} {
		s.mux.HandleFunc("GET "+path, s.answer(s.metadata))
		s.mux.HandleFunc("GET "+path+"/ready", s.answer(s.ready))
		s.mux.HandleFunc("POST "+path+"/infer", s.answer(s.infer))
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, Errorf(http.StatusNotFound, "no %s %s in the Open Inference Protocol", r.Method, r.URL.Path))
	})
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) answer(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			fail(w, err)
		}
	}
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status(err))
	json.NewEncoder(w).Encode(wireError{Error: err.Error()})
}

func (s *Server) describe(w http.ResponseWriter, _ *http.Request) {
	reply(w, map[string]any{
		"name": s.backend.Name(), "version": "2", "extensions": []string{"binary_tensor_data"},
	})
}

func (s *Server) metadata(w http.ResponseWriter, r *http.Request) error {
	m, err := s.backend.Metadata(r.PathValue("model"))
	if err != nil {
		return err
	}
	type tensor struct {
		Name     string  `json:"name"`
		Datatype string  `json:"datatype"`
		Shape    []int64 `json:"shape"`
	}
	size := int64(m.Size)
	reply(w, map[string]any{
		"name": m.Name, "versions": []string{"1"}, "platform": "onnx_onnxv1",
		"inputs": []tensor{
			{ImageInput, BYTES, []int64{1}},
			{TensorInput, FP32, []int64{-1, 3, size, size}},
		},
		"outputs": []tensor{{LogitsOutput, FP32, []int64{-1, int64(m.Classes)}}},
	})
	return nil
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) error {
	m, err := s.backend.Metadata(r.PathValue("model"))
	if err != nil {
		return err
	}
	reply(w, map[string]any{"name": m.Name, "ready": m.Ready})
	return nil
}

func (s *Server) infer(w http.ResponseWriter, r *http.Request) error {
	buf := s.bodies.Get().(*bytes.Buffer)
	defer s.bodies.Put(buf)
	buf.Reset()
	if _, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, MaxBody)); err != nil {
		return readError(err)
	}
	times := Times{Received: clock.Now()}

	m, err := s.backend.Metadata(r.PathValue("model"))
	if err != nil {
		return err
	}
	req, err := ParseRequest(buf.Bytes(), r.Header.Get(HeaderLength))
	if err != nil {
		return &StatusError{http.StatusBadRequest, err}
	}
	q, err := query(m, req)
	if err != nil {
		return &StatusError{http.StatusBadRequest, err}
	}
	logits, err := s.backend.Infer(r.Context(), q, &times)
	if err != nil {
		return err
	}
	return respond(w, q, req, logits, times)
}

func readError(err error) error {
	if status(err) == http.StatusRequestEntityTooLarge {
		return Errorf(http.StatusRequestEntityTooLarge, "body of more than %d bytes", MaxBody)
	}
	return Errorf(http.StatusBadRequest, "body: %w", err)
}

func respond(w http.ResponseWriter, q Query, req Request, logits []float32, times Times) error {
	n := int64(q.Batch)
	if len(logits) == 0 || int64(len(logits))%n != 0 {
		return fmt.Errorf("%d logits for %d images", len(logits), n)
	}
	parameters, err := json.Marshal(times)
	if err != nil {
		return err
	}
	resp := Response{
		Model: q.Model, ID: req.ID, Parameters: parameters,
		Outputs: []Tensor{FloatTensor(LogitsOutput, []int64{n, int64(len(logits)) / n}, logits)},
	}
	binary := req.BinaryOutput
	if len(req.Outputs) > 0 {
		binary = req.Outputs[0].Binary
	}
	body, header, err := AppendResponse(nil, resp, func(int) bool { return binary })
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	if binary {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set(HeaderLength, strconv.Itoa(header))
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body) // a client that hung up learns nothing either way
	return nil
}
