package store_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/model/store"
)

// published is a made-up entry of the catalogue whose file is that of the i-th
// built-in model.
func published(i int) (model.Entry, model.Variant, model.ZooFile) {
	b := model.Builtin()[i]
	f := model.ZooFile{Path: "vision/model/x-7.onnx", Bytes: b.Bytes, SHA256: b.SHA256, Opset: 13, Kind: "float32"}
	v := model.Variant{Weights: "V1", Top1: 0.7, Top5: 0.9, Source: "somebody", Recipe: b.Recipe, Files: []model.ZooFile{f}}
	return model.Entry{Name: "x", Family: "x", Input: 32, Parameters: 12_000, MACs: 34, Variants: []model.Variant{v}}, v, f
}

// A mirror serves data under the path of published, and counts.
type mirror struct {
	*httptest.Server
	requests atomic.Int64
	cut      atomic.Int64 // bytes after which the next connection is cut; 0: not
}

func serve(t *testing.T, data []byte) *mirror {
	t.Helper()
	m := &mirror{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.requests.Add(1)
		if r.URL.Path != "/base/vision/model/x-7.onnx" {
			http.NotFound(w, r)
			return
		}
		if n := m.cut.Swap(0); n > 0 {
			w.Header().Set("Content-Length", "51915")
			w.Write(data[:n])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(m.Close)
	return m
}

func TestPull(t *testing.T) {
	data := onnx(t, 0)
	from := serve(t, data)
	from.cut.Store(20_000)
	s := open(t)
	e, v, f := published(0)
	var last int64
	m, err := s.Pull(background, e, v, f, store.Options{Mirror: from.URL + "/base", Progress: func(done, _ int64) { last = done }})
	if err != nil {
		t.Fatal(err)
	}
	want := model.Model{
		Name: "x", SHA256: f.SHA256, Bytes: f.Bytes, Parameters: 12_000, MACs: 34,
		Accuracy: 0.7, Dataset: "imagenet", Source: "V1: somebody", Recipe: v.Recipe, File: filepath.Join(s.Dir(), "blobs", f.SHA256),
	}
	if d := cmp.Diff(want, m); d != "" {
		t.Errorf("Pull: -want +got\n%s", d)
	}
	if got, err := m.ReadAll(); err != nil || !bytes.Equal(got, data) || last != f.Bytes {
		t.Errorf("%d bytes, %v; progress ends at %d", len(got), err, last)
	}
	if n := from.requests.Load(); n != 2 {
		t.Errorf("%d requests, want one that was cut and one for the rest", n)
	}

	// It is there: nothing is fetched, under this name or another.
	if _, err := s.Pull(background, e, v, f, store.Options{Mirror: from.URL, Name: "y"}); err != nil {
		t.Error(err)
	}
	if models, err := s.List(); len(models) != 2 || err != nil || from.requests.Load() != 2 {
		t.Errorf("%v, %v, %d requests", models, err, from.requests.Load())
	}

	// It is damaged: it is fetched again.
	flip(t, m.File, 100)
	if _, err := s.Pull(background, e, v, f, store.Options{Mirror: from.URL + "/base"}); err != nil {
		t.Error(err)
	}
	if p, err := s.Verify(background, nil); len(p) > 0 || err != nil || from.requests.Load() != 3 {
		t.Errorf("%v, %v, %d requests", p, err, from.requests.Load())
	}
}

// TestPullResumes: a Pull that was broken off leaves its part for the next.
func TestPullResumes(t *testing.T) {
	data := onnx(t, 0)
	from := serve(t, data)
	s := open(t)
	e, v, f := published(0)
	ctx, cancel := context.WithCancel(background)
	from.cut.Store(20_000)
	_, err := s.Pull(ctx, e, v, f, store.Options{Mirror: from.URL + "/base", Progress: func(done, _ int64) {
		if done == 20_000 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("broken off: %v", err)
	}
	if models, err := s.List(); len(models) > 0 || err != nil {
		t.Errorf("a part can be seen: %v, %v", models, err)
	}
	first := int64(0)
	if _, err = s.Pull(background, e, v, f, store.Options{Mirror: from.URL + "/base", Progress: func(done, _ int64) {
		if first == 0 {
			first = done
		}
	}}); err != nil {
		t.Fatal(err)
	}
	if first <= 20_000 {
		t.Errorf("the next begins at %d bytes, want after 20000", first)
	}
	if left, _ := os.ReadDir(filepath.Join(s.Dir(), "tmp")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestPullRefused(t *testing.T) {
	e, v, f := published(0)
	wrong := serve(t, onnx(t, 1)) // another model
	s := open(t)
	_, err := s.Pull(background, e, v, f, store.Options{Mirror: wrong.URL + "/base"})
	says(t, err, "model x", wrong.URL, "bytes are offered")
	flipped := onnx(t, 0)
	flipped[1000] ^= 1
	_, err = s.Pull(background, e, v, f, store.Options{Mirror: serve(t, flipped).URL + "/base"})
	says(t, err, "SHA-256 is ", "want "+f.SHA256)
	_, err = s.Pull(background, e, v, f, store.Options{Mirror: serve(t, onnx(t, 0)).URL + "/nowhere"})
	says(t, err, "404")
	_, err = s.Pull(background, e, v, f, store.Options{Mirror: "ftp://x/y"})
	says(t, err, `mirror "ftp://x/y"`)
	_, err = s.Pull(background, e, v, f, store.Options{Mirror: "http://localhost:1", Name: "../x"})
	says(t, err, "name: ")

	// Right bytes that cannot be run as the catalogue says.
	v.Recipe.Size = 64
	from := serve(t, onnx(t, 0))
	_, err = s.Pull(background, e, v, f, store.Options{Mirror: from.URL + "/base"})
	says(t, err, "takes 32 pixels, the recipe cuts out 64")
	if _, _, err := s.GC(); err != nil { // the parts of refused files may stay until then
		t.Fatal(err)
	}
	empty(t, s)
}

// TestPullMirrors: the environment's mirror is used, and what one place does
// not have the next is asked for.
func TestPullMirrors(t *testing.T) {
	e, v, f := published(0)
	from := serve(t, onnx(t, 0))
	t.Setenv("TESTBED_MIRROR", from.URL+"/base/")
	if _, err := open(t).Pull(background, e, v, f, store.Options{}); err != nil {
		t.Errorf("by TESTBED_MIRROR: %v", err)
	}

	t.Setenv("TESTBED_MIRROR", "")
	var hosts []string
	client := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		hosts = append(hosts, r.URL.Host)
		if !strings.HasSuffix(r.URL.Path, "/main/vision/model/x-7.onnx") {
			t.Errorf("asked for %s", r.URL)
		}
		if len(hosts) == 1 {
			return &http.Response{StatusCode: 404, Status: "404 Not Found", Body: http.NoBody, Request: r}, nil
		}
		r.URL.Scheme, r.URL.Host, r.URL.Path = "http", strings.TrimPrefix(from.URL, "http://"), "/base/vision/model/x-7.onnx"
		return http.DefaultTransport.RoundTrip(r)
	})}
	if _, err := open(t).Pull(background, e, v, f, store.Options{Client: client}); err != nil || len(hosts) != 2 || hosts[0] == hosts[1] {
		t.Errorf("by default: %v, asked %q", err, hosts)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// TestPullWaits: a part that another process holds is waited for, and not
// written to once it has lost its name.
func TestPullWaits(t *testing.T) {
	from := serve(t, onnx(t, 0))
	s := open(t)
	e, v, f := published(0)
	part := filepath.Join(s.Dir(), "tmp", f.SHA256+".part")
	if err := os.MkdirAll(filepath.Dir(part), 0o755); err != nil {
		t.Fatal(err)
	}
	held, err := os.Create(part)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := unix.Flock(int(held.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := s.Pull(background, e, v, f, store.Options{Mirror: from.URL + "/base"})
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	os.Remove(part)
	held.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if p, err := s.Verify(background, nil); len(p) > 0 || err != nil {
		t.Errorf("Verify = %v, %v", p, err)
	}
}

// TestPullTogether: many that want one file fetch it once.
func TestPullTogether(t *testing.T) {
	from := serve(t, onnx(t, 0))
	s := open(t)
	e, v, f := published(0)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := s.Pull(background, e, v, f, store.Options{Mirror: from.URL + "/base"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := from.requests.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}
