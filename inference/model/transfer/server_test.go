package transfer_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/model/transfer"
)

// content is n bytes that repeat nowhere, so that a part in the wrong place
// shows.
func content(n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(data)
	return data
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// A server plays one answer after the other, then the last one again and again,
// and keeps the requests.
type server struct {
	*httptest.Server
	answers []http.HandlerFunc

	mu       sync.Mutex
	requests []*http.Request
}

func serve(t *testing.T, answers ...http.HandlerFunc) *server {
	t.Helper()
	s := &server{answers: answers}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	i := min(len(s.requests), len(s.answers)-1)
	s.requests = append(s.requests, r)
	s.mu.Unlock()
	s.answers[i](w, r)
}

// ranges are the Range headers of the requests so far, "" where there was none.
func (s *server) ranges() (all []string) {
	for _, r := range s.seen() {
		all = append(all, r.Header.Get("Range"))
	}
	return all
}

func (s *server) seen() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// honest serves data as a good server does, under an ETag.
func honest(data []byte, etag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}
}

// cutAfter lets n bytes of the body out and cuts the connection.
func cutAfter(n int, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h(&cutter{ResponseWriter: w, left: n}, r)
	}
}

type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	n, _ := c.ResponseWriter.Write(p[:min(len(p), c.left)])
	if c.left -= n; c.left == 0 {
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, nil
}

// status answers with a code and headers.
func status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// part answers 206 with any content under any Content-Range.
func part(contentRange string, body []byte, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Range", contentRange)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(http.StatusPartialContent)
		w.Write(body)
	}
}

// target is a file that holds some bytes.
func target(t *testing.T, held []byte) *os.File {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "file"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(held); err != nil {
		t.Fatal(err)
	}
	return f
}

func holds(t *testing.T, f *os.File) []byte {
	t.Helper()
	data, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<30))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// download is one of data from s that waits next to nothing.
func download(s *server, data []byte) transfer.Download {
	return transfer.Download{URL: s.URL + "/m", SHA256: sum(data), Bytes: int64(len(data)), Wait: time.Millisecond}
}

// got fails unless the download succeeded and f holds data.
func got(t *testing.T, f *os.File, data []byte, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if have := holds(t, f); !bytes.Equal(have, data) {
		t.Fatalf("%d bytes that are not the file's %d", len(have), len(data))
	}
}

// failed fails unless err says all of what, and f holds nothing wrong: a
// beginning of data, or nothing.
func failed(t *testing.T, f *os.File, data []byte, err error, what ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range what {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
	if have := holds(t, f); !bytes.HasPrefix(data, have) {
		t.Errorf("%d bytes are left that are not the file's", len(have))
	}
}

func from(n int) string { return fmt.Sprintf("bytes=%d-", n) }

var background = context.Background()

func proxyTo(address string) func(*http.Request) (*url.URL, error) {
	return func(*http.Request) (*url.URL, error) { return url.Parse(address) }
}
