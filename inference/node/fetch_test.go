package node_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
)

// TestFetchTrustsNobody puts repositories before the node that lie in
// different ways. Each is told in the reply, nothing is held, and what was
// wrong is not run.
func TestFetchTrustsNobody(t *testing.T) {
	library(t)
	var serve http.HandlerFunc
	repository := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { serve(rw, r) }))
	defer repository.Close()
	address := strings.TrimPrefix(repository.URL, "http://")
	w := open(t, address)
	m := w.models[0]
	whole, err := m.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	flipped := slices.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	chunked := func(parts ...[]byte) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) {
			for _, p := range parts {
				rw.Write(p)
				rw.(http.Flusher).Flush()
			}
		}
	}
	for _, tt := range []struct {
		name  string
		serve http.HandlerFunc
		want  string
	}{
		{"one bit is wrong", chunked(flipped), "want " + m.SHA256},
		{"it ends early", chunked(whole[:1000]), fmt.Sprintf("cut after 1000 of %d bytes", m.Bytes)},
		{"it does not end", chunked(whole, whole), fmt.Sprintf("more bytes came than the %d", m.Bytes)},
		{"it offers another size", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Length", "123456789012")
		}, "123456789012 bytes are offered"},
		{"it does not have it", http.NotFound, "404 Not Found"},
		{"it is a page", chunked([]byte("<html>")), "cut after 6 of"},
	} {
		serve = tt.serve
		r := w.do(t, "a", m.Name, 0)
		if !strings.Contains(r.Err, "502 Bad Gateway: fetch "+m.Name+" from "+address) || !strings.Contains(r.Err, tt.want) || r.Prediction != -1 {
			t.Errorf("%s: %+v; want an error with %q", tt.name, r, tt.want)
		}
		if s := w.status(t, "a"); len(s.Held)+len(s.Loaded) > 0 || s.DownBps != 0 {
			t.Errorf("%s: afterwards %+v", tt.name, s)
		}
	}
	serve = chunked(whole)
	if r := w.do(t, "a", m.Name, 0); r.Err != "" || r.Fetched != m.Bytes {
		t.Errorf("after all: %+v", r)
	}
	serve = nil
	if s := w.status(t, "a"); len(s.Held) != 1 {
		t.Errorf("after all: %+v", s)
	}
}

// TestQueue: two that ask at once are answered one after the other, and the
// wait is the second's queue. A fetch that takes 200 ms makes sure of it.
func TestQueue(t *testing.T) {
	library(t)
	const slow = 200 * time.Millisecond
	var body []byte
	repository := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		time.Sleep(slow)
		rw.Write(body)
	}))
	defer repository.Close()
	w := open(t, strings.TrimPrefix(repository.URL, "http://"))
	var err error
	if body, err = w.models[0].ReadAll(); err != nil {
		t.Fatal(err)
	}
	other, _ := start(t, node.Config{Role: "control"})
	w.prepare(t, "b", w.models[0].Name)

	besides := w // the same world, asked by another control
	besides.control = other
	var wg sync.WaitGroup
	var first node.Reply
	wg.Go(func() { first = w.do(t, "a", w.models[0].Name, 0) })
	time.Sleep(slow / 4)
	second := besides.do(t, "b", w.models[0].Name, 1)
	wg.Wait()
	if first.Err+second.Err != "" {
		t.Fatal(first.Err, second.Err)
	}
	if first.Phases.Fetch < slow {
		t.Errorf("first: fetch %v, want at least %v", first.Phases.Fetch, slow)
	}
	// 51915 bytes in at least 200 ms are at most 2.08 Mbit/s.
	if s, most := w.status(t, "a"), int64(float64(8*len(body))/slow.Seconds()); s.DownBps <= most/100 || s.DownBps > most {
		t.Errorf("the first's arm knows of %d bit/s, want at most %d", s.DownBps, most)
	}
	if second.Phases.Queue < slow/4 || second.Phases.Fetch > slow/2 || second.Done < first.Done-first.Phases.Download {
		t.Errorf("second: %+v, done %v; the first at %v", second.Phases, second.Done, first.Done)
	}
}

// TestCutTransferIsResumed: what came before the cut is not fetched again, and
// what was fetched adds up to the file.
func TestCutTransferIsResumed(t *testing.T) {
	library(t)
	const cut = 20_000
	var requests []string // ranges that were asked for
	var serve http.Handler
	repository := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		requests = append(requests, r.Header.Get("Range"))
		if len(requests) == 1 {
			serve.ServeHTTP(&cutting{rw, cut}, r)
			panic(http.ErrAbortHandler) // which closes the connection
		}
		serve.ServeHTTP(rw, r)
	}))
	defer repository.Close()
	w := open(t, strings.TrimPrefix(repository.URL, "http://"))
	m := w.models[0]
	var err error
	if serve, err = model.NewRepository(w.models); err != nil {
		t.Fatal(err)
	}
	r := w.do(t, "a", m.Name, 0)
	if r.Err != "" || r.Prediction < 0 || r.Fetched != m.Bytes {
		t.Errorf("%+v; want %d bytes fetched", r, m.Bytes)
	}
	if want := []string{"", fmt.Sprintf("bytes=%d-", cut)}; !slices.Equal(requests, want) {
		t.Errorf("ranges asked for: %q, want %q", requests, want)
	}
	if s := w.status(t, "a"); len(s.Loaded) != 1 {
		t.Errorf("afterwards %+v", s)
	}
}

// A cutting writer lets so many bytes of a body through.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p[:min(len(p), c.left)])
	c.left -= n
	c.ResponseWriter.(http.Flusher).Flush()
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}
