package devices_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
)

// A fake answers as Triton Inference Server does, by its documents and not by
// our own package: tensors only, no images; empty answers to questions of
// health; no parameters; statistics. It runs the models that it is given, and
// spends a while on what a server spends time on besides.
type fake struct {
	sessions map[string]*onnx.Session
	sizes    map[string]int
	queue    time.Duration // that each request waits
	pause    time.Duration // in the middle of each answer
	silent   bool          // it has no statistics
	lazy     bool          // models are loaded when they are asked to be

	mu      sync.Mutex
	loaded  map[string]bool
	stats   map[string]*counted
	refused int // requests that were not as the protocol has them
}

// counted is inference_stats of a model.
type counted map[string]*struct {
	Count int64 `json:"count"`
	NS    int64 `json:"ns"`
}

func newFake(library string, models []model.Model) (*fake, error) {
	f := &fake{sessions: map[string]*onnx.Session{}, sizes: map[string]int{}, loaded: map[string]bool{}, stats: map[string]*counted{}}
	engine, err := onnx.Open(library)
	if err != nil {
		return nil, err
	}
	for _, m := range models {
		data, err := m.ReadAll()
		if err != nil {
			return nil, err
		}
		if f.sessions[m.Name], err = engine.Load(data, onnx.Options{Threads: 1}); err != nil {
			return nil, err
		}
		f.sizes[m.Name] = m.Recipe.Size
		c := counted{}
		for _, name := range []string{"success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit", "cache_miss"} {
			c[name] = new(struct {
				Count int64 `json:"count"`
				NS    int64 `json:"ns"`
			})
		}
		f.stats[m.Name] = &c
	}
	return f, nil
}

func (f *fake) handler() http.Handler {
	mux := http.NewServeMux()
	healthy := func(http.ResponseWriter, *http.Request) {}
	mux.HandleFunc("GET /v2/health/live", healthy)
	mux.HandleFunc("GET /v2/health/ready", healthy)
	mux.HandleFunc("GET /v2", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"name": "triton", "version": "2.41.0", "extensions": []string{
			"classification", "sequence", "model_repository", "model_repository(unload_dependents)", "schedule_policy",
			"model_configuration", "binary_tensor_data", "parameters", "statistics", "trace", "logging"}})
	})
	mux.HandleFunc("GET /v2/models/{model}", f.metadata)
	mux.HandleFunc("GET /v2/models/{model}/ready", func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if name := r.PathValue("model"); f.sessions[name] == nil || f.lazy && !f.loaded[name] {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	mux.HandleFunc("POST /v2/repository/models/{model}/load", func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.sessions[r.PathValue("model")] == nil {
			f.refuse(w, "failed to load '"+r.PathValue("model")+"', failed to poll from model repository")
			return
		}
		f.loaded[r.PathValue("model")] = true
	})
	mux.HandleFunc("GET /v2/models/{model}/stats", f.statistics)
	mux.HandleFunc("POST /v2/models/{model}/infer", f.infer)
	return mux
}

func (f *fake) refuse(w http.ResponseWriter, why string) {
	f.refused++
	w.WriteHeader(http.StatusBadRequest)
	json.NewEncoder(w).Encode(map[string]string{"error": why})
}

func (f *fake) metadata(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("model")
	size := f.sizes[name]
	if size == 0 {
		f.refuse(w, "Request for unknown model: '"+name+"' is not found")
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"name": name, "versions": []string{"1"}, "platform": "onnxruntime_onnx",
		"inputs":  []map[string]any{{"name": "pixels", "datatype": "FP32", "shape": []int{-1, 3, size, size}}},
		"outputs": []map[string]any{{"name": "scores", "datatype": "FP32", "shape": []int{-1, 40}}}})
}

func (f *fake) statistics(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := r.PathValue("model")
	if f.silent {
		http.NotFound(w, r)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"model_stats": []map[string]any{{"name": name, "version": "1",
		"last_inference": 0, "inference_count": 0, "execution_count": 0, "inference_stats": f.stats[name], "batch_stats": []int{}}}})
}

func (f *fake) infer(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := r.PathValue("model")
	began := time.Now()
	tensor, err := f.read(r, f.sizes[name])
	if err != nil {
		f.refuse(w, err.Error())
		return
	}
	time.Sleep(f.queue)
	queued := time.Now()
	scores, err := f.sessions[name].Run(tensor)
	if err != nil {
		f.refuse(w, err.Error())
		return
	}
	ran := time.Now()
	head, _ := json.Marshal(map[string]any{"model_name": name, "model_version": "1", "outputs": []map[string]any{
		{"name": "scores", "datatype": "FP32", "shape": []int{1, len(scores)}, "parameters": map[string]int{"binary_data_size": 4 * len(scores)}}}})
	body := head
	for _, x := range scores {
		body = binary.LittleEndian.AppendUint32(body, math.Float32bits(x))
	}
	for what, d := range map[string]time.Duration{"success": time.Since(began), "queue": queued.Sub(began), "compute_input": 0, "compute_infer": ran.Sub(queued), "compute_output": 0} {
		c := (*f.stats[name])[what]
		c.Count++
		c.NS += d.Nanoseconds()
	}
	w.Header().Set("Inference-Header-Content-Length", strconv.Itoa(len(head)))
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body[:len(head)])
	http.NewResponseController(w).Flush()
	time.Sleep(f.pause)
	w.Write(body[len(head):])
}

// read takes the tensor out of a request in binary form.
func (f *fake) read(r *http.Request, size int) ([]float32, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(r.Header.Get("Inference-Header-Content-Length"))
	if err != nil || n > len(body) {
		return nil, fmt.Errorf("header length %q of %d bytes", r.Header.Get("Inference-Header-Content-Length"), len(body))
	}
	var head struct {
		Inputs []struct {
			Name, Datatype string
			Shape          []int
			Parameters     struct {
				Size int `json:"binary_data_size"`
			}
		}
		Outputs []struct {
			Name       string
			Parameters struct {
				Binary bool `json:"binary_data"`
			}
		}
	}
	if err := json.Unmarshal(body[:n], &head); err != nil {
		return nil, err
	}
	if len(head.Inputs) != 1 || head.Inputs[0].Name != "pixels" || head.Inputs[0].Datatype != "FP32" || fmt.Sprint(head.Inputs[0].Shape) != fmt.Sprint([]int{1, 3, size, size}) {
		return nil, fmt.Errorf("inputs %+v: want pixels of [1 3 %d %d]", head.Inputs, size, size)
	}
	if len(head.Outputs) != 1 || head.Outputs[0].Name != "scores" || !head.Outputs[0].Parameters.Binary {
		return nil, fmt.Errorf("outputs %+v: want scores in binary", head.Outputs)
	}
	data := body[n:]
	if len(data) != head.Inputs[0].Parameters.Size || len(data) != 4*3*size*size {
		return nil, fmt.Errorf("%d bytes of tensor, %d announced: want %d", len(data), head.Inputs[0].Parameters.Size, 4*3*size*size)
	}
	tensor := make([]float32, len(data)/4)
	for i := range tensor {
		tensor[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return tensor, nil
}
