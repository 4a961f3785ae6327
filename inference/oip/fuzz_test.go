package oip

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seeds are bodies with their header, of which most are good.
func seeds(f *testing.F) {
	tensors := []Tensor{FloatTensor("input", []int64{1, 3, 2, 2}, make([]float32, 12)), BytesTensor("image", []byte("x"))}
	request, header, _ := AppendRequest(nil, Request{
		ID: "1", Parameters: json.RawMessage(`{"arm":"a"}`), Inputs: tensors,
		Outputs: []Output{{Name: "logits", Binary: true}, {Name: "label"}},
	}, true)
	f.Add(request, itoa(header))
	response, header, _ := AppendResponse(nil, Response{Model: "m", ID: "1", Outputs: tensors}, func(i int) bool { return i == 0 })
	f.Add(response, itoa(header))
	for _, text := range []string{
		`{"inputs":[{"name":"input","shape":[1,3,2,2],"datatype":"FP32","data":[[1,2,3,4,5,6],[7,8,9,10,11,12]]}]}`,
		`{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["eA=="]}],"outputs":[{"name":"logits","parameters":{"classification":2}}]}`,
		`{"outputs":[{"name":"o","shape":[2],"datatype":"UINT64","data":[1,18446744073709551615]}],"parameters":{"recv_ns":1}}`,
		`{"inputs":[],"parameters":{"binary_data_output":true}}`,
		`{"inputs":[{"name":"i","shape":[9223372036854775807],"datatype":"FP64","parameters":{"binary_data_size":9223372036854775807}}]}`,
	} {
		f.Add([]byte(text), "")
	}
	f.Add([]byte("\x89PNG\r\n\x1a\n"), "0")
	f.Add(make([]byte, 48), "0")
	f.Add([]byte(`{"inputs":[]}`), "13")
}

// FuzzParseRequest holds that whatever is accepted is consistent, can be
// written, and is the same when it is read again.
func FuzzParseRequest(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte, header string) {
		r, err := ParseRequest(body, header)
		if err != nil {
			return
		}
		again, n, err := AppendRequest(nil, r, true)
		if err != nil {
			t.Fatalf("accepted, but cannot be written: %v", err)
		}
		back, err := ParseRequest(again, itoa(n))
		if err != nil {
			t.Fatalf("written, but cannot be read: %v", err)
		}
		same(t, r.Inputs, back.Inputs)
		if len(r.Outputs) != len(back.Outputs) || r.BinaryOutput != back.BinaryOutput {
			t.Errorf("%+v became %+v", r, back)
		}
	})
}

// FuzzParseResponse is the same of what a server may send.
func FuzzParseResponse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte, header string) {
		r, err := ParseResponse(body, header)
		if err != nil {
			return
		}
		again, n, err := AppendResponse(nil, r, func(i int) bool { return i%2 == 0 || r.Outputs[i].Datatype != INT32 })
		if err != nil {
			t.Fatalf("accepted, but cannot be written: %v", err)
		}
		back, err := ParseResponse(again, itoa(n))
		if err != nil {
			t.Fatalf("written, but cannot be read: %v", err)
		}
		same(t, r.Outputs, back.Outputs)
		var result Result
		result.read(r, "") // must not panic
	})
}

func same(t *testing.T, a, b []Tensor) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%d tensors became %d", len(a), len(b))
	}
	for i := range a {
		if err := a[i].check(); err != nil {
			t.Errorf("accepted: %v", err)
		}
		if !bytes.Equal(a[i].Data, b[i].Data) || !cmp.Equal(a[i].Shape, b[i].Shape) || a[i].Datatype != b[i].Datatype {
			t.Errorf("tensor %d: %+v became %+v", i, a[i], b[i])
		}
	}
}

// A strict backend has one model, and holds queries to their contract.
type strict struct{ t *testing.T }

func (strict) Name() string { return "strict" }
func (strict) Ready() bool  { return true }

func (strict) Metadata(model string) (Metadata, error) {
	if model != "m" {
		return Metadata{}, Errorf(http.StatusNotFound, "no model %q", model)
	}
	return Metadata{Name: model, Size: 2, Classes: 3, Labels: []string{"a", "b"}, Ready: true}, nil
}

func (b strict) Infer(_ context.Context, q Query, _ *Times) ([]float32, error) {
	switch {
	case (q.Image == nil) == (q.Input == nil), q.Model != "m", q.Batch < 1:
		b.t.Errorf("query %+v", q)
	case q.Image != nil && (len(q.Image) == 0 || q.Batch != 1):
		b.t.Errorf("%d bytes of image, batch %d", len(q.Image), q.Batch)
	case q.Input != nil && len(q.Input) != 12*q.Batch:
		b.t.Errorf("%d elements, batch %d", len(q.Input), q.Batch)
	}
	return make([]float32, 3*q.Batch), nil
}

func (strict) Index() []IndexEntry                  { return []IndexEntry{{Name: "m", State: StateReady}} }
func (strict) Load(context.Context, string) error   { return nil }
func (strict) Unload(context.Context, string) error { return nil }

// FuzzServer sends whole bodies to each path that takes one. Every answer is
// one of the protocol, and all memory comes back.
func FuzzServer(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte, header string) {
		s := NewServer(strict{t})
		for _, path := range []string{"/v2/models/m/infer", "/v2/models/other/infer", "/v2/repository/index", "/v2/repository/models/m/load", "/v2/repository/models/m/unload"} {
			r := httptest.NewRequest("POST", path, io.NopCloser(bytes.NewReader(body)))
			if header != "" {
				r.Header[HeaderLength] = []string{header}
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			checkAnswer(t, path, w)
		}
		if left := s.budget.left.Load(); left != int64(defaultMemory) {
			t.Errorf("%d bytes are left: want all %d", left, defaultMemory)
		}
	})
}

func checkAnswer(t *testing.T, path string, w *httptest.ResponseRecorder) {
	t.Helper()
	var e wireError
	switch {
	case w.Code != 200 && (w.Code < 400 || w.Code > 499 || json.Unmarshal(w.Body.Bytes(), &e) != nil || e.Error == ""):
		t.Errorf("%s: %d: %s", path, w.Code, w.Body)
	case w.Code == 200 && path == "/v2/models/m/infer":
		if _, err := ParseResponse(w.Body.Bytes(), w.Header().Get(HeaderLength)); err != nil {
			t.Errorf("%s: %v: %s", path, err, w.Body)
		}
	case w.Code == 200 && path == "/v2/models/other/infer":
		t.Errorf("%s: %d", path, w.Code)
	}
}
