package oip

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/testbed/testbed/inference/clock"
)

// buffers are what a request needs, to be used again.
type buffers struct {
	body   []byte
	floats []float32
}

func (s *Server) infer(w http.ResponseWriter, r *http.Request) error {
	times := Times{Arrived: clock.Now()}
	held := s.buffers.Get().(*buffers)
	b := body{data: held.body, budget: &s.budget}
	defer func() {
		b.free()
		if held.body = b.data; cap(held.body) <= mostKept && 4*cap(held.floats) <= mostKept {
			s.buffers.Put(held)
		}
	}()
	if r.ContentLength > MaxBody {
		return errTooLarge()
	}
	if err := b.read(http.MaxBytesReader(w, r.Body, MaxBody), r.ContentLength); err != nil {
		return readError(err)
	}
	times.Received = clock.Now()

	m, err := s.model(r)
	if err != nil {
		return err
	}
	a, err := s.infers(r, m, &b, held, &times)
	s.counts.add(m.Name, a, times, err)
	if err != nil {
		return err
	}
	a.send(w)
	return nil
}

// An answer is the body of a response.
type answer struct {
	body   []byte
	header int // bytes that are JSON
	binary bool
	images int
	spans  spans
}

// infers makes the answer to a request whose body is there.
func (s *Server) infers(r *http.Request, m Metadata, b *body, held *buffers, times *Times) (a answer, err error) {
	q, req, err := b.parse(m, r, held)
	if err != nil {
		return a, err
	}
	wanted, err := req.wanted()
	if err != nil {
		return a, &StatusError{http.StatusBadRequest, err}
	}
	logits, err := s.backend.Infer(r.Context(), q, times)
	if err != nil {
		return a, err
	}
	return respond(m, q, req, wanted, logits, *times)
}

// The memory that is made of a body, in its length: of JSON a copy, the
// elements, four times as many bytes at most, and their values; of the binary
// form the values.
const (
	jsonFactor   = 7
	binaryFactor = 1
)

func (b *body) parse(m Metadata, r *http.Request, held *buffers) (q Query, req Request, err error) {
	header := r.Header.Get(HeaderLength)
	factor := int64(binaryFactor)
	if header == "" {
		factor = jsonFactor
	}
	if err := b.charge(factor * int64(len(b.data))); err != nil {
		return q, req, err
	}
	if header == "0" {
		req.BinaryOutput = strings.Contains(r.Header.Get("Accept"), "application/octet-stream")
		q, err = raw(m, b.data, held.floats)
	} else if req, err = ParseRequest(b.data, header); err == nil {
		q, err = query(m, req, held.floats)
	}
	if err != nil {
		return q, req, &StatusError{http.StatusBadRequest, err}
	}
	if q.Input != nil {
		held.floats = q.Input
	}
	return q, req, nil
}

func errTooLarge() error {
	return Errorf(http.StatusRequestEntityTooLarge, "body of more than %d bytes", MaxBody)
}

func readError(err error) error {
	switch status(err) {
	case http.StatusRequestEntityTooLarge:
		return errTooLarge()
	case http.StatusServiceUnavailable:
		return err
	}
	return Errorf(http.StatusBadRequest, "body: %w", err)
}

// spans are the parameters of a response: when phases ended, and how long they
// took, in the words of the statistics extension.
type spans struct {
	Times
	Queue         time.Duration `json:"queue_ns"`
	Fetch         time.Duration `json:"fetch_ns"`
	Load          time.Duration `json:"load_ns"`
	ComputeInput  time.Duration `json:"compute_input_ns"`
	ComputeInfer  time.Duration `json:"compute_infer_ns"`
	ComputeOutput time.Duration `json:"compute_output_ns"`
}

// spansOf cuts the time until now. A phase that the backend does not tell took
// none.
func spansOf(t Times, now time.Duration) spans {
	s := spans{Times: t}
	last := t.Received
	for _, p := range []struct {
		end  time.Duration
		span *time.Duration
	}{
		{t.Started, &s.Queue}, {t.Fetched, &s.Fetch}, {t.Loaded, &s.Load},
		{t.Preprocessed, &s.ComputeInput}, {t.Inferred, &s.ComputeInfer}, {now, &s.ComputeOutput},
	} {
		if p.end > last {
			*p.span, last = p.end-last, p.end
		}
	}
	return s
}

// respond puts logits into the form that was asked for.
func respond(m Metadata, q Query, req Request, wanted []Output, logits []float32, times Times) (a answer, err error) {
	resp := Response{Model: m.Name, Version: version, ID: req.ID}
	if resp.Outputs, err = outputs(m, wanted, logits, q.Batch); err != nil {
		return a, err
	}
	binary := func(i int) bool { return wanted[i].Binary }
	tensors, err := wireTensors(resp.Outputs, binary)
	if err != nil {
		return a, err
	}
	a.spans = spansOf(times, clock.Now())
	if resp.Parameters, err = json.Marshal(a.spans); err != nil {
		return a, err
	}
	for i := range wanted {
		a.binary = a.binary || binary(i)
	}
	a.images = q.Batch
	a.body, a.header, err = appendResponse(nil, resp, tensors, binary)
	return a, err
}

func (a answer) send(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if a.binary {
		h.Set("Content-Type", "application/octet-stream")
		h.Set(HeaderLength, strconv.Itoa(a.header))
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.Write(a.body) // a client that hung up learns nothing either way
}
