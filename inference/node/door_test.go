package node

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/oip"
	"github.com/testbed/testbed/inference/onnx"
)

// alone is an inference node of the smallest model, without a network.
func alone(t *testing.T, cfg Config) (*inference, model.Model) {
	t.Helper()
	lib := needs.ONNX(t, onnx.Find)
	cfg.Name, cfg.Library, cfg.Models = "edge", lib, model.Builtin()[:2]
	n, err := newInference(cfg, sockets{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.close(); err != nil {
			t.Error(err)
		}
	})
	return n, cfg.Models[0]
}

// ask sends a query with a blank input and returns where its error will be.
func ask(n *inference, m model.Model) <-chan error {
	answered := make(chan error, 1)
	go func() {
		var times oip.Times
		_, err := n.Infer(context.Background(), oip.Query{Model: m.Name, Input: make([]float32, 3*m.Recipe.Size*m.Recipe.Size), Batch: 1}, &times)
		answered <- err
	}()
	return answered
}

func status(err error) int {
	var s *oip.StatusError
	if errors.As(err, &s) {
		return s.Status
	}
	return 0
}

// inside waits until n requests are.
func inside(t *testing.T, d *door, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		d.mu.Lock()
		got := d.inside
		d.mu.Unlock()
		if got == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d requests are inside, want %d", got, n)
		}
	}
}

// TestQueueIsBounded: with a limit of 2, one is answered and two wait; the
// fourth is told so at once, and those who wait are answered all the same.
func TestQueueIsBounded(t *testing.T) {
	n, m := alone(t, Config{QueueLimit: 2})
	n.turn <- struct{}{} // as the request that is being answered would
	var waiting []<-chan error
	for range 3 {
		waiting = append(waiting, ask(n, m))
	}
	inside(t, &n.door, 3)
	err := <-ask(n, m)
	if status(err) != http.StatusServiceUnavailable || err.Error() != "node edge: the queue is full: 2 requests wait" {
		t.Errorf("the fourth: %v (status %d)", err, status(err))
	}
	n.endTurn()
	for i, w := range waiting {
		if err := <-w; err != nil {
			t.Errorf("number %d that waited: %v", i, err)
		}
	}
	if err := <-ask(n, m); err != nil {
		t.Errorf("when nobody waits: %v", err)
	}
}

func TestDefaultQueueLimit(t *testing.T) {
	n, _ := alone(t, Config{})
	if n.door.limit != 64 {
		t.Errorf("limit %d, want 64", n.door.limit)
	}
	for _, cfg := range []Config{{QueueLimit: -1}, {RequestTimeout: -1}, {Threads: -1}, {Provider: "abacus"}, {Optimization: "most"}} {
		if _, err := newInference(cfg, sockets{}, nil); err == nil {
			t.Errorf("%+v: no error", cfg)
		}
	}
}

// TestRequestTimeout: one that waits for longer is given up, and counts no more.
func TestRequestTimeout(t *testing.T) {
	n, m := alone(t, Config{RequestTimeout: 30 * time.Millisecond})
	n.turn <- struct{}{}
	err := <-ask(n, m)
	if status(err) != http.StatusGatewayTimeout {
		t.Errorf("%v (status %d), want 504", err, status(err))
	}
	inside(t, &n.door, 0)
	n.endTurn()
}

// TestShutWaits: a door that is shut lets nobody in, and shut returns when the
// last has left.
func TestShutWaits(t *testing.T) {
	d := door{node: "edge", limit: 3}
	for range 2 {
		if err := d.enter(); err != nil {
			t.Fatal(err)
		}
	}
	shut := make(chan error, 1)
	go func() { shut <- d.shut(t.Context()) }()
	for d.isOpen() {
		time.Sleep(time.Millisecond)
	}
	if err := d.enter(); status(err) != http.StatusServiceUnavailable {
		t.Errorf("enter: %v, want 503", err)
	}
	d.leave()
	select {
	case err := <-shut:
		t.Errorf("shut returned (%v) while one was inside", err)
	case <-time.After(20 * time.Millisecond):
	}
	d.leave()
	if err := <-shut; err != nil {
		t.Error(err)
	}
	d.open()
	if err := d.enter(); err != nil {
		t.Errorf("enter after open: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.shut(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("shut with one inside and no time: %v", err)
	}
}

// TestCloseTurnsAway those who wait: they get an error, and open nothing once
// the node has closed.
func TestCloseTurnsAway(t *testing.T) {
	n, m := alone(t, Config{})
	n.turn <- struct{}{}
	waiting := ask(n, m)
	inside(t, &n.door, 1)
	closed := make(chan error, 1)
	go func() { closed <- n.close() }()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Errorf("who waited: %v", err)
	}
	n.endTurn()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := <-ask(n, m); err == nil || n.opened.Load() != 0 {
		t.Errorf("after close: %v; %d sessions opened", err, n.opened.Load())
	}
}
