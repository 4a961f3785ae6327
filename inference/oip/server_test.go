package oip_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/oip"
)

// A fake answers with the number of bytes of the image and the arm's length,
// or the sum of each image of the tensor.
type fake struct {
	err error
	got oip.Query
}

func (f *fake) Name() string { return "edge" }

func (f *fake) Metadata(name string) (oip.Metadata, error) {
	if name != "m" {
		return oip.Metadata{}, oip.Errorf(http.StatusNotFound, "no model %q", name)
	}
	return oip.Metadata{Name: "m", Size: 2, Classes: 2, Ready: true}, nil
}

func (f *fake) Infer(_ context.Context, q oip.Query, t *oip.Times) ([]float32, error) {
	f.got = q
	f.got.Image = bytes.Clone(q.Image)
	t.Started, t.Fetched, t.Loaded, t.Preprocessed = clock.Now(), clock.Now(), clock.Now(), clock.Now()
	t.FetchBytes = 77
	defer func() { t.Inferred = clock.Now() }()
	if f.err != nil {
		return nil, f.err
	}
	logits := make([]float32, 2*q.Batch)
	for i := range logits {
		logits[i] = float32(i) + 0.5
	}
	return logits, nil
}

func serve(t *testing.T, f *fake) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(oip.NewServer(f))
	t.Cleanup(s.Close)
	return s
}

func ask(t *testing.T, method, url, header string, body []byte) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != "" {
		req.Header.Set(oip.HeaderLength, header)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(answer)
}

func TestServerTellsWhatItIs(t *testing.T) {
	url := serve(t, &fake{}).URL
	for path, want := range map[string]string{
		"/v2/health/live":            `{"live":true}`,
		"/v2/health/ready":           `{"ready":true}`,
		"/v2":                        `{"extensions":["binary_tensor_data"],"name":"edge","version":"2"}`,
		"/v2/":                       `{"extensions":["binary_tensor_data"],"name":"edge","version":"2"}`,
		"/v2/models/m/ready":         `{"name":"m","ready":true}`,
		"/v2/models/m":               `{"inputs":[{"name":"image","datatype":"BYTES","shape":[1]},{"name":"input","datatype":"FP32","shape":[-1,3,2,2]}],"name":"m","outputs":[{"name":"logits","datatype":"FP32","shape":[-1,2]}],"platform":"onnx_onnxv1","versions":["1"]}`,
		"/v2/models/m/versions/1":    "",
		"/v2/models/other/ready":     `{"error":"no model \"other\""}`,
		"/v2/models/m/versions/2":    `{"error":"no GET /v2/models/m/versions/2 in the Open Inference Protocol"}`,
		"/v3":                        `{"error":"no GET /v3 in the Open Inference Protocol"}`,
		"/v2/models/other":           `{"error":"no model \"other\""}`,
		"/v2/models/m/infer/nothing": `{"error":"no GET /v2/models/m/infer/nothing in the Open Inference Protocol"}`,
	} {
		resp, got := ask(t, "GET", url+path, "", nil)
		if want != "" && strings.TrimSpace(got) != want {
			t.Errorf("%s: %s; want %s", path, got, want)
		}
		if bad := strings.HasPrefix(want, `{"error"`); bad != (resp.StatusCode == 404) || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s, %s", path, resp.Status, resp.Header.Get("Content-Type"))
		}
	}
}

