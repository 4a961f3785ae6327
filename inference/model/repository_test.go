package model_test

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/model"
)

func serve(t *testing.T, models ...model.Model) *httptest.Server {
	t.Helper()
	r, err := model.NewRepository(models)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	return s
}

func do(t *testing.T, method, url, header, value string, body io.Reader) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if header != "" {
		req.Header.Set(header, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, got
}

func TestRepositoryServesFiles(t *testing.T) {
	m := model.Builtin()[0]
	want, err := m.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	url := serve(t, m).URL + "/v2/repository/models/" + m.Name + "/versions/1/file"

	resp, got := do(t, "GET", url, "", "", nil)
	if !bytes.Equal(got, want) || resp.ContentLength != m.Bytes || resp.Header.Get("ETag") != `"`+m.SHA256+`"` {
		t.Errorf("GET: %d bytes, Content-Length %d, ETag %s; want %d, that, and the hash", len(got), resp.ContentLength, resp.Header.Get("ETag"), m.Bytes)
	}
	resp, got = do(t, "GET", url, "Range", "bytes=10-19", nil)
	if resp.StatusCode != http.StatusPartialContent || !bytes.Equal(got, want[10:20]) {
		t.Errorf("range: %s, %d bytes", resp.Status, len(got))
	}
	resp, got = do(t, "GET", url, "If-None-Match", `"`+m.SHA256+`"`, nil)
	if resp.StatusCode != http.StatusNotModified || len(got) != 0 {
		t.Errorf("with the same ETag: %s, %d bytes", resp.Status, len(got))
	}
	resp, got = do(t, "GET", strings.Replace(url, m.Name, "other", 1), "", "", nil)
	if resp.StatusCode != http.StatusNotFound || !strings.Contains(string(got), `"other"`) {
		t.Errorf("unknown model: %s, %q", resp.Status, got)
	}
	if resp, _ = do(t, "POST", url, "", "", nil); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", resp.Status)
	}
}

func TestRepositoryRefusesCorruptFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.onnx")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := model.FromFile(path, model.Model{Name: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("abd"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := model.NewRepository([]model.Model{m}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("NewRepository: %v; want an error that names %s", err, path)
	}
}

func TestProbeDown(t *testing.T) {
	url := serve(t).URL
	resp, got := do(t, "GET", url+"/probe?bytes=300000", "", "", nil)
	if len(got) != 300000 || resp.ContentLength != 300000 {
		t.Errorf("%d bytes, Content-Length %d; want 300000", len(got), resp.ContentLength)
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(got)
	w.Close()
	if packed.Len() < len(got) {
		t.Errorf("the payload compresses to %d bytes", packed.Len())
	}
	for _, n := range []string{"", "-1", "x", "1e6", "99999999999"} {
		if resp, got := do(t, "GET", url+"/probe?bytes="+n, "", "", nil); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("bytes=%s: %s, %d bytes; want 400", n, resp.Status, len(got))
		}
	}
	if resp, got := do(t, "GET", url+"/ping", "", "", nil); resp.StatusCode/100 != 2 || len(got) != 0 {
		t.Errorf("ping: %s, %d bytes", resp.Status, len(got))
	}
}

// TestProbeUp sends a body in two parts and a pause: the times of the answer
// are of this clock, and Half is after the pause.
func TestProbeUp(t *testing.T) {
	const pause = 30 * time.Millisecond
	r, w := io.Pipe()
	before := clock.Now()
	go func() {
		w.Write(make([]byte, 1000))
		time.Sleep(pause)
		w.Write(make([]byte, 2000))
		w.Close()
	}()
	req, err := http.NewRequest("POST", serve(t).URL+"/probe", r)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = 3000
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var a model.Arrival
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	after := clock.Now()
	if a.Bytes != 3000 || a.First < before || a.Half < a.First+pause/2 || a.Last < a.Half || a.Last > after {
		t.Errorf("%+v; want 3000 bytes between %d and %d, half of them after %v", a, before, after, pause)
	}
}

// TestArrival: of 3000 bytes that come in chunks of 500, 1200, 800 and 500, a
// chunk each 10 ms, half is there with the second. The rest, 1300 bytes in
// 20 ms, is 8*1300/0.02 = 520 kbit/s.
func TestArrival(t *testing.T) {
	a := model.Arrival{First: time.Second, Last: time.Second + 30*time.Millisecond, Bytes: 3000, Half: time.Second + 10*time.Millisecond, HalfBytes: 1700}
	if got := a.Rate(); got != 520_000 {
		t.Errorf("Rate = %d, want 520000", got)
	}
	if got := (model.Arrival{First: 5, Last: 5, Bytes: 10, Half: 5, HalfBytes: 10}).Rate(); got != 0 {
		t.Errorf("Rate of what came at once = %d, want 0", got)
	}
}

func TestReceive(t *testing.T) {
	chunks := &chunked{[]int{500, 999, 1, 1500}}
	a, err := model.Receive(chunks, 3000)
	if err != nil || a.Bytes != 3000 || a.HalfBytes != 1500 {
		t.Errorf("Receive = %+v, %v; want 3000 bytes, half of them with the third chunk, at 1500", a, err)
	}
	if a.First > a.Half || a.Half > a.Last || a.First == 0 {
		t.Errorf("times %v, %v, %v are not in order", a.First, a.Half, a.Last)
	}
}

// chunked reads as so many bytes a call.
type chunked struct{ sizes []int }

func (c *chunked) Read(p []byte) (int, error) {
	if len(c.sizes) == 0 {
		return 0, io.EOF
	}
	n := c.sizes[0]
	c.sizes = c.sizes[1:]
	return n, nil
}
