package transfer_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/model/transfer"
)

func TestWhole(t *testing.T) {
	data := content(1 << 20)
	s := serve(t, honest(data, `"1"`))
	f := target(t, nil)
	d := download(s, data)
	d.Header = http.Header{"Authorization": {"Bearer x"}}
	var last, total int64
	d.Progress = func(done, of int64) {
		if done <= last {
			t.Errorf("progress goes from %d to %d", last, done)
		}
		last, total = done, of
	}
	r, err := d.To(background, f)
	got(t, f, data, err)
	if r.Bytes != 1<<20 || r.Kept != 0 || r.Resumed != 0 || r.Attempts != 1 || r.ETag != `"1"` || r.Took <= 0 {
		t.Errorf("%+v", r)
	}
	if last != 1<<20 || total != 1<<20 {
		t.Errorf("progress ends at %d of %d", last, total)
	}
	if h := s.seen()[0].Header; h.Get("Authorization") != "Bearer x" || h.Get("Accept-Encoding") != "identity" || h.Get("Range") != "" {
		t.Errorf("headers %v", h)
	}
}

// TestCut: the connection is cut three times; each request asks for the rest,
// on the condition that it is of the same file.
func TestCut(t *testing.T) {
	data := content(300_000)
	h := honest(data, `"1"`)
	s := serve(t, cutAfter(100_000, h), cutAfter(50_000, h), cutAfter(1, h), h)
	f := target(t, nil)
	r, err := download(s, data).To(background, f)
	got(t, f, data, err)
	if want := []string{"", from(100_000), from(150_000), from(150_001)}; !cmp.Equal(s.ranges(), want) {
		t.Errorf("ranges %q, want %q", s.ranges(), want)
	}
	for i, req := range s.seen() {
		if want := map[bool]string{true: `"1"`}[i > 0]; req.Header.Get("If-Range") != want {
			t.Errorf("request %d: If-Range %q, want %q", i, req.Header.Get("If-Range"), want)
		}
	}
	if r.Bytes != 300_000 || r.Resumed != 3 || r.Attempts != 4 || r.Kept != 0 {
		t.Errorf("%+v; want 300000 bytes in 4 attempts, 3 of them resumed", r)
	}
}

// TestTakesUp: what an earlier run left is not fetched again.
func TestTakesUp(t *testing.T) {
	data := content(200_000)
	s := serve(t, honest(data, `"1"`))
	f := target(t, data[:120_000])
	d := download(s, data)
	d.ETag = `"1"`
	r, err := d.To(background, f)
	got(t, f, data, err)
	if r.Bytes != 80_000 || r.Kept != 120_000 || r.Resumed != 1 || s.seen()[0].Header.Get("If-Range") != `"1"` {
		t.Errorf("%+v, If-Range %q", r, s.seen()[0].Header.Get("If-Range"))
	}

	// The whole file is there: nothing is asked.
	r, err = download(s, data).To(background, f)
	got(t, f, data, err)
	if r.Attempts != 0 || r.Kept != 200_000 || len(s.seen()) != 1 {
		t.Errorf("%+v, %d requests in all", r, len(s.seen()))
	}
}

// TestHeldIsWrong: what is there is not of this file. It shows at the end, and
// the file is fetched anew, once.
func TestHeldIsWrong(t *testing.T) {
	data := content(100_000)
	other := content(100_001)[1:]
	for name, held := range map[string][]byte{"part": other[:40_000], "as long": other, "longer": append(content(100_000), 0)} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, honest(data, `"1"`))
			f := target(t, held)
			r, err := download(s, data).To(background, f)
			got(t, f, data, err)
			if last := s.ranges()[len(s.ranges())-1]; last != "" || r.Kept != 0 {
				t.Errorf("the last request asks for %q; %d bytes kept", last, r.Kept)
			}
			if n := len(s.seen()); name != "part" && n != 1 {
				t.Errorf("%d requests, want 1: what is there cannot be a part", n)
			}
		})
	}
}

// TestChanged: the file changed on the server between two requests. If-Range
// makes a good server send all of the new one; if that is what was wanted, well.
func TestChanged(t *testing.T) {
	old, data := content(100_001)[1:], content(100_000)
	s := serve(t, cutAfter(30_000, honest(old, `"old"`)), honest(data, `"new"`))
	f := target(t, nil)
	r, err := download(s, data).To(background, f)
	got(t, f, data, err)
	if r.Bytes != 130_000 || r.Resumed != 0 {
		t.Errorf("%+v", r)
	}

	// A server that ignores If-Range sends a part of the new file after one
	// of the old: its ETag gives it away.
	s = serve(t, cutAfter(30_000, honest(old, `"old"`)),
		part("bytes 30000-99999/100000", data[30_000:], "ETag", `"new"`), honest(data, `"new"`))
	f = target(t, nil)
	r, err = download(s, data).To(background, f)
	got(t, f, data, err)
	if want := []string{"", from(30_000), ""}; !cmp.Equal(s.ranges(), want) || r.Bytes != 130_000 {
		t.Errorf("ranges %q, %d bytes; want %q, 130000", s.ranges(), r.Bytes, want)
	}
}

