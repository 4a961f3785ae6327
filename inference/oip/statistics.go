package oip

import (
	"context"
	"fmt"
	"time"
)

// ModelStatistics are counters of a model since the server started; they only
// grow, so the difference of two readings is what happened in between.
type ModelStatistics struct {
	Name           string         `json:"name"`
	Version        string         `json:"version,omitempty"`
	LastInference  int64          `json:"last_inference"`  // ms since 1970
	InferenceCount int64          `json:"inference_count"` // images
	ExecutionCount int64          `json:"execution_count"`
	Inference      InferenceStats `json:"inference_stats"`
}

// InferenceStats are the requests of a model and their phases.
type InferenceStats struct {
	Success       Total `json:"success"` // from the request's last byte to the answer's first
	Fail          Total `json:"fail"`
	Queue         Total `json:"queue"`
	ComputeInput  Total `json:"compute_input"` // what is needed to make the input: here, decoding and preprocessing
	ComputeInfer  Total `json:"compute_infer"`
	ComputeOutput Total `json:"compute_output"`
	CacheHit      Total `json:"cache_hit"` // 0 here: nothing is cached

	// Fetch and Load are this package's own: to fetch the model's file and to
	// open a session on behalf of a request, or to find that neither is needed.
	// They are 0 of other servers.
	Fetch Total `json:"fetch"`
	Load  Total `json:"load"`
}

// A Total is how often something was done, and how long that took together.
type Total struct {
	Count int64         `json:"count"`
	Time  time.Duration `json:"ns"`
}

func (t *Total) add(d time.Duration) {
	t.Count++
	t.Time += max(d, 0)
}

// plus adds factor times b.
func (t Total) plus(b Total, factor int64) Total {
	return Total{t.Count + factor*b.Count, t.Time + time.Duration(factor)*b.Time}
}

// Sub is what happened after before was read.
func (s InferenceStats) Sub(before InferenceStats) InferenceStats { return s.plus(before, -1) }

func (s InferenceStats) plus(b InferenceStats, factor int64) InferenceStats {
	return InferenceStats{
		Success:       s.Success.plus(b.Success, factor),
		Fail:          s.Fail.plus(b.Fail, factor),
		Queue:         s.Queue.plus(b.Queue, factor),
		ComputeInput:  s.ComputeInput.plus(b.ComputeInput, factor),
		ComputeInfer:  s.ComputeInfer.plus(b.ComputeInfer, factor),
		ComputeOutput: s.ComputeOutput.plus(b.ComputeOutput, factor),
		CacheHit:      s.CacheHit.plus(b.CacheHit, factor),
		Fetch:         s.Fetch.plus(b.Fetch, factor),
		Load:          s.Load.plus(b.Load, factor),
	}
}

// wireStatistics is the answer of the statistics extension.
type wireStatistics struct {
	Models []ModelStatistics `json:"model_stats"`
}

// Statistics reads the counters of a model, all versions together. A server
// that has no statistics extension refuses.
func (c *Client) Statistics(ctx context.Context, model string) (ModelStatistics, error) {
	path, err := modelPath("/v2", model)
	if err != nil {
		return ModelStatistics{}, err
	}
	var w wireStatistics
	if err := c.get(ctx, path+"/stats", &w); err != nil {
		return ModelStatistics{}, err
	}
	if len(w.Models) == 0 {
		return ModelStatistics{}, fmt.Errorf("answer: no statistics of model %s", model)
	}
	sum := w.Models[0]
	for _, s := range w.Models[1:] {
		sum.Version = ""
		sum.LastInference = max(sum.LastInference, s.LastInference)
		sum.InferenceCount += s.InferenceCount
		sum.ExecutionCount += s.ExecutionCount
		sum.Inference = sum.Inference.plus(s.Inference, 1)
	}
	return sum, nil
}
