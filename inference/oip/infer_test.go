package oip_test

import (
	"context"
	"encoding/base64"
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
	"github.com/testbed/testbed/inference/oip"
)

const png = "\x89PNG\r\n\x1a\n and so on"

// An answer is one in JSON.
type answer struct {
	Model      string `json:"model_name"`
	Version    string `json:"model_version"`
	ID         string `json:"id"`
	Parameters map[string]int64
	Outputs    []struct {
		Name     string          `json:"name"`
		Datatype string          `json:"datatype"`
		Shape    []int64         `json:"shape"`
		Data     json.RawMessage `json:"data"`
	} `json:"outputs"`
}

// says is the outputs of an answer, in short.
func (a answer) says() (s []string) {
	for _, o := range a.Outputs {
		s = append(s, fmt.Sprint(o.Name, " ", o.Datatype, o.Shape, " ", string(o.Data)))
	}
	return s
}

func readAnswer(t *testing.T, resp *http.Response, text string) (a answer) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &a); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: %v: %s", resp.Status, err, text)
	}
	return a
}

// TestLabelByCurl is the lines of the README.
func TestLabelByCurl(t *testing.T) {
	f := &fake{}
	url := serve(t, f).URL + "/v2/models/m/infer"

	body := fmt.Sprintf(`{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["%s"]}],"outputs":[{"name":"label"}]}`,
		base64.StdEncoding.EncodeToString([]byte(png)))
	req, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded") // curl's --data-binary
	resp, text := send(t, req)
	if !strings.Contains(text, `"outputs":[{"name":"label","shape":[1],"datatype":"BYTES","data":["stop"]}]`) || resp.StatusCode != 200 {
		t.Errorf("%s: %s", resp.Status, text)
	}
	if string(f.got.Image) != png {
		t.Errorf("the backend got %q", f.got.Image)
	}

	resp, text = ask(t, "POST", url, "0", []byte(png))
	if !strings.Contains(text, `"data":["stop"]`) || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("raw: %s: %s", resp.Status, text)
	}
	if string(f.got.Image) != png {
		t.Errorf("raw: the backend got %q", f.got.Image)
	}
}

func TestServerAnswersJSON(t *testing.T) {
	f := &fake{delay: time.Millisecond}
	body := `{"id":"r-1","inputs":[{"name":"input","shape":[2,3,2,2],"datatype":"FP32","data":[` + strings.Repeat("1,", 23) + `1]}]}`
	for _, path := range []string{"/v2/models/m/infer", "/v2/models/m/versions/1/infer"} {
		resp, text := ask(t, "POST", serve(t, f).URL+path, "", []byte(body))
		a := readAnswer(t, resp, text)
		if a.Model != "m" || a.ID != "r-1" || a.Version != "1" {
			t.Errorf("answer %s", text)
		}
		if diff := cmp.Diff([]string{"logits FP32[2 2] [0.5,1.5,2.5,3.5]", `label BYTES[2] ["stop","stop"]`}, a.says()); diff != "" {
			t.Errorf("all outputs (-want +got):\n%s", diff)
		}
		if f.got.Batch != 2 || len(f.got.Input) != 24 || f.got.Input[23] != 1 || f.got.Image != nil || f.got.Arm != "" {
			t.Errorf("the backend was asked %+v", f.got)
		}
		// The spans are the differences of the times; the backend slept 1 ms
		// for each.
		p := a.Parameters
		for i, name := range []string{"queue", "fetch", "load", "compute_input", "compute_infer"} {
			ends := []string{"recv_ns", "start_ns", "fetched_ns", "loaded_ns", "preprocessed_ns", "inferred_ns"}
			if got, want := p[name+"_ns"], p[ends[i+1]]-p[ends[i]]; got != want || got < 1e6 {
				t.Errorf("%s took %d ns; want %d", name, got, want)
			}
		}
		if p["fetch_bytes"] != 77 || p["compute_output_ns"] <= 0 {
			t.Errorf("parameters %v", p)
		}
	}
}

func TestOutputs(t *testing.T) {
	url := serve(t, &fake{}).URL + "/v2/models/m/infer"
	for _, tt := range []struct {
		outputs string
		want    []string
	}{
		{`[]`, []string{"logits FP32[2 2] [0.5,1.5,2.5,3.5]", `label BYTES[2] ["stop","stop"]`}},
		{`[{"name":"label"}]`, []string{`label BYTES[2] ["stop","stop"]`}},
		{`[{"name":"label"},{"name":"logits"}]`, []string{`label BYTES[2] ["stop","stop"]`, "logits FP32[2 2] [0.5,1.5,2.5,3.5]"}},
		{`[{"name":"logits","parameters":{"classification":1}}]`, []string{`logits BYTES[2 1] ["1.5:1:stop","3.5:1:stop"]`}},
		{`[{"name":"logits","parameters":{"classification":9}}]`, []string{`logits BYTES[2 2] ["1.5:1:stop","0.5:0:go","3.5:1:stop","2.5:0:go"]`}},
	} {
		resp, text := ask(t, "POST", url, "", []byte(`{"inputs":[{"name":"input","shape":[2,3,2,2],"datatype":"FP32","data":[`+strings.Repeat("1,", 23)+`1]}],"outputs":`+tt.outputs+`}`))
		if diff := cmp.Diff(tt.want, readAnswer(t, resp, text).says()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.outputs, diff)
		}
	}
}