// TestServerAnswersJSON is what one would do with curl.
func TestServerAnswersJSON(t *testing.T) {
	f := &fake{}
	body := `{"id":"r-1","inputs":[{"name":"input","shape":[2,3,2,2],"datatype":"FP32","data":[` + strings.TrimSuffix(strings.Repeat("1,", 24), ",") + `]}]}`
	resp, got := ask(t, "POST", serve(t, f).URL+"/v2/models/m/versions/1/infer", "", []byte(body))
	var answer struct {
		Model      string    `json:"model_name"`
		ID         string    `json:"id"`
		Parameters oip.Times `json:"parameters"`
		Outputs    []struct {
			Name     string    `json:"name"`
			Datatype string    `json:"datatype"`
			Shape    []int64   `json:"shape"`
			Data     []float32 `json:"data"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal([]byte(got), &answer); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: %v: %s", resp.Status, err, got)
	}
	out := answer.Outputs[0]
	if answer.Model != "m" || answer.ID != "r-1" || out.Name != "logits" || out.Datatype != "FP32" {
		t.Errorf("answer %s", got)
	}
	if diff := cmp.Diff([]float32{0.5, 1.5, 2.5, 3.5}, out.Data); diff != "" || !cmp.Equal(out.Shape, []int64{2, 2}) {
		t.Errorf("shape %v, logits (-want +got):\n%s", out.Shape, diff)
	}
	if f.got.Batch != 2 || len(f.got.Input) != 24 || f.got.Image != nil || f.got.Arm != "" {
		t.Errorf("the backend was asked %+v", f.got)
	}
}

func TestClient(t *testing.T) {
	f := &fake{}
	s := serve(t, f)
	c := oip.NewClient(strings.TrimPrefix(s.URL, "http://"), nil)
	defer c.Close()
	if err := c.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := clock.Now()
	r, err := c.Infer(t.Context(), oip.Call{Model: "m", Arm: "advanced", Image: []byte("an image")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(oip.Query{Model: "m", Arm: "advanced", Image: []byte("an image"), Batch: 1}, f.got); diff != "" {
		t.Errorf("the backend was asked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float32{0.5, 1.5}, r.Logits); diff != "" {
		t.Errorf("logits (-want +got):\n%s", diff)
	}
	ts := r.Times
	last := before
	for i, now := range []time.Duration{r.Sent, ts.Received, ts.Started, ts.Fetched, ts.Loaded, ts.Preprocessed, ts.Inferred, r.Done} {
		if now < last {
			t.Errorf("time %d, %v, is before the one before it, %v", i, now, last)
		}
		last = now
	}
	if ts.FetchBytes != 77 || r.Up <= 8 || r.Down <= 8 {
		t.Errorf("fetched %d, up %d, down %d", ts.FetchBytes, r.Up, r.Down)
	}
}

func TestClientTellsErrors(t *testing.T) {
	for _, tt := range []struct {
		model string
		err   error
		want  string
	}{
		{"m", errors.New("out of memory"), "500 Internal Server Error: out of memory"},
		{"m", oip.Errorf(502, "fetch m: %w", io.ErrUnexpectedEOF), "502 Bad Gateway: fetch m: unexpected EOF"},
		{"other", nil, `404 Not Found: no model "other"`},
		{"a/b", nil, `404 Not Found: no model "a/b"`},
	} {
		s := serve(t, &fake{err: tt.err})
		c := oip.NewClient(strings.TrimPrefix(s.URL, "http://"), nil)
		r, err := c.Infer(t.Context(), oip.Call{Model: tt.model, Image: []byte("x")})
		if err == nil || err.Error() != tt.want {
			t.Errorf("error %v; want %s", err, tt.want)
		}
		if r.Sent == 0 || r.Done < r.Sent {
			t.Errorf("sent %v, done %v", r.Sent, r.Done)
		}
	}
}

// TestClientDistrustsTheServer: answers that are not of the protocol are errors.
func TestClientDistrustsTheServer(t *testing.T) {
	for name, answer := range map[string]struct{ header, body string }{
		"a page":            {"", "<html>"},
		"no output":         {"", `{"model_name":"m","outputs":[]}`},
		"a lying header":    {"500", `{"model_name":"m","outputs":[]}`},
		"another output":    {"", `{"outputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}`},
		"logits as bytes":   {"", `{"outputs":[{"name":"logits","shape":[1],"datatype":"BYTES","data":["eA=="]}]}`},
		"times that aren't": {"", `{"parameters":{"recv_ns":"now"},"outputs":[{"name":"logits","shape":[1],"datatype":"FP32","data":[1]}]}`},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if answer.header != "" {
				w.Header().Set(oip.HeaderLength, answer.header)
			}
			fmt.Fprint(w, answer.body)
		}))
		c := oip.NewClient(strings.TrimPrefix(s.URL, "http://"), nil)
		if _, err := c.Infer(t.Context(), oip.Call{Model: "m", Image: []byte("x")}); err == nil || !strings.HasPrefix(err.Error(), "answer: ") {
			t.Errorf("%s: %v; want an error of the answer", name, err)
		}
		c.Close()
		s.Close()
	}
}

