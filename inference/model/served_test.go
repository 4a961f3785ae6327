package model_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/model"
)

// stored is a model of a file that holds data.
func stored(t *testing.T, name string, data []byte) model.Model {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".onnx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := model.FromFile(path, model.Model{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRepositoryRanges(t *testing.T) {
	data := []byte(strings.Repeat("0123456789", 1000))
	m := stored(t, "m", data)
	url := serve(t, m).URL + model.FilePath("m")
	etag := `"` + m.SHA256 + `"`
	tests := []struct {
		method, header, value string
		status                int
		want                  string
		contentRange          string
	}{
		{"GET", "Range", "bytes=9995-", 206, "56789", "bytes 9995-9999/10000"},
		{"GET", "Range", "bytes=-3", 206, "789", "bytes 9997-9999/10000"},
		{"GET", "Range", "bytes=10000-", 416, "", "bytes */10000"},
		{"HEAD", "", "", 200, "", ""},
		{"HEAD", "Range", "bytes=0-4", 206, "", "bytes 0-4/10000"},
		{"GET", "If-None-Match", etag, 304, "", ""},
		{"GET", "If-None-Match", `"other"`, 200, string(data), ""},
		{"GET", "If-Match", `"other"`, 412, "", ""},
	}
	for _, test := range tests {
		resp, got := do(t, test.method, url, test.header, test.value, nil)
		if resp.StatusCode != test.status || resp.Header.Get("Content-Range") != test.contentRange {
			t.Errorf("%s, %s: %s: %s, Content-Range %q", test.method, test.header, test.value, resp.Status, resp.Header.Get("Content-Range"))
		}
		if test.status < 300 && string(got) != test.want {
			t.Errorf("%s, %s: %s: %d bytes, want %d", test.method, test.header, test.value, len(got), len(test.want))
		}
		if test.status < 400 && resp.Header.Get("ETag") != etag {
			t.Errorf("%s, %s: %s: ETag %s", test.method, test.header, test.value, resp.Header.Get("ETag"))
		}
	}
	if resp, _ := do(t, "HEAD", url, "", "", nil); resp.ContentLength != 10_000 || resp.Header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("HEAD: Content-Length %d, Accept-Ranges %q", resp.ContentLength, resp.Header.Get("Accept-Ranges"))
	}
	for tag, want := range map[string]int{etag: 206, `"other"`: 200} {
		req, err := http.NewRequest("GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Range", "bytes=100-")
		req.Header.Set("If-Range", tag)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("If-Range %s: %s, want %d", tag, resp.Status, want)
		}
	}
}

// TestRepositoryChangedFile: what changed on disk is not served, whatever its
// length and dates; what was put back is.
func TestRepositoryChangedFile(t *testing.T) {
	data := bytes.Repeat([]byte("abc"), 1000)
	m := stored(t, "m", data)
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(m.File, long, long); err != nil {
		t.Fatal(err)
	}
	url := serve(t, m).URL + model.FilePath("m")
	get := func(what string, want int) {
		t.Helper()
		resp, got := do(t, "GET", url, "", "", nil)
		if resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", what, resp.Status, want)
		}
		if (resp.StatusCode == 200) != bytes.Equal(got, data) {
			t.Errorf("%s: %s and %d bytes", what, resp.Status, len(got))
		}
		if want != 200 && !strings.Contains(string(got), m.File) {
			t.Errorf("%s: %q does not name the file", what, got)
		}
	}
	write := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(m.File, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	get("as it was", 200)
	other := bytes.Clone(data)
	other[1500] ^= 1
	write(other)
	get("one bit", 410)
	get("one bit, again", 410)
	write(data)
	get("put back", 200)
	write(other) // at once: within the tick of the file system's clock
	get("changed at once", 410)
	write(data[:10])
	get("cut short", 410)
	write(append(bytes.Clone(data), 0))
	get("longer", 410)
	write(data)
	get("put back again", 200)

	replacement := m.File + "x"
	if err := os.WriteFile(replacement, other, 0o600); err != nil {
		t.Fatal(err)
	}
	as, err := os.Stat(m.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(replacement, as.ModTime(), as.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(replacement, m.File); err != nil {
		t.Fatal(err)
	}
	get("another file", 410)
	os.Remove(m.File)
	resp, _ := do(t, "GET", url, "", "", nil)
	if resp.StatusCode != http.StatusGone {
		t.Errorf("no file: %s", resp.Status)
	}
}

// TestRepositoryHashesOnce: however many ask for a file that was touched, it is
// read through once.
func TestRepositoryHashesOnce(t *testing.T) {
	const size = 16 << 20
	m := stored(t, "m", make([]byte, size))
	url := serve(t, m).URL + model.FilePath("m")
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(m.File, long, long); err != nil {
		t.Fatal(err)
	}
	before := bytesRead(t)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if resp, got := do(t, "GET", url, "Range", "bytes=7-7", nil); len(got) != 1 {
				t.Errorf("%s, %d bytes", resp.Status, len(got))
			}
		})
	}
	all.Wait()
	if n := bytesRead(t) - before; n < size || n > size+size/4 {
		t.Errorf("%d bytes were read, want %d and little more", n, size)
	}
}

// bytesRead is how many bytes this process has read by system calls.
func bytesRead(t *testing.T) (n int64) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skip(err)
	}
	if _, err := fmt.Sscanf(string(text), "rchar: %d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestRepositoryMemory: five files of 32 MB cost no memory to speak of, served
// to several at once.
func TestRepositoryMemory(t *testing.T) {
	const size = 32 << 20
	var models []model.Model
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		models = append(models, stored(t, name, bytes.Repeat([]byte(name), size)))
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	url := serve(t, models...).URL
	var all sync.WaitGroup
	for _, m := range models {
		all.Go(func() {
			resp, err := http.Get(url + model.FilePath(m.Name))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if a, err := model.Receive(resp.Body, size); err != nil || a.Bytes != size {
				t.Errorf("%s: %d bytes, %v", m.Name, a.Bytes, err)
			}
		})
	}
	all.Wait()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > size/2 {
		t.Errorf("%d bytes were allocated to serve %d", used, 5*size)
	}
}

// TestRepositorySharesFiles: one file under two names is hashed once; the hash
// of each name's model counts.
func TestRepositorySharesFiles(t *testing.T) {
	m := stored(t, "m", []byte("abc"))
	n := m
	n.Name = "n"
	url := serve(t, m, n).URL
	for _, name := range []string{"m", "n"} {
		if resp, got := do(t, "GET", url+model.FilePath(name), "", "", nil); string(got) != "abc" {
			t.Errorf("%s: %s, %q", name, resp.Status, got)
		}
	}
	n.SHA256 = strings.Repeat("0", 64)
	if _, err := model.NewRepository([]model.Model{m, n}); err == nil || !strings.Contains(err.Error(), m.File) {
		t.Errorf("another hash for the same file: %v", err)
	}
	m.Bytes = 4
	if _, err := model.NewRepository([]model.Model{m}); err == nil || !strings.Contains(err.Error(), "want a file of 4") {
		t.Errorf("another length: %v", err)
	}
	m.File = t.TempDir()
	if _, err := model.NewRepository([]model.Model{m}); err == nil {
		t.Error("a folder: no error")
	}
}
