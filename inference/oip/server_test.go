package oip_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/testbed/testbed/inference/oip"
)

func ask(t *testing.T, method, url, header string, body []byte) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != "" {
		req.Header.Set(oip.HeaderLength, header)
	}
	return send(t, req)
}

func send(t *testing.T, req *http.Request) (*http.Response, string) {
	t.Helper()
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

const (
	serverSays = `{"name":"edge","version":"2","extensions":["binary_tensor_data","classification","model_repository","model_repository(unload_dependents)","statistics"]}`
	modelSays  = `{"name":"m","versions":["1"],"platform":"onnx_onnxv1",` +
		`"inputs":[{"name":"image","datatype":"BYTES","shape":[1]},{"name":"input","datatype":"FP32","shape":[-1,3,2,2]}],` +
		`"outputs":[{"name":"logits","datatype":"FP32","shape":[-1,2]},{"name":"label","datatype":"BYTES","shape":[-1]}]}`
)

func TestServerTellsWhatItIs(t *testing.T) {
	url := serve(t, &fake{models: map[string]bool{"m": true, "cold": false, "a/b c%": true, "..": true}}).URL
	for _, tt := range []struct {
		path   string
		status int
		want   string
	}{
		{"/v2/health/live", 200, `{"live":true}`},
		{"/v2/health/ready", 200, `{"ready":true}`},
		{"/v2", 200, serverSays},
		{"/v2/", 200, serverSays},
		{"/v2/models/m", 200, modelSays},
		{"/v2/models/m/versions/1", 200, modelSays},
		{"/v2/models/m/ready", 200, `{"name":"m","ready":true}`},
		{"/v2/models/m/versions/1/ready", 200, `{"name":"m","ready":true}`},
		{"/v2/models/cold/ready", 400, `{"name":"cold","ready":false}`},
		{"/v2/models/a%2Fb%20c%25/ready", 200, `{"name":"a/b c%","ready":true}`},
		{"/v2/models/%2E%2E/ready", 200, `{"name":"..","ready":true}`},
		{"/v2/models/other", 404, `{"error":"no model \"other\""}`},
		{"/v2/models/other/ready", 404, `{"error":"no model \"other\""}`},
		{"/v2/models/other/stats", 404, `{"error":"no model \"other\""}`},
		{"/v2/models/m/versions/2", 404, `{"error":"model m has no version \"2\": want 1"}`},
		{"/v2/models/m/versions/2/ready", 404, `{"error":"model m has no version \"2\": want 1"}`},
		{"/v2/models/m/infer/nothing", 404, `{"error":"no GET /v2/models/m/infer/nothing in the Open Inference Protocol"}`},
		{"/v3", 404, `{"error":"no GET /v3 in the Open Inference Protocol"}`},
	} {
		resp, got := ask(t, "GET", url+tt.path, "", nil)
		if strings.TrimSpace(got) != tt.want || resp.StatusCode != tt.status || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s, %s: %s\nwant %d: %s", tt.path, resp.Status, resp.Header.Get("Content-Type"), got, tt.status, tt.want)
		}
	}
}

func TestServerThatStops(t *testing.T) {
	url := serve(t, &fake{stopped: true}).URL
	if resp, got := ask(t, "GET", url+"/v2/health/ready", "", nil); resp.StatusCode != 400 || strings.TrimSpace(got) != `{"ready":false}` {
		t.Errorf("%s, %s", resp.Status, got)
	}
	if resp, _ := ask(t, "GET", url+"/v2/health/live", "", nil); resp.StatusCode != 200 {
		t.Errorf("live: %s", resp.Status)
	}
}