func TestServerRefuses(t *testing.T) {
	url := serve(t, &fake{}).URL + "/v2/models/m/infer"
	image := oip.BytesTensor("image", []byte("x"))
	wrongSize := oip.FloatTensor("input", []int64{1, 3, 1, 1}, make([]float32, 3))
	none := oip.FloatTensor("input", []int64{0, 3, 2, 2}, nil)
	for _, tt := range []struct {
		name string
		req  oip.Request
		want string
	}{
		{"no input", oip.Request{}, "0 inputs: want one"},
		{"two inputs", oip.Request{Inputs: []oip.Tensor{image, image}}, "2 inputs: want one"},
		{"an unknown input", oip.Request{Inputs: []oip.Tensor{oip.BytesTensor("picture", nil)}}, `no input "picture"`},
		{"an empty image", oip.Request{Inputs: []oip.Tensor{oip.BytesTensor("image", nil)}}, "the image is empty"},
		{"an image of numbers", oip.Request{Inputs: []oip.Tensor{oip.FloatTensor("image", []int64{1}, []float32{1})}}, "want BYTES [1]"},
		{"a tensor of another size", oip.Request{Inputs: []oip.Tensor{wrongSize}}, "want FP32 [N 3 2 2]"},
		{"an empty batch", oip.Request{Inputs: []oip.Tensor{none}}, "want FP32 [N 3 2 2]"},
		{"an unknown output", oip.Request{Inputs: []oip.Tensor{image}, Outputs: []oip.Output{{Name: "label"}}}, `no output "label"`},
		{"an arm that is a number", oip.Request{Inputs: []oip.Tensor{image}, Parameters: json.RawMessage(`{"arm":3}`)}, "parameters"},
	} {
		body, header, err := oip.AppendRequest(nil, tt.req)
		if err != nil {
			t.Fatal(err)
		}
		resp, got := ask(t, "POST", url, strconv.Itoa(header), body)
		var e struct{ Error string }
		if err := json.Unmarshal([]byte(got), &e); err != nil || resp.StatusCode != 400 || !strings.Contains(e.Error, tt.want) {
			t.Errorf("%s: %s, %s; want 400 with %q", tt.name, resp.Status, got, tt.want)
		}
	}
	if resp, got := ask(t, "POST", url, "x", []byte("{}")); resp.StatusCode != 400 || !strings.Contains(got, oip.HeaderLength) {
		t.Errorf("bad header: %s, %s", resp.Status, got)
	}
	resp, got := ask(t, "POST", url, "", make([]byte, oip.MaxBody+1))
	if resp.StatusCode != 413 || !strings.Contains(got, `"error":"body of more than 67108864 bytes"`) {
		t.Errorf("large body: %s, %.100s", resp.Status, got)
	}
}

func TestBinaryOrJSON(t *testing.T) {
	url := serve(t, &fake{}).URL + "/v2/models/m/infer"
	in := []oip.Tensor{oip.BytesTensor("image", []byte("x"))}
	for _, tt := range []struct {
		name string
		req  oip.Request
		want bool
	}{
		{"nothing said", oip.Request{Inputs: in}, false},
		{"asked for the output", oip.Request{Inputs: in, Outputs: []oip.Output{{Name: "logits", Binary: true}}}, true},
		{"asked for all", oip.Request{Inputs: in, Parameters: json.RawMessage(`{"binary_data_output":true}`)}, true},
		{"for all but this", oip.Request{Inputs: in, Parameters: json.RawMessage(`{"binary_data_output":true}`), Outputs: []oip.Output{{Name: "logits"}}}, false},
	} {
		body, header, err := oip.AppendRequest(nil, tt.req)
		if err != nil {
			t.Fatal(err)
		}
		resp, got := ask(t, "POST", url, strconv.Itoa(header), body)
		if binary := resp.Header.Get(oip.HeaderLength) != ""; binary != tt.want || resp.StatusCode != 200 {
			t.Errorf("%s: %s, binary %v, %s", tt.name, resp.Status, binary, got)
		}
		r, err := oip.ParseResponse([]byte(got), resp.Header.Get(oip.HeaderLength))
		if err != nil || len(r.Outputs) != 1 {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
