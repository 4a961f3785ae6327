package oip_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/oip"
)

func TestClient(t *testing.T) {
	f := &fake{}
	c := dial(t, oip.Target{URL: serve(t, f).URL})
	if err := c.Live(t.Context()); err != nil {
		t.Fatal(err)
	}
	native := oip.Native()
	for _, signature := range []*oip.Signature{&native, nil} {
		before := clock.Now()
		r, err := c.Classify(t.Context(), oip.Call{Model: "m", Arm: "advanced", Image: []byte("an image"), Signature: signature})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(oip.Query{Model: "m", Arm: "advanced", Image: []byte("an image"), Batch: 1}, f.got); diff != "" {
			t.Errorf("the backend was asked (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]float32{0.5, 1.5}, r.Logits); diff != "" {
			t.Errorf("logits (-want +got):\n%s", diff)
		}
		// Their difference is 1: e/(e+1).
		if want := math.E / (math.E + 1); math.Abs(r.Confidence-want) > 1e-6 {
			t.Errorf("confidence %v, want %v", r.Confidence, want)
		}
		ts := r.Times
		if want := ts.Arrived - r.Sent + r.Done - ts.Inferred; r.Trip() != want || want <= 0 {
			t.Errorf("a trip of %v, want %v", r.Trip(), want)
		}
		if want := ts.Received - ts.Arrived; r.Tail() != want {
			t.Errorf("a tail of %v, want %v", r.Tail(), want)
		}
		last := before
		for i, now := range []time.Duration{r.Sent, ts.Arrived, ts.Received, ts.Started, ts.Fetched, ts.Loaded, ts.Preprocessed, ts.Inferred, r.FirstByte, r.Done} {
			if now < last {
				t.Errorf("time %d, %v, is before the one before it, %v", i, now, last)
			}
			last = now
		}
		// The transport may learn that it has written after the server has read.
		if r.Wrote < r.Sent || r.Wrote > r.Done {
			t.Errorf("sent %v, wrote %v, done %v", r.Sent, r.Wrote, r.Done)
		}
		if ts.FetchBytes != 77 || r.Up <= 8 || r.Down <= 8 {
			t.Errorf("fetched %d, up %d, down %d", ts.FetchBytes, r.Up, r.Down)
		}
	}

	pixels := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	if _, err := c.Classify(t.Context(), oip.Call{Model: "m", Tensor: pixels, Shape: []int64{1, 3, 2, 2}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(oip.Query{Model: "m", Input: pixels, Batch: 1}, f.got); diff != "" {
		t.Errorf("of a tensor, the backend was asked (-want +got):\n%s", diff)
	}
}

// TestClientMeasuresTheWay: between the last byte of the request and the first
// of the answer is what the server did.
func TestClientMeasuresTheWay(t *testing.T) {
	const pause = 30 * time.Millisecond
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		time.Sleep(pause)
		io.WriteString(w, `{"outputs":[{"name":"y",`)
		w.(http.Flusher).Flush()
		time.Sleep(pause)
		io.WriteString(w, `"shape":[1],"datatype":"FP32","data":[1]}]}`)
	}))
	defer s.Close()
	r, err := dial(t, oip.Target{URL: s.URL}).Classify(t.Context(), oip.Call{Model: "m", Image: []byte("x"), Signature: &oip.Signature{Image: "image"}})
	if err != nil {
		t.Fatal(err)
	}
	// The server sees the last byte and sleeps before Wrote, at worst.
	if r.FirstByte-r.Sent < pause || r.Done-r.FirstByte < pause*9/10 || r.Wrote > r.FirstByte {
		t.Errorf("sent 0, wrote %v, first byte %v, done %v; want pauses of %v around the first byte", r.Wrote-r.Sent, r.FirstByte-r.Sent, r.Done-r.Sent, pause)
	}
	if r.Times != (oip.Times{}) {
		t.Errorf("times of a server that tells none: %+v", r.Times)
	}
}

