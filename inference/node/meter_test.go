package node

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/testbed/testbed/inference/host"
)

// A line is a connection in virtual time: a handshake of 20 ms, an answer after
// as much, and then a tenth of the body every 10 ms.
type line struct {
	dialer *timedDialer
	bodies []string
}

func (l *line) RoundTrip(*http.Request) (*http.Response, error) {
	time.Sleep(20 * time.Millisecond)
	l.dialer.handshake, l.dialer.connected = 20*time.Millisecond, time.Now()
	time.Sleep(20 * time.Millisecond)
	body := l.bodies[0]
	l.bodies = l.bodies[1:]
	if body == "" {
		return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: io.NopCloser(strings.NewReader("come back later"))}, nil
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(&slowly{body, len(body) / 10})}, nil
}

type slowly struct {
	rest string
	step int
}

func (s *slowly) Read(p []byte) (int, error) {
	if s.rest == "" {
		time.Sleep(time.Second) // that nothing more comes is not of the transfer
		return 0, io.EOF
	}
	time.Sleep(10 * time.Millisecond)
	n := copy(p, s.rest[:s.step])
	s.rest = s.rest[n:]
	return n, nil
}

// TestMeter: ten parts take 20 ms for the answer to begin, which is as long as
// the handshake and so not counted, and 100 ms. Over two connections that is
// 200 ms; the handshake of each is left out, and so are a refusal between them
// and the time in which nothing was asked for.
func TestMeter(t *testing.T) {
	half, whole := strings.Repeat("x", 500), strings.Repeat("x", 1000)
	for _, tt := range []struct {
		name   string
		bodies []string
		want   sample
	}{
		{"at once", []string{whole}, sample{1000, 100 * ms, 20 * ms}},
		{"in two", []string{half, half}, sample{1000, 200 * ms, 20 * ms}},
		{"refused once", []string{half, "", half}, sample{1000, 200 * ms, 20 * ms}},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := &timedDialer{}
			m := &meter{transport: &line{d, tt.bodies}, dialer: d}
			for range tt.bodies {
				resp, err := m.RoundTrip(nil)
				if err != nil {
					t.Fatal(err)
				}
				io.Copy(io.Discard, resp.Body)
				time.Sleep(time.Second)
			}
			if got := m.sample(); got != tt.want {
				t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
			}
		})
	}
}

// TestNothingIsLeftOfFiles: neither kind has a name, both can be opened again
// by their path while they are open, and not afterwards.
func TestNothingIsLeftOfFiles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for name, make := range map[string]func() (*file, error){
		"memory":   newMemoryFile,
		"disk":     newDiskFile,
		"unlinked": func() (*file, error) { f, err := unlinked(dir); return &file{File: f}, err },
	} {
		f, err := make()
		if err != nil {
			t.Fatal(name, err)
		}
		if _, err := f.WriteString("a model"); err != nil {
			t.Error(name, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: %v is there, %v", name, left, err)
		}
		path := f.path()
		if got, err := os.ReadFile(path); err != nil || string(got) != "a model" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if err := f.release(); err != nil {
			t.Error(name, err)
		}
		if got, err := os.ReadFile(path); err == nil && string(got) == "a model" {
			t.Errorf("%s: it can be read after it was released", name)
		}
	}
}

// TestLargeFilesAreOnTheDisk: a model of half the memory that there is would not
// leave enough to open it.
func TestLargeFilesAreOnTheDisk(t *testing.T) {
	free, ok := host.Memory()
	if !ok {
		t.Skip("free memory cannot be read on this system")
	}
	for size, want := range map[int64]string{1 << 20: "model in memory", free / 2: "model on the disk"} {
		f, err := newFile(size)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name() != want {
			t.Errorf("%d bytes: %s, want %s", size, f.Name(), want)
		}
		if err := f.release(); err != nil {
			t.Error(err)
		}
	}
	kept, err := newDiskFile()
	if err != nil {
		t.Fatal(err)
	}
	kept.kept = true
	if err := errors.Join(kept.release(), (*file)(nil).release(), kept.Close()); err != nil {
		t.Errorf("release of what is another's, and of none: %v", err)
	}
}