// TestRangeIgnored: 200 with everything where a part was asked for.
func TestRangeIgnored(t *testing.T) {
	data := content(100_000)
	all := func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		honest(data, `"1"`)(w, r)
	}
	s := serve(t, cutAfter(60_000, all), all)
	f := target(t, nil)
	r, err := download(s, data).To(background, f)
	got(t, f, data, err)
	if r.Bytes != 160_000 || r.Resumed != 0 {
		t.Errorf("%+v", r)
	}
}

// TestPartOnly: a server may send less than was asked for.
func TestPartOnly(t *testing.T) {
	data := content(1000)
	s := serve(t, part("bytes 100-599/1000", data[100:600]), part("bytes 600-999/*", data[600:]))
	f := target(t, data[:100])
	r, err := download(s, data).To(background, f)
	got(t, f, data, err)
	if r.Resumed != 2 || r.Bytes != 900 {
		t.Errorf("%+v", r)
	}
}

func TestContext(t *testing.T) {
	data := content(100_000)
	ctx, cancel := context.WithCancel(background)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100000")
		w.Write(data[:50_000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	f := target(t, nil)
	d := download(s, data)
	d.Progress = func(done, _ int64) {
		if done == 50_000 {
			cancel()
		}
	}
	_, err := d.To(ctx, f)
	failed(t, f, data, err)
	if !errors.Is(err, context.Canceled) || len(holds(t, f)) != 50_000 {
		t.Errorf("%v, %d bytes are left; want the context's error and 50000", err, len(holds(t, f)))
	}
}

// TestIdle: a connection over which nothing comes counts as cut.
func TestIdle(t *testing.T) {
	data := content(1000)
	stuck := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write(data[:10])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	s := serve(t, stuck, honest(data, ""))
	f := target(t, nil)
	d := download(s, data)
	d.Idle = 500 * time.Millisecond
	r, err := d.To(background, f)
	got(t, f, data, err)
	if r.Resumed != 1 || r.Kept != 0 {
		t.Errorf("%+v", r)
	}

	d = download(serve(t, stuck), data)
	d.Idle, d.Attempts = 20*time.Millisecond, 2
	_, err = d.To(background, target(t, nil))
	if err == nil || !errors.Is(err, transfer.ErrIdle) {
		t.Errorf("a server that is stuck: %v", err)
	}
}

// TestSlow: a connection that is slow but not idle is let be.
func TestSlow(t *testing.T) {
	data := content(12)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "12")
		for i := range data {
			w.Write(data[i : i+1])
			w.(http.Flusher).Flush()
			time.Sleep(200 * time.Millisecond)
		}
	})
	f := target(t, nil)
	d := download(s, data)
	d.Idle = 2 * time.Second
	r, err := d.To(background, f)
	got(t, f, data, err)
	if r.Attempts != 1 || r.Took < 2*time.Second {
		t.Errorf("%+v; want one request of 11 waits of 200 ms and more", r)
	}
}

// TestDisk: a file that cannot be written to is not the server's fault.
func TestDisk(t *testing.T) {
	data := content(1000)
	s := serve(t, honest(data, ""))
	f, err := os.Open(target(t, nil).Name()) // for reading
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = download(s, data).To(background, f)
	failed(t, f, data, err, "file: ")
	if n := len(s.seen()); n > 1 {
		t.Errorf("%d requests", n)
	}
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	if _, err := download(s, data).To(background, full); err == nil {
		t.Error("no error where nothing can be written")
	}
}

func TestProxy(t *testing.T) {
	data := content(1000)
	proxy := serve(t, honest(data, ""))
	f := target(t, nil)
	d := download(proxy, data)
	d.URL = "http://models.invalid/m"
	d.Client = &http.Client{Transport: &http.Transport{Proxy: proxyTo(proxy.URL)}}
	_, err := d.To(background, f)
	got(t, f, data, err)
	if host := proxy.seen()[0].Host; host != "models.invalid" {
		t.Errorf("the proxy was asked for %s", host)
	}
}

func TestNeedsHashAndLength(t *testing.T) {
	f := target(t, nil)
	for _, d := range []transfer.Download{
		{URL: "http://x", Bytes: 10},
		{URL: "http://x", Bytes: 10, SHA256: sum(nil)[1:]},
		{URL: "http://x", SHA256: sum(nil)},
		{URL: "http://x", SHA256: sum(nil), Bytes: -1},
	} {
		if _, err := d.To(background, f); err == nil {
			t.Errorf("%+v: no error", d)
		}
	}
}
