package oip_test

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/oip"
)

// A fake has models of two classes and images of two pixels. Its logits are
// 0.5, 1.5, 2.5, …, so that the second class is always the best.
type fake struct {
	models  map[string]bool // whether they are loaded; nil: one, "m", loaded
	err     error           // of Infer
	stopped bool
	delay   time.Duration // of each phase

	mu  sync.Mutex
	got oip.Query
}

func (f *fake) held() map[string]bool {
	if f.models == nil {
		f.models = map[string]bool{"m": true}
	}
	return f.models
}

func (f *fake) Name() string { return "edge" }
func (f *fake) Ready() bool  { return !f.stopped }

func (f *fake) Metadata(name string) (oip.Metadata, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	loaded, ok := f.held()[name]
	if !ok {
		return oip.Metadata{}, oip.Errorf(http.StatusNotFound, "no model %q", name)
	}
	return oip.Metadata{Name: name, Size: 2, Classes: 2, Labels: []string{"go", "stop"}, Ready: loaded}, nil
}

func (f *fake) Infer(_ context.Context, q oip.Query, t *oip.Times) ([]float32, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got = q
	f.got.Image, f.got.Input = bytes.Clone(q.Image), slices.Clone(q.Input)
	for _, end := range []*time.Duration{&t.Started, &t.Fetched, &t.Loaded, &t.Preprocessed, &t.Inferred} {
		time.Sleep(f.delay)
		*end = clock.Now()
	}
	t.FetchBytes = 77
	if f.err != nil {
		return nil, f.err
	}
	logits := make([]float32, 2*q.Batch)
	for i := range logits {
		logits[i] = float32(i) + 0.5
	}
	return logits, nil
}

func (f *fake) Index() (all []oip.IndexEntry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(f.held())) {
		e := oip.IndexEntry{Name: name, Version: "1", State: oip.StateUnavailable, Reason: "unloaded"}
		if f.models[name] {
			e.State, e.Reason = oip.StateReady, ""
		}
		all = append(all, e)
	}
	return all
}

func (f *fake) Load(_ context.Context, name string) error   { return f.set(name, true) }
func (f *fake) Unload(_ context.Context, name string) error { return f.set(name, false) }

func (f *fake) set(name string, loaded bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.held()[name]; !ok {
		return oip.Errorf(http.StatusNotFound, "no model %q", name)
	}
	f.models[name] = loaded
	return nil
}

func serve(t *testing.T, f *fake) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(oip.NewServer(f))
	t.Cleanup(s.Close)
	return s
}

// dial returns a client of the server at url.
func dial(t *testing.T, target oip.Target) *oip.Client {
	t.Helper()
	c, err := oip.NewClient(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