// TestRaw: a body without JSON is an image, or a tensor of the model's size.
func TestRaw(t *testing.T) {
	f := &fake{}
	url := serve(t, f).URL + "/v2/models/m/infer"
	pixels := oip.FloatTensor("", nil, []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	jpeg := "\xff\xd8\xff\xe0" + strings.Repeat("x", 44) // as long as a tensor: 48 bytes
	for _, tt := range []struct{ body, want string }{
		{string(pixels.Data), ""},
		{jpeg, ""},
		{"", "0 bytes: want a PNG or JPEG file, or a tensor of FP32 [1 3 2 2]"},
		{"text", "4 bytes: want a PNG"},
		{string(pixels.Data[:44]), "44 bytes: want a PNG"},
		{string(pixels.Data) + string(pixels.Data), "96 bytes: want a PNG"}, // it is a request of one image
	} {
		f.got = oip.Query{}
		resp, text := ask(t, "POST", url, "0", []byte(tt.body))
		if tt.want != "" {
			if resp.StatusCode != 400 || !strings.Contains(text, tt.want) {
				t.Errorf("%q: %s: %s; want 400: %s", tt.body, resp.Status, text, tt.want)
			}
			continue
		}
		readAnswer(t, resp, text)
		if tt.body == jpeg && (string(f.got.Image) != jpeg || f.got.Input != nil) {
			t.Errorf("a JPEG became %+v", f.got)
		}
		if tt.body != jpeg && (f.got.Image != nil || f.got.Batch != 1 || len(f.got.Input) != 12 || f.got.Input[11] != 12) {
			t.Errorf("a tensor became %+v", f.got)
		}
	}

	req, err := http.NewRequest("POST", url, strings.NewReader(png))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(oip.HeaderLength, "0")
	req.Header.Set("Accept", "application/octet-stream")
	resp, text := send(t, req)
	r, err := oip.ParseResponse([]byte(text), resp.Header.Get(oip.HeaderLength))
	if err != nil || resp.Header.Get(oip.HeaderLength) == "" || len(r.Outputs) != 2 || string(r.Outputs[1].Data) != "\x04\x00\x00\x00stop" {
		t.Errorf("raw and back: %v, %+v", err, r)
	}
}

func TestServerRefuses(t *testing.T) {
	url := serve(t, &fake{}).URL + "/v2/models/m/infer"
	image := oip.BytesTensor("image", []byte("x"))
	wrongSize := oip.FloatTensor("input", []int64{1, 3, 1, 1}, make([]float32, 3))
	none := oip.FloatTensor("input", []int64{0, 3, 2, 2}, nil)
	of := func(outputs ...oip.Output) oip.Request {
		return oip.Request{Inputs: []oip.Tensor{image}, Outputs: outputs}
	}
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
		{"two images", oip.Request{Inputs: []oip.Tensor{oip.BytesTensors("image", []int64{2}, []byte("x"), []byte("y"))}}, "want BYTES [1]"},
		{"a tensor of another size", oip.Request{Inputs: []oip.Tensor{wrongSize}}, "want FP32 [N 3 2 2]"},
		{"four colours", oip.Request{Inputs: []oip.Tensor{oip.FloatTensor("input", []int64{1, 4, 2, 2}, make([]float32, 16))}}, "want FP32 [N 3 2 2]"},
		{"an empty batch", oip.Request{Inputs: []oip.Tensor{none}}, "want FP32 [N 3 2 2]"},
		{"a tensor of bytes", oip.Request{Inputs: []oip.Tensor{{Name: "input", Datatype: "UINT8", Shape: []int64{1, 3, 2, 2}, Data: make([]byte, 12)}}}, "want FP32 [N 3 2 2]"},
		{"an unknown output", of(oip.Output{Name: "mask"}), `no output "mask": want logits or label`},
		{"an output twice", of(oip.Output{Name: "label"}, oip.Output{Name: "label"}), "output label is asked for twice"},
		{"classes of the label", of(oip.Output{Name: "label", Classes: 2}), "output label: no classification"},
		{"a long arm", oip.Request{Inputs: []oip.Tensor{image}, Parameters: json.RawMessage(`{"arm":"` + strings.Repeat("a", 1025) + `"}`)}, "arm of 1025 bytes: want at most 1024"},
		{"an arm that is a number", oip.Request{Inputs: []oip.Tensor{image}, Parameters: json.RawMessage(`{"arm":3}`)}, "parameters"},
	} {
		body, header, err := oip.AppendRequest(nil, tt.req, true)
		if err != nil {
			t.Fatal(err)
		}
		resp, got := ask(t, "POST", url, strconv.Itoa(header), body)
		wantError(t, tt.name, resp, got, 400, tt.want)
	}
	for _, tt := range []struct {
		name, header, body string
		status             int
		want               string
	}{
		{"a bad header", "x", "{}", 400, oip.HeaderLength},
		{"no body", "", "", 400, "JSON of the body: it is empty"},
		{"not base64", "", `{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["%"]}]}`, 400, "want base64"},
		{"a large body", "", strings.Repeat(" ", oip.MaxBody+1), 413, "body of more than 67108864 bytes"},
		{"much JSON", "", strings.Repeat(" ", oip.MaxJSON+1), 400, "JSON of the body: 16777217 bytes: want at most 16777216"},
	} {
		resp, got := ask(t, "POST", url, tt.header, []byte(tt.body))
		wantError(t, tt.name, resp, got, tt.status, tt.want)
	}
	resp, got := ask(t, "POST", strings.Replace(url, "/m/", "/m/versions/3/", 1), "0", []byte(png))
	wantError(t, "another version", resp, got, 404, `model m has no version "3"`)
}

