package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestView: the page is served on this machine alone, until the program is
// told to end.
func TestView(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	out, in := io.Pipe()
	status := make(chan int, 1)
	go func() { status <- run(ctx, []string{"view", t.TempDir(), "--quiet"}, in, io.Discard) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if !net.ParseIP(at.Hostname()).IsLoopback() {
		t.Errorf("it listens on %s", at.Host)
	}
	r, err := http.Get(at.String() + "api/runs")
	if err != nil {
		t.Fatal(err)
	}
	if r.Body.Close(); r.StatusCode != http.StatusOK {
		t.Errorf("%s", r.Status)
	}
	stop()
	select {
	case got := <-status:
		if got != exitDone {
			t.Errorf("status %d", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
}

func TestViewWhat(t *testing.T) {
	for want, args := range map[string][]string{
		"no such file":            {"view", "testdata/none"},
		"want a run directory":    {"view", "view_test.go"},
		"--port 70000: want 1 to": {"view", "testdata", "--port", "70000"},
		"requires at least 1 arg": {"view"},
	} {
		var diag strings.Builder
		if got := run(context.Background(), args, io.Discard, &diag); got != exitInput || !strings.Contains(diag.String(), want) {
			t.Errorf("%q: status %d, %s", args, got, diag.String())
		}
	}
}
