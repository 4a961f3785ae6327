package oip_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/testbed/testbed/inference/oip"
)

// A foreign server is one of somebody else's, as its documents describe it. It
// answers with five logits, 0 to 4, plus the first element of a tensor, or the
// length of an image. It shares no code with what it tests.
type foreign struct {
	server, model string // metadata
	binary        bool   // whether it knows the extension
	stats         string
	asked         atomic.Int64 // requests for metadata
	infers        atomic.Int64

	input, datatype string // what it insists on
	shape           []int64
	answer          string // JSON, %s for the logits; "": in binary form
}

// A foreignRequest is what such a server reads.
type foreignRequest struct {
	Parameters map[string]any `json:"parameters"`
	Inputs     []struct {
		Name       string
		Shape      []int64
		Datatype   string
		Parameters struct {
			Size *int `json:"binary_data_size"`
		}
		Data []any
	}
	Outputs []struct {
		Name       string
		Parameters map[string]any
	}
}

func (f *foreign) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + r.URL.EscapedPath() {
	case "GET /v2/health/live", "GET /v2/health/ready", "GET /v2/models/resnet/ready", "POST /v2/repository/models/resnet/load":
		return // 200 with an empty body
	case "GET /v2/models/cold/ready":
		io.WriteString(w, `{"name":"cold","ready":false}`)
	case "GET /v2":
		f.asked.Add(1)
		io.WriteString(w, f.server)
	case "GET /v2/models/resnet":
		f.asked.Add(1)
		io.WriteString(w, f.model)
	case "GET /v2/models/resnet/stats":
		io.WriteString(w, f.stats)
	case "POST /v2/repository/index":
		io.WriteString(w, `[{"name":"resnet","version":"1","state":"READY"},{"name":"other"}]`)
	case "POST /v2/models/resnet/infer":
		if err := f.infer(w, r); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
		}
	default:
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"detail":"Not Found"}`)
	}
}

func (f *foreign) infer(w http.ResponseWriter, r *http.Request) error {
	f.infers.Add(1)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	text, rest := body, []byte(nil)
	if h := r.Header.Get("Inference-Header-Content-Length"); h != "" {
		n, err := strconv.Atoi(h)
		if err != nil || !f.binary {
			return fmt.Errorf("unexpected header %q", h)
		}
		text, rest = body[:n], body[n:]
	}
	var req foreignRequest
	if err := json.Unmarshal(text, &req); err != nil {
		return err
	}
	if len(req.Inputs) != 1 || req.Inputs[0].Name != f.input || req.Inputs[0].Datatype != f.datatype || !slices.Equal(req.Inputs[0].Shape, f.shape) {
		return fmt.Errorf("unexpected inputs: %+v", req.Inputs)
	}
	if req.Parameters != nil {
		return fmt.Errorf("unexpected parameters: %v", req.Parameters)
	}
	first, err := f.first(req, rest)
	if err != nil {
		return err
	}
	logits := []float32{first, first + 1, first + 2, first + 3, first + 4}
	if f.answer != "" {
		list, _ := json.Marshal(logits)
		fmt.Fprintf(w, f.answer, list)
		return nil
	}
	if len(req.Outputs) != 1 || req.Outputs[0].Parameters["binary_data"] != true {
		return fmt.Errorf("unexpected outputs: %+v", req.Outputs)
	}
	head := fmt.Sprintf(`{"model_name":"resnet","model_version":"1","outputs":[{"name":%q,"datatype":"FP32","shape":[1,5],"parameters":{"binary_data_size":20}}]}`, req.Outputs[0].Name)
	w.Header().Set("Inference-Header-Content-Length", strconv.Itoa(len(head)))
	io.WriteString(w, head)
	return binary.Write(w, binary.LittleEndian, logits)
}

// first is what the logits begin with.
func (f *foreign) first(req foreignRequest, rest []byte) (float32, error) {
	in := req.Inputs[0]
	if in.Parameters.Size == nil {
		if s, ok := in.Data[0].(string); ok {
			return float32(len(s)), nil
		}
		return float32(in.Data[0].(float64)), nil
	}
	if *in.Parameters.Size != len(rest) || len(rest) < 4 {
		return 0, fmt.Errorf("%d bytes of %d", len(rest), *in.Parameters.Size)
	}
	word := binary.LittleEndian.Uint32(rest)
	if f.datatype == "BYTES" {
		if int(word) != len(rest)-4 {
			return 0, fmt.Errorf("element of %d bytes in %d", word, len(rest))
		}
		return float32(word), nil
	}
	return math.Float32frombits(word), nil
}

const (
	tritonServer = `{"name":"triton","version":"2.58.0","extensions":["classification","sequence","model_repository","model_repository(unload_dependents)","schedule_policy","model_configuration","system_shared_memory","cuda_shared_memory","binary_tensor_data","parameters","statistics","trace","logging"]}`
	ovmsServer   = `{"name":"OpenVINO Model Server","version":"2024.5.c5a1a4d7a"}`
	kserveServer = `{"name":"kserve","version":"0.15.0","extensions":["model_repository_extension"]}`

	planes = `"inputs":[{"name":"data","datatype":"FP32","shape":[-1,3,2,2]}],"outputs":[{"name":"dense0","datatype":"FP32","shape":[-1,5]}]}`
)

// TestForeignServers: each takes what it documents, and the client finds out.
func TestForeignServers(t *testing.T) {
	tensor := []float32{7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	file := []byte("nine byte") // in base64: 12
	batched := []int64{1, 3, 2, 2}
	for name, tt := range map[string]struct {
		f             *foreign
		image, tensor bool // what the caller has
		first         float32
	}{
		"Triton": {
			f: &foreign{
				server: tritonServer, binary: true, input: "data", datatype: "FP32", shape: batched,
				model: `{"name":"resnet","versions":["1"],"platform":"onnxruntime_onnx",` + planes,
			},
			image: true, tensor: true, first: 7,
		},
		"Triton, a model without batches": {
			f: &foreign{
				server: tritonServer, binary: true, input: "data", datatype: "FP32", shape: []int64{3, 2, 2},
				model: `{"name":"resnet","platform":"onnxruntime_onnx","inputs":[{"name":"data","datatype":"FP32","shape":[3,2,2]}],"outputs":[{"name":"dense0","datatype":"FP32","shape":[5]}]}`,
			},
			image: true, tensor: true, first: 7,
		},
		"Triton, an ensemble that decodes": {
			f: &foreign{
				server: tritonServer, binary: true, input: "ENCODED", datatype: "BYTES", shape: []int64{1, 1},
				model: `{"name":"resnet","versions":["1","2"],"platform":"ensemble","inputs":[{"name":"ENCODED","datatype":"BYTES","shape":[-1,1]}],"outputs":[{"name":"dense0","datatype":"FP32","shape":[-1,5]}]}`,
			},
			image: true, tensor: true, first: 9,
		},
		"Triton, logits among others": {
			f: &foreign{
				server: tritonServer, binary: true, input: "x", datatype: "FP32", shape: batched,
				model: `{"name":"resnet","inputs":[{"name":"x","datatype":"FP32","shape":[-1,3,-1,-1]}],"outputs":[{"name":"features","datatype":"FP32","shape":[-1,9]},{"name":"logits","datatype":"FP32","shape":[-1,5]}]}`,
			},
			tensor: true, first: 7,
		},
		"OpenVINO Model Server, a tensor": {
			f: &foreign{
				server: ovmsServer, binary: true, input: "data", datatype: "FP32", shape: batched,
				model: `{"name":"resnet","versions":["1"],"platform":"OpenVINO",` + planes,
			},
			image: true, tensor: true, first: 7,
		},
		"OpenVINO Model Server, an image": {
			f: &foreign{
				server: ovmsServer, binary: true, input: "data", datatype: "BYTES", shape: []int64{1},
				model: `{"name":"resnet","versions":["1"],"platform":"OpenVINO",` + planes,
			},
			image: true, first: 9,
		},
		"OpenVINO Model Server, pixels last": {
			f: &foreign{
				server: ovmsServer, binary: true, input: "data", datatype: "BYTES", shape: []int64{1},
				model: `{"name":"resnet","inputs":[{"name":"data","datatype":"FP32","shape":[1,2,2,3]}],"outputs":[{"name":"dense0","datatype":"FP32","shape":[1,5]}]}`,
			},
			image: true, tensor: true, first: 9,
		},
		"KServe, which tells little": {
			f: &foreign{
				server: kserveServer, input: "input", datatype: "FP32", shape: batched,
				model:  `{"name":"resnet","versions":null,"platform":"","inputs":[],"outputs":[]}`,
				answer: `{"model_name":"resnet","model_version":null,"id":"0d1b","parameters":null,"outputs":[{"name":"output-0","shape":[1,5],"datatype":"FP32","parameters":null,"data":%s}]}`,
			},
			image: true, tensor: true, first: 7,
		},
		"KServe, in doubles, nested": {
			f: &foreign{
				server: kserveServer, input: "data", datatype: "FP32", shape: batched,
				model:  `{"name":"resnet","platform":"",` + planes,
				answer: `{"model_name":"resnet","id":"0d1b","parameters":{"content_type":"np"},"outputs":[{"name":"dense0","shape":[1,5],"datatype":"FP64","parameters":{"content_type":"np"},"data":[%s]}]}`,
			},
			tensor: true, first: 7,
		},
		"KServe, an image in base64": {
			f: &foreign{
				server: kserveServer, input: "b64", datatype: "BYTES", shape: []int64{1},
				model:  `{"name":"resnet","inputs":[{"name":"b64","datatype":"BYTES","shape":[-1]}],"outputs":[]}`,
				answer: `{"model_name":"resnet","id":"","outputs":[{"name":"y","shape":[5],"datatype":"FP32","data":%s}]}`,
			},
			image: true, first: 12,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(tt.f)
			defer s.Close()
			c := dial(t, oip.Target{URL: s.URL})
			call := oip.Call{Model: "resnet"}
			if tt.image {
				call.Image = file
			}
			if tt.tensor {
				call.Tensor, call.Shape = tensor, batched
			}
			for range 3 {
				r, err := c.Classify(t.Context(), call)
				if err != nil {
					t.Fatal(err)
				}
				x := tt.first
				if diff := cmp.Diff([]float32{x, x + 1, x + 2, x + 3, x + 4}, r.Logits); diff != "" {
					t.Errorf("logits (-want +got):\n%s", diff)
				}
				if r.Times != (oip.Times{}) || r.Wrote == 0 || r.FirstByte == 0 {
					t.Errorf("times %+v, wrote %v, first byte %v", r.Times, r.Wrote, r.FirstByte)
				}
			}
			if n, m := tt.f.asked.Load(), tt.f.infers.Load(); n != 2 || m != 3 {
				t.Errorf("asked %d times what it is, %d for inference; want 2, 3", n, m)
			}
		})
	}
}

// TestForeignModelsThatAreNone: what takes no image is refused in words,
// before anything is sent.
func TestForeignModelsThatAreNone(t *testing.T) {
	for _, tt := range []struct{ model, want string }{
		{`"inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}],"outputs":[]`, "want one of BYTES [1] or of FP32 [N 3 S S]"},
		{`"inputs":[{"name":"x","datatype":"FP16","shape":[-1,3,2,2]}],"outputs":[]`, "want one of BYTES [1] or of FP32 [N 3 S S]"},
		{`"inputs":[{"name":"x","datatype":"FP32","shape":[-1,2,2,3]}],"outputs":[]`, "want one of BYTES [1] or of FP32 [N 3 S S]"},
		{`"inputs":[{"name":"x","datatype":"FP32","shape":[8,3,2,2]}],"outputs":[]`, "want one of BYTES [1] or of FP32 [N 3 S S]"},
		{`"inputs":[{"name":"x","datatype":"BYTES","shape":[-1,4]}],"outputs":[]`, "want one of BYTES [1] or of FP32 [N 3 S S]"},
		{`"inputs":[{"name":"x","datatype":"FP32","shape":[-1,3,2,2]},{"name":"y","datatype":"FP32","shape":[1]}],"outputs":[]`, "2 inputs"},
		{`"inputs":[{"name":"x","datatype":"FP32","shape":[-1,3,2,2]}],"outputs":[{"name":"a","datatype":"FP32","shape":[1]},{"name":"b","datatype":"FP32","shape":[1]}]`, "2 outputs"},
		{`"inputs":[{"name":"x","datatype":"BYTES","shape":[1]}],"outputs":[]`, "takes an image file: there is none"},
	} {
		f := foreign{server: tritonServer, binary: true, model: `{"name":"resnet",` + tt.model + `}`}
		s := httptest.NewServer(&f)
		_, err := dial(t, oip.Target{URL: s.URL}).Classify(t.Context(), oip.Call{Model: "resnet", Tensor: make([]float32, 12), Shape: []int64{1, 3, 2, 2}})
		if err == nil || !strings.Contains(err.Error(), tt.want) || f.infers.Load() != 0 {
			t.Errorf("%s: %v, %d requests; want an error with %q", tt.model, err, f.infers.Load(), tt.want)
		}
		s.Close()
	}
	f := foreign{server: tritonServer, binary: true, model: `{"name":"resnet",` + planes}
	s := httptest.NewServer(&f)
	defer s.Close()
	c := dial(t, oip.Target{URL: s.URL})
	for want, call := range map[string]oip.Call{
		"takes no image file: want a tensor": {Model: "resnet", Image: []byte("x")},
		"11":                                 {Model: "resnet", Tensor: make([]float32, 11), Shape: []int64{1, 3, 2, 2}},
		"404 Not Found":                      {Model: "other", Image: []byte("x")},
	} {
		if _, err := c.Classify(t.Context(), call); err == nil || !strings.Contains(err.Error(), want) && want != "11" || f.infers.Load() != 0 {
			t.Errorf("%v; want an error with %q", err, want)
		}
	}
}

// TestForeignRepositoryAndStatistics reads what Triton says, and how others
// say that they have neither.
func TestForeignRepositoryAndStatistics(t *testing.T) {
	one := func(version string, success, queue int) string {
		return fmt.Sprintf(`{"name":"resnet","version":%q,"last_inference":%d,"inference_count":%d,"execution_count":%d,"inference_stats":{`+
			`"success":{"count":%d,"ns":%d},"fail":{"count":1,"ns":5},"queue":{"count":%d,"ns":%d},"compute_input":{"count":%d,"ns":30},`+
			`"compute_infer":{"count":%d,"ns":400},"compute_output":{"count":%d,"ns":50},"cache_hit":{"count":0,"ns":0},"cache_miss":{"count":0,"ns":0}},`+
			`"batch_stats":[{"batch_size":1,"compute_infer":{"count":2,"ns":400}}],"memory_usage":[]}`,
			version, 1700000000000+success, 2*success, success, success, 1000*success, success, queue, success, success, success)
	}
	f := foreign{server: tritonServer, stats: `{"model_stats":[` + one("1", 2, 20) + "," + one("3", 1, 7) + `]}`}
	s := httptest.NewServer(&f)
	defer s.Close()
	c := dial(t, oip.Target{URL: s.URL})
	got, err := c.Statistics(t.Context(), "resnet")
	if err != nil {
		t.Fatal(err)
	}
	want := oip.ModelStatistics{
		Name: "resnet", LastInference: 1700000000002, InferenceCount: 6, ExecutionCount: 3,
		Inference: oip.InferenceStats{
			Success:       oip.Total{Count: 3, Time: 3000},
			Fail:          oip.Total{Count: 2, Time: 10},
			Queue:         oip.Total{Count: 3, Time: 27},
			ComputeInput:  oip.Total{Count: 3, Time: 60},
			ComputeInfer:  oip.Total{Count: 3, Time: 800},
			ComputeOutput: oip.Total{Count: 3, Time: 100},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("two versions together (-want +got):\n%s", diff)
	}
	f.stats = `{"model_stats":[]}`
	if _, err := c.Statistics(t.Context(), "resnet"); err == nil {
		t.Error("no statistics: no error")
	}
	index, err := c.Index(t.Context())
	if diff := cmp.Diff([]oip.IndexEntry{{Name: "resnet", Version: "1", State: oip.StateReady}, {Name: "other"}}, index); diff != "" || err != nil {
		t.Errorf("%v, index (-want +got):\n%s", err, diff)
	}
	for _, err := range []error{c.Live(t.Context()), c.Ready(t.Context()), c.ModelReady(t.Context(), "resnet"), c.Load(t.Context(), "resnet")} {
		if err != nil {
			t.Errorf("an empty answer of 200: %v", err)
		}
	}
	if err := c.ModelReady(t.Context(), "cold"); err == nil || err.Error() != "model cold is not ready" {
		t.Errorf("200, but not ready: %v", err)
	}
	err = c.Unload(t.Context(), "resnet")
	var status *oip.StatusError
	if !errors.As(err, &status) || status.Status != 404 || err.Error() != `404 Not Found: {"detail":"Not Found"}` {
		t.Errorf("what it does not have: %v", err)
	}
}
