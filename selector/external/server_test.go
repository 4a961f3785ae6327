package external_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/selector"
	"github.com/testbed/testbed/selector/external"
)

// serving is a server that answers as it should but to select, and notes the
// types of messages.
func serving(t *testing.T, heardOf *[]string, choose http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var h heard
		text, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(text, &h); err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %v", r.Method, text, err)
		}
		if heardOf != nil {
			*heardOf = append(*heardOf, h.Type)
		}
		if h.Type == "select" {
			choose(w, r)
			return
		}
		fmt.Fprintf(w, `{"id":%d}`, h.ID)
	}))
	t.Cleanup(s.Close)
	return s
}

// asked is a selector behind a server.
func asked(t *testing.T, c external.Config, s *httptest.Server) selector.Selector {
	t.Helper()
	c.Name, c.URL = "mine", s.URL
	p, err := external.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return inTrial(t, p)
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// TestServer: whatever a server answers, each of three decisions in a row is its
// own, or has failed and comes in time.
func TestServer(t *testing.T) {
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	for name, tt := range map[string]struct {
		choose http.HandlerFunc
		failed string
	}{
		"good":      {says(`{"choice":"small@edge"}`), ""},
		"beyond":    {says(`{"choice":2}`), "chooses option 2: want 0 to 1"},
		"another":   {says(`{"id":77,"choice":1}`), "answers 77 instead of 3"},
		"nothing":   {says(``), `answers "": want a JSON object`},
		"page":      {says(`<html>`), `answers "<html>": want a JSON object`},
		"huge":      {says(`{"choice":1}` + strings.Repeat(" ", 1<<20)), "answers with more than 1 MiB"},
		"not found": {http.NotFound, "answers with status 404 Not Found: want 200"},
		"accepted":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202) }, "answers with status 202 Accepted: want 200"},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", 307) }, "answers with status 307 Temporary Redirect: want 200"},
		"hangs up":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		"slow": {func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-stop:
			case <-r.Context().Done():
			}
		}, "no answer within 300ms"},
		"slow body": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"choice":1`)
			w.(http.Flusher).Flush()
			select {
			case <-stop:
			case <-r.Context().Done():
			}
		}, "no answer within 300ms"},
	} {
		t.Run(name, func(t *testing.T) {
			server := serving(t, nil, tt.choose)
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.Start()
			s := asked(t, external.Config{Timeout: 300 * time.Millisecond}, server)
			for i := range 3 {
				begun := time.Now()
				d := request(s)
				failed := tt.failed
				if name == "another" {
					failed = strings.TrimSuffix(failed, "3")
				}
				if took := time.Since(begun); took > 5*time.Second {
					t.Errorf("decision %d took %v", i, took)
				}
				if (d.Failed == "") != (d.Choice == 1) || !strings.Contains(d.Failed, failed) || (d.Failed == "") != (failed == "") {
					t.Errorf("decision %d: option %d, failed %q; want %q", i, d.Choice, d.Failed, failed)
				}
			}
		})
	}
}

// TestServerForgets: a server that fails is told all again, once in a trial.
func TestServerForgets(t *testing.T) {
	var types []string
	server := serving(t, &types, http.NotFound)
	server.Start()
	said := &said{}
	s := asked(t, external.Config{Stderr: said}, server)
	for range 3 {
		request(s)
	}
	want := []string{"start", "trial", "select", "start", "trial", "select"}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Error(diff)
	}
	if want := "selector mine: answers with status 404 Not Found: want 200; begun again\n"; said.String() != want {
		t.Errorf("said %q, want %q", said, want)
	}
}

// TestTLS: a server is asked by https if it is one to trust.
func TestTLS(t *testing.T) {
	server := serving(t, nil, says(`{"choice":1}`))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	s := asked(t, external.Config{TLS: &tls.Config{RootCAs: roots}}, server)
	if d := request(s); d.Failed != "" || d.Choice != 1 {
		t.Errorf("option %d, failed %q", d.Choice, d.Failed)
	}
	_, err := external.Start(t.Context(), external.Config{Name: "mine", URL: server.URL})
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server that nobody knows: %v", err)
	}
}
