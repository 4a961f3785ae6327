package oip

import (
	"net/http"
	"sync"
	"time"

	"github.com/testbed/testbed/inference/clock"
)

// counts are the statistics of the models that requests were made for. There
// are no more of them than models, since a request for one that the backend
// does not have is not counted.
type counts struct {
	mu     sync.Mutex
	models map[string]*ModelStatistics
}

// add counts a request that was answered with a, or failed.
func (c *counts) add(model string, a answer, t Times, err error) {
	now := clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.models[model]
	if m == nil {
		m = &ModelStatistics{Name: model, Version: version}
		c.models[model] = m
	}
	m.LastInference = time.Now().UnixMilli()
	s := &m.Inference
	if err != nil {
		s.Fail.add(now - t.Received)
		return
	}
	m.InferenceCount += int64(a.images)
	m.ExecutionCount++
	s.Success.add(now - t.Received)
	s.Queue.add(a.spans.Queue)
	s.ComputeInput.add(a.spans.ComputeInput)
	s.ComputeInfer.add(a.spans.ComputeInfer)
	s.ComputeOutput.add(a.spans.ComputeOutput)
	s.Fetch.add(a.spans.Fetch)
	s.Load.add(a.spans.Load)
}

// of are the statistics of a model; zeros before the first request.
func (c *counts) of(model string) ModelStatistics {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := c.models[model]; m != nil {
		return *m
	}
	return ModelStatistics{Name: model, Version: version}
}

func (s *Server) statistics(w http.ResponseWriter, r *http.Request) error {
	m, err := s.model(r)
	if err != nil {
		return err
	}
	reply(w, http.StatusOK, wireStatistics{[]ModelStatistics{s.counts.of(m.Name)}})
	return nil
}

func (s *Server) allStatistics(w http.ResponseWriter, _ *http.Request) error {
	all := wireStatistics{Models: []ModelStatistics{}}
	for _, e := range s.backend.Index() {
		all.Models = append(all.Models, s.counts.of(e.Name))
	}
	reply(w, http.StatusOK, all)
	return nil
}