func wantError(t *testing.T, name string, resp *http.Response, body string, status int, want string) {
	t.Helper()
	var e struct{ Error string }
	if err := json.Unmarshal([]byte(body), &e); err != nil || resp.StatusCode != status || !strings.Contains(e.Error, want) {
		t.Errorf("%s: %s, %.200s; want %d with %q", name, resp.Status, body, status, want)
	}
}

// TestErrorsOfTheBackend: a status that the backend chose passes through.
func TestErrorsOfTheBackend(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int
	}{
		{oip.Errorf(503, "64 requests wait"), 503},
		{oip.Errorf(502, "fetch m: %w", io.ErrUnexpectedEOF), 502},
		{fmt.Errorf("wait: %w", context.DeadlineExceeded), 504},
		{errors.New("out of memory"), 500},
	} {
		resp, got := ask(t, "POST", serve(t, &fake{err: tt.err}).URL+"/v2/models/m/infer", "0", []byte(png))
		wantError(t, "the backend", resp, got, tt.want, tt.err.Error())
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
		{"asked for one of two", oip.Request{Inputs: in, Outputs: []oip.Output{{Name: "logits"}, {Name: "label", Binary: true}}}, true},
		{"asked for all", oip.Request{Inputs: in, Parameters: json.RawMessage(`{"binary_data_output":true}`)}, true},
		{"for all but this", oip.Request{Inputs: in, Parameters: json.RawMessage(`{"binary_data_output":true}`), Outputs: []oip.Output{{Name: "logits"}}}, false},
	} {
		body, header, err := oip.AppendRequest(nil, tt.req, true)
		if err != nil {
			t.Fatal(err)
		}
		resp, got := ask(t, "POST", url, strconv.Itoa(header), body)
		if binary := resp.Header.Get(oip.HeaderLength) != ""; binary != tt.want || resp.StatusCode != 200 {
			t.Errorf("%s: %s, binary %v, %s", tt.name, resp.Status, binary, got)
		}
		r, err := oip.ParseResponse([]byte(got), resp.Header.Get(oip.HeaderLength))
		if err != nil || len(r.Outputs) == 0 {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if logits, err := r.Outputs[0].Floats(); err != nil || !cmp.Equal(logits, []float32{0.5, 1.5}) {
			t.Errorf("%s: logits %v, %v", tt.name, logits, err)
		}
	}
}

// TestMemory: what senders hold together is bounded, and given back.
func TestMemory(t *testing.T) {
	h := oip.NewServer(&fake{})
	h.Memory = 1 << 20
	try := func(n int, header string) int {
		req := httptest.NewRequest("POST", "/v2/models/m/infer", strings.NewReader(png+strings.Repeat("x", n)))
		req.Header.Set(oip.HeaderLength, header)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		return w.Code
	}
	for range 50 { // of which each takes half, and all of it is given back
		if got := try(250<<10, "0"); got != 200 {
			t.Fatalf("250 KiB: %d", got)
		}
		if got := try(600<<10, "0"); got != 503 {
			t.Fatalf("600 KiB, and as much for the tensor in it: %d; want 503", got)
		}
		if got := try(2<<20, "0"); got != 503 {
			t.Fatalf("2 MiB: %d; want 503", got)
		}
		if got := try(200<<10, ""); got != 503 {
			t.Fatalf("200 KiB of JSON, and seven times that: %d; want 503", got)
		}
	}

	// One that says much and sends little takes little.
	s := httptest.NewServer(h)
	defer s.Close()
	hold, release := io.Pipe()
	defer release.Close()
	for range 10 {
		go func() {
			req, _ := http.NewRequest("POST", s.URL+"/v2/models/m/infer", io.MultiReader(strings.NewReader("x"), hold))
			if resp, err := http.DefaultClient.Do(req); err == nil {
				resp.Body.Close()
			}
		}()
	}
	time.Sleep(50 * time.Millisecond)
	if got := try(10<<10, "0"); got != 200 {
		t.Errorf("beside ten that dawdle: %d", got)
	}
}