func TestClientAsks(t *testing.T) {
	f := &fake{models: map[string]bool{"m": true, "a/b ?": false, "..": false}}
	c := dial(t, oip.Target{URL: serve(t, f).URL + "/"})
	ctx := t.Context()
	if m, err := c.ServerMetadata(ctx); err != nil || m.Name != "edge" || !m.Has("statistics") || m.Has("shared_memory") {
		t.Errorf("%+v, %v", m, err)
	}
	for _, name := range []string{"a/b ?", ".."} {
		if m, err := c.ModelMetadata(ctx, name); err != nil || m.Name != name || len(m.Inputs) != 2 || len(m.Outputs) != 2 {
			t.Errorf("%+v, %v", m, err)
		}
		var status *oip.StatusError
		if err := c.ModelReady(ctx, name); !errors.As(err, &status) {
			t.Errorf("%s is not ready: %v", name, err)
		}
		if err := c.Load(ctx, name); err != nil {
			t.Error(err)
		}
		if err := c.ModelReady(ctx, name); err != nil {
			t.Errorf("%s is ready: %v", name, err)
		}
		if r, err := c.Classify(ctx, oip.Call{Model: name, Image: []byte("x")}); err != nil || f.got.Model != name {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if s, err := c.Statistics(ctx, name); err != nil || s.Name != name || s.Inference.Success.Count != 1 {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	if err := c.Unload(ctx, "m"); err != nil {
		t.Error(err)
	}
	want := []oip.IndexEntry{
		{Name: "..", Version: "1", State: oip.StateReady},
		{Name: "a/b ?", Version: "1", State: oip.StateReady},
		{Name: "m", Version: "1", State: oip.StateUnavailable, Reason: "unloaded"},
	}
	if got, err := c.Index(ctx); err != nil || !cmp.Equal(want, got) {
		t.Errorf("%v\n%s", err, cmp.Diff(want, got))
	}
	for what, err := range map[string]error{
		"load":   c.Load(ctx, "other"),
		"unload": c.Unload(ctx, "other"),
		"ready":  c.ModelReady(ctx, "other"),
	} {
		var status *oip.StatusError
		if !errors.As(err, &status) || status.Status != 404 || err.Error() != `404 Not Found: no model "other"` {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := c.Load(ctx, ""); err == nil {
		t.Error("a model without a name: no error")
	}
}

func TestNewClientRefuses(t *testing.T) {
	for _, url := range []string{"", "edge:8801", "http://", "ftp://edge", "http://u:p@edge", "http://edge?x=1", "http://edge#x", "http://[::1"} {
		if _, err := oip.NewClient(oip.Target{URL: url}); err == nil || !strings.Contains(err.Error(), "want http://host:port") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestClientTellsErrors(t *testing.T) {
	native := oip.Native()
	for _, tt := range []struct {
		model string
		err   error
		want  string
	}{
		{"m", errors.New("out of memory"), "500 Internal Server Error: out of memory"},
		{"m", oip.Errorf(502, "fetch m: %w", io.ErrUnexpectedEOF), "502 Bad Gateway: fetch m: unexpected EOF"},
		{"m", oip.Errorf(503, "64 wait"), "503 Service Unavailable: 64 wait"},
		{"other", nil, `404 Not Found: no model "other"`},
		{"a/b", nil, `404 Not Found: no model "a/b"`},
		{"", nil, "a model without a name"},
	} {
		c := dial(t, oip.Target{URL: serve(t, &fake{err: tt.err}).URL})
		r, err := c.Classify(t.Context(), oip.Call{Model: tt.model, Image: []byte("x"), Signature: &native})
		if err == nil || err.Error() != tt.want {
			t.Errorf("error %v; want %s", err, tt.want)
		}
		if r.Sent == 0 || r.Done < r.Sent {
			t.Errorf("sent %v, done %v", r.Sent, r.Done)
		}
	}
	r, err := dial(t, oip.Target{URL: serve(t, &fake{}).URL}).Classify(t.Context(), oip.Call{Model: "m"})
	if err == nil || !strings.Contains(err.Error(), "neither an image nor a tensor") || r.Sent == 0 || r.Done < r.Sent {
		t.Errorf("nothing to send: %+v, %v", r, err)
	}
}

// TestClientDistrustsTheServer: answers that are not of the protocol are errors.
func TestClientDistrustsTheServer(t *testing.T) {
	native := oip.Native()
	for name, answer := range map[string]struct{ header, body string }{
		"a page":            {"", "<html>"},
		"no output":         {"", `{"model_name":"m","outputs":[]}`},
		"a lying header":    {"500", `{"model_name":"m","outputs":[]}`},
		"another output":    {"", `{"outputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}`},
		"logits as bytes":   {"", `{"outputs":[{"name":"logits","shape":[1],"datatype":"BYTES","data":["eA=="]}]}`},
		"no logits":         {"", `{"outputs":[{"name":"logits","shape":[0],"datatype":"FP32","data":[]}]}`},
		"times that aren't": {"", `{"parameters":{"recv_ns":"now"},"outputs":[{"name":"logits","shape":[1],"datatype":"FP32","data":[1]}]}`},
		"too much":          {"", strings.Repeat(" ", oip.MaxBody+1)},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if answer.header != "" {
				w.Header().Set(oip.HeaderLength, answer.header)
			}
			fmt.Fprint(w, answer.body)
		}))
		c := dial(t, oip.Target{URL: s.URL})
		if _, err := c.Classify(t.Context(), oip.Call{Model: "m", Image: []byte("x"), Signature: &native}); err == nil || !strings.HasPrefix(err.Error(), "answer") {
			t.Errorf("%s: %v; want an error of the answer", name, err)
		}
		c.Close()
		s.Close()
	}
}

// TestClientGoesNowhereElse: another address could be anybody's, and is not
// what is measured.
func TestClientGoesNowhereElse(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the client followed") }))
	defer other.Close()
	s := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	if err := dial(t, oip.Target{URL: s.URL, Token: "secret"}).Ready(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "307 ") {
		t.Errorf("%v", err)
	}
}

func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(oip.NewServer(&fake{}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of the client that hangs up
	s.StartTLS()
	defer s.Close()
	config := s.Client().Transport.(*http.Transport).TLSClientConfig
	c := dial(t, oip.Target{URL: s.URL, TLS: config})
	if r, err := c.Classify(t.Context(), oip.Call{Model: "m", Image: bytes.Repeat([]byte("x"), 100)}); err != nil || len(r.Logits) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := dial(t, oip.Target{URL: s.URL}).Live(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("of nobody's certificate: %v", err)
	}
}
