package transfer_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/model/transfer"
)

// TestLies: what a server says or sends that is not the file is an error that
// says what was wanted, after one request where another would not mend it, and
// nothing wrong is left in the file.
func TestLies(t *testing.T) {
	data := content(1000)
	other := content(1001)[1:]
	chunked := func(body []byte) http.HandlerFunc { // no Content-Length
		return func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			w.Write(body)
		}
	}
	packed := func(w http.ResponseWriter, _ *http.Request) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(data)
		z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(b.Bytes())
	}
	tests := []struct {
		name     string
		held     int
		answer   http.HandlerFunc
		requests int
		what     string
	}{
		{"other bytes", 0, honest(other, ""), 1, "SHA-256 is " + sum(other) + ": want " + sum(data)},
		{"other bytes after right ones", 100, honest(other, ""), 2, "SHA-256 is "},
		{"length too small", 0, honest(data[:999], ""), 1, "999 bytes are offered: want 1000"},
		{"length too large", 0, honest(append(content(1000), 0), ""), 1, "1001 bytes are offered: want 1000"},
		{"no length, too much", 0, chunked(append(content(1000), 0)), 1, "more bytes came than the 1000"},
		{"no length, too little", 0, chunked(data[:10]), 3, "cut after 10 of 1000 bytes"},
		{"length not kept", 0, cutAfter(10, honest(data, "")), 3, "of 1000 bytes"},
		{"part of a longer file", 100, part("bytes 100-999/2000", data[100:]), 1, "a part of 2000 bytes is offered: want one of 1000"},
		{"part not asked for", 0, part("bytes 0-999/1000", data), 1, "no range was asked for"},
		{"part from elsewhere", 100, part("bytes 50-999/1000", data[50:]), 2, "no range was asked for"},
		{"part past the end", 100, part("bytes 100-1000/1001", content(901)), 2, "no range was asked for"},
		{"part without a range", 100, part("", data[100:]), 2, "no range was asked for"},
		{"part with nonsense for a range", 100, part("bytes x-y/z", data[100:]), 2, "no range was asked for"},
		{"part that is longer than it says", 100, part("bytes 100-199/1000", data[100:]), 1, "more bytes came"},
		{"packed", 0, packed, 1, `content encoding "gzip": want none`},
		{"not found", 0, status(404), 1, "404 Not Found"},
		{"forbidden", 100, status(403), 1, "403 Forbidden"},
		{"no such range", 0, status(416), 1, "416"},
		{"no content", 0, status(204), 1, "204"},
		{"busy", 0, status(503), 3, "3 attempts"},
		{"too many", 0, status(429, "Retry-After", "0"), 3, "429"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, test.answer)
			f := target(t, data[:test.held])
			d := download(s, data)
			d.Attempts = 3
			_, err := d.To(background, f)
			failed(t, f, data, err, s.URL, test.what)
			if n := len(s.seen()); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
		})
	}
}

// TestBadRangeIsNotTheEnd: a server whose ranges cannot be trusted is asked for
// everything.
func TestBadRangeIsNotTheEnd(t *testing.T) {
	data := content(1000)
	for name, bad := range map[string]http.HandlerFunc{
		"elsewhere":     part("bytes 0-899/1000", data[:900]),
		"not available": status(416),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, bad, honest(data, ""))
			f := target(t, data[:100])
			_, err := download(s, data).To(background, f)
			got(t, f, data, err)
			if want := []string{from(100), ""}; !cmp.Equal(s.ranges(), want) {
				t.Errorf("ranges %q, want %q", s.ranges(), want)
			}
		})
	}
}

// TestNoEnd: a server that never gives the file cannot keep a client at it.
func TestNoEnd(t *testing.T) {
	data, other := content(200_000), content(200_001)[1:]
	crumbs := func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &n)
		part(fmt.Sprintf("bytes %d-%d/200000", n, n), data[n:n+1])(w, r)
	}
	halves := func(w http.ResponseWriter, r *http.Request) { // the first of one file, the second of another
		if r.Header.Get("Range") == "" {
			cutAfter(100_000, honest(other, ""))(w, r)
			return
		}
		honest(data, "")(w, r)
	}
	whole := func(w http.ResponseWriter, r *http.Request) { // always cut, never resumed
		r.Header.Del("Range")
		cutAfter(150_000, honest(data, ""))(w, r)
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		held   int
	}{"crumbs": {crumbs, 100}, "halves": {halves, 0}, "whole": {whole, 100}} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.answer)
			d := download(s, data)
			d.Attempts = 4
			_, err := d.To(background, target(t, data[:test.held]))
			if err == nil {
				t.Fatal("no error")
			}
			if n := len(s.seen()); n > 12 {
				t.Errorf("%d requests before %v", n, err)
			}
		})
	}
}

// TestRetries: failures that pass are survived, and little progress now and
// then does not use the attempts up.
func TestRetries(t *testing.T) {
	data := content(400_000)
	h := honest(data, `"1"`)
	s := serve(t, status(500), status(502), cutAfter(70_000, h), status(503), status(408), cutAfter(70_000, h), status(504), h)
	f := target(t, nil)
	d := download(s, data)
	d.Attempts = 3
	r, err := d.To(background, f)
	got(t, f, data, err)
	if r.Attempts != 8 || r.Resumed != 2 {
		t.Errorf("%+v", r)
	}
}

// TestRetryAfter: the server is left alone for as long as it asks.
func TestRetryAfter(t *testing.T) {
	data := content(10)
	s := serve(t, status(503, "Retry-After", "1"), honest(data, ""))
	f := target(t, nil)
	start := time.Now()
	_, err := download(s, data).To(background, f)
	got(t, f, data, err)
	if took := time.Since(start); took < time.Second {
		t.Errorf("asked again after %v, want 1 s", took)
	}
}

// TestRefused: there is no server.
func TestRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	data := content(10)
	d := transfer.Download{URL: fmt.Sprintf("http://%s/m", address), SHA256: sum(data), Bytes: 10, Attempts: 2, Wait: time.Millisecond}
	f := target(t, nil)
	_, err = d.To(background, f)
	failed(t, f, data, err, address, "2 attempts", "refused")
}
