package node_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/node"
)

// silentNode takes requests and answers none of them. It tells of each by its
// path.
func silentNode(t *testing.T) (address string, asked <-chan string) {
	t.Helper()
	paths := make(chan string, 100)
	ended := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet { // whether it is alive
			io.WriteString(w, "{}")
			return
		}
		io.Copy(io.Discard, r.Body)
		paths <- r.URL.Path
		select {
		case <-r.Context().Done():
		case <-ended:
		}
	}))
	t.Cleanup(func() { close(ended); s.Close() })
	return s.Listener.Addr().String(), paths
}

// TestRequestsToSeveralNodes: they are under way at the same time; those to one
// node follow each other.
func TestRequestsToSeveralNodes(t *testing.T) {
	c, _ := start(t, node.Config{Role: "control"})
	a, ofA := silentNode(t)
	b, ofB := silentNode(t)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	send := func(address string) {
		wg.Go(func() {
			if _, err := c.Do(ctx, node.DoArgs{Address: address, Model: "m", Image: []byte("x"), Timeout: time.Minute}); err != nil {
				t.Error(err)
			}
		})
	}
	send(a)
	<-ofA // it is there, and not answered
	send(b)
	<-ofB
	send(a)
	select {
	case <-ofA:
		t.Error("two requests to one node are under way")
	case <-time.After(100 * time.Millisecond):
	}
	cancel()
	wg.Wait()
}

// TestCutShort: a request whose context ends is a Reply that says so, at once,
// whether it is under way or waits for the one before it, and the next one to
// that node goes well.
func TestCutShort(t *testing.T) {
	c, _ := start(t, node.Config{Role: "control"})
	address, asked := silentNode(t)
	do := func(ctx context.Context, took chan<- node.Reply) {
		r, err := c.Do(ctx, node.DoArgs{Address: address, Model: "m", Image: []byte("x"), Timeout: time.Minute})
		if err != nil {
			t.Error(err)
		}
		took <- r
	}
	first, cutFirst := context.WithCancel(t.Context())
	second, cutSecond := context.WithCancel(t.Context())
	replies := make(chan node.Reply)
	before := clock.Now()
	go do(first, replies)
	<-asked
	go do(second, replies)
	for _, cut := range []context.CancelFunc{cutSecond, cutFirst} {
		cut()
		select {
		case r := <-replies:
			if r.Err != address+": the request was cut short" || r.Prediction != -1 || r.Sent < before || r.Done < r.Sent {
				t.Errorf("%+v", r)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("it goes on")
		}
	}
	third, cutThird := context.WithCancel(t.Context())
	go do(third, replies)
	select {
	case <-asked:
	case <-time.After(10 * time.Second):
		t.Error("the next request does not come")
	}
	cutThird()
	<-replies
	gone, end := context.WithCancel(t.Context())
	end()
	if r, err := c.Do(gone, node.DoArgs{Address: address, Model: "m", Image: []byte("x"), Timeout: time.Minute}); err != nil || !strings.HasSuffix(r.Err, "cut short") {
		t.Errorf("of a context that has ended: %+v, %v", r, err)
	}
}

// TestCutWithoutControl: a control that is gone does not keep anybody waiting.
func TestCutWithoutControl(t *testing.T) {
	ours, theirs := net.Pipe()
	go io.Copy(io.Discard, theirs) // a control that answers nothing
	c := node.Dial(ours)
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Do(ctx, node.DoArgs{Timeout: time.Minute}); err != context.DeadlineExceeded {
		t.Errorf("error %v, want that the deadline was exceeded", err)
	}
	theirs.Close()
	if _, err := c.Do(t.Context(), node.DoArgs{Timeout: time.Minute}); err == nil {
		t.Error("no error of a connection that has ended")
	}
}

// TestControlProbes: control measures the way to an inference node.
func TestControlProbes(t *testing.T) {
	w := open(t, "")
	p, err := w.control.Probe(t.Context(), node.ProbeArgs{Address: w.address, Pings: 3, DownBytes: 1 << 20, UpBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if p.RTT <= 0 || p.RTTMin > p.RTT || p.DownBps <= 0 || p.UpBps <= 0 {
		t.Errorf("%+v", p)
	}
	if s := w.status(t, ""); s.DownBps != 0 || s.FetchRTT != 0 {
		t.Errorf("the node knows of what control measured: %+v", s)
	}
	if _, err := w.control.Probe(t.Context(), node.ProbeArgs{Address: at(freePort(t)), Pings: 1}); err == nil {
		t.Error("no error of a node that is not there")
	}
	// What else the node answers is as it was.
	if r := w.do(t, "a", w.models[0].Name, 0); r.Err != "" || r.Confidence <= 0 || r.Confidence > 1 || r.Trip <= 0 || r.Trip > r.Phases.Upload+r.Phases.Download {
		t.Errorf("%+v", r)
	}
}