// TestToken: without the token only one thing is told.
func TestToken(t *testing.T) {
	h := oip.NewServer(&fake{})
	h.Token = "open sesame"
	s := httptest.NewServer(h)
	defer s.Close()
	for _, tt := range []struct {
		path, authorization string
		want                int
	}{
		{"/v2/health/live", "", 200},
		{"/v2/health/ready", "", 401},
		{"/v2", "", 401},
		{"/v2", "Bearer open sesam", 401},
		{"/v2", "Bearer open sesame!", 401},
		{"/v2", "open sesame", 401},
		{"/v2", "Basic open sesame", 401},
		{"/v2", "Bearer ", 401},
		{"/v2/health/live/../../models/m", "", 401},
		{"/v2/nothing", "", 401},
		{"/v2", "Bearer open sesame", 200},
		{"/v2", "bearer open sesame", 200},
	} {
		req := httptest.NewRequest("GET", tt.path, nil)
		req.Header.Set("Authorization", tt.authorization)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if w.Code != tt.want {
			t.Errorf("%s with %q: %d; want %d", tt.path, tt.authorization, w.Code, tt.want)
		}
		if challenge := w.Header().Get("WWW-Authenticate"); (tt.want == 401) != (challenge == "Bearer" && strings.HasPrefix(w.Body.String(), `{"error":`)) {
			t.Errorf("%s with %q: %q, %s", tt.path, tt.authorization, challenge, w.Body)
		}
	}
	if err := dial(t, oip.Target{URL: s.URL, Token: "open sesame"}).Ready(t.Context()); err != nil {
		t.Errorf("a client with the token: %v", err)
	}
	if err := dial(t, oip.Target{URL: s.URL}).Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "401 Unauthorized: want the server's token") {
		t.Errorf("a client without: %v", err)
	}
}

func TestRepository(t *testing.T) {
	f := &fake{models: map[string]bool{"m": true, "a/b": false}}
	url := serve(t, f).URL
	const (
		m        = `{"name":"m","version":"1","state":"READY","reason":""}`
		unloaded = `{"name":"a/b","version":"1","state":"UNAVAILABLE","reason":"unloaded"}`
		loaded   = `{"name":"a/b","version":"1","state":"READY","reason":""}`
	)
	for _, tt := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/v2/repository/index", ``, 200, "[" + unloaded + "," + m + "]"},
		{"/v2/repository/index", `{}`, 200, "[" + unloaded + "," + m + "]"},
		{"/v2/repository/index", `{"ready":false}`, 200, "[" + unloaded + "," + m + "]"},
		{"/v2/repository/index", `{"ready":true}`, 200, "[" + m + "]"},
		{"/v2/repository/index", `{"ready":1}`, 400, `{"error":"ready 1: want true or false"}`},
		{"/v2/repository/index", `{`, 400, `{"error":"JSON of the body: unexpected end of JSON input"}`},
		{"/v2/repository/models/a%2Fb/load", ``, 200, ""},
		{"/v2/repository/models/a%2Fb/load", `{}`, 200, ""},
		{"/v2/repository/index", ``, 200, "[" + loaded + "," + m + "]"},
		{"/v2/repository/models/a%2Fb/unload", `{"parameters":{"unload_dependents":true}}`, 200, ""},
		{"/v2/repository/index", `{"ready":true}`, 200, "[" + m + "]"},
		{"/v2/repository/models/other/load", ``, 404, `{"error":"no model \"other\""}`},
		{"/v2/repository/models/other/unload", ``, 404, `{"error":"no model \"other\""}`},
		{"/v2/repository/models/a%2Fb/load", `{"parameters":{"config":"{}"}}`, 400, `{"error":"parameter \"config\": a model is loaded as the server has it"}`},
		{"/v2/repository/models/a%2Fb/load", `{"parameters":{"file:1/model.onnx":"AA=="}}`, 400, `{"error":"parameter \"file:1/model.onnx\": a model is loaded as the server has it"}`},
		{"/v2/repository/models/a%2Fb/load", strings.Repeat(" ", 64<<10+1), 413, `{"error":"body of more than 65536 bytes"}`},
		{"/v2/repository/index", `{"ready":true}`, 200, "[" + m + "]"},
	} {
		resp, got := ask(t, "POST", url+tt.path, "", []byte(tt.body))
		if strings.TrimSpace(got) != tt.want || resp.StatusCode != tt.status {
			t.Errorf("%s %.60s: %s: %s\nwant %d: %s", tt.path, tt.body, resp.Status, got, tt.status, tt.want)
		}
	}
}

// TestStatistics: what is counted is what was asked, and nothing of models
// that do not exist.
func TestStatistics(t *testing.T) {
	f := &fake{models: map[string]bool{"m": true, "n": false}, delay: 1e6}
	url := serve(t, f).URL
	spans := make(map[string]int64) // the sum of what the answers say
	post := func(model, body string) {
		_, text := ask(t, "POST", url+"/v2/models/"+model+"/infer", "", []byte(body))
		var a answer
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Fatal(err)
		}
		for name, ns := range a.Parameters {
			spans[name] += ns
		}
	}
	one := `{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["eA=="]}]}`
	two := `{"inputs":[{"name":"input","shape":[2,3,2,2],"datatype":"FP32","data":[` + strings.Repeat("0,", 23) + `0]}]}`
	post("m", one)
	post("m", two)
	post("m", `{"inputs":[]}`)
	post("other", one)

	var got struct {
		Stats []oip.ModelStatistics `json:"model_stats"`
	}
	read := func(path string) []oip.ModelStatistics {
		t.Helper()
		_, text := ask(t, "GET", url+path, "", nil)
		got.Stats = nil
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return got.Stats
	}
	all := read("/v2/models/stats")
	if len(all) != 2 || all[0].Name != "m" || all[1].Name != "n" || all[1].Inference != (oip.InferenceStats{}) {
		t.Fatalf("all: %+v", all)
	}
	if diff := cmp.Diff(all[:1], read("/v2/models/m/versions/1/stats")); diff != "" {
		t.Errorf("of m (-all +alone):\n%s", diff)
	}
	m, s := all[0], all[0].Inference
	if m.Version != "1" || m.InferenceCount != 3 || m.ExecutionCount != 2 || m.LastInference < 1e12 {
		t.Errorf("three images in two requests: %+v", m)
	}
	if s.Success.Count != 2 || s.Fail.Count != 1 || s.CacheHit != (oip.Total{}) {
		t.Errorf("two answered, one refused: %+v", s)
	}
	var sum time.Duration
	for name, phase := range map[string]oip.Total{
		"queue_ns": s.Queue, "fetch_ns": s.Fetch, "load_ns": s.Load,
		"compute_input_ns": s.ComputeInput, "compute_infer_ns": s.ComputeInfer, "compute_output_ns": s.ComputeOutput,
	} {
		if sum += phase.Time; phase.Count != 2 || phase.Time != time.Duration(spans[name]) {
			t.Errorf("%s: %+v; the answers say %d", name, phase, spans[name])
		}
	}
	if sum < 2*5*f.delay || s.Success.Time < sum {
		t.Errorf("success took %v, its phases %v; want at least 10 ms", s.Success.Time, sum)
	}

	post("m", one)
	d := read("/v2/models/m/stats")[0].Inference.Sub(s)
	if d.Success.Count != 1 || d.Fail.Count != 0 || d.Queue.Count != 1 || d.ComputeInfer.Time < f.delay || d.ComputeInfer.Time > d.Success.Time {
		t.Errorf("the difference of one request: %+v", d)
	}
}

// TestSub takes each counter from its own.
func TestSub(t *testing.T) {
	of := func(k int64) oip.InferenceStats {
		total := func(i int64) oip.Total { return oip.Total{Count: k * i, Time: time.Duration(10 * k * i)} }
		return oip.InferenceStats{
			Success: total(1), Fail: total(2), Queue: total(3), ComputeInput: total(4), ComputeInfer: total(5),
			ComputeOutput: total(6), CacheHit: total(7), Fetch: total(8), Load: total(9),
		}
	}
	if diff := cmp.Diff(of(2), of(5).Sub(of(3))); diff != "" { // 5 i - 3 i = 2 i
		t.Errorf("-want +got:\n%s", diff)
	}
}
