package node_test

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/onnx"
)

// library is the path of ONNX Runtime, or t is skipped (see needs).
func library(t testing.TB) string {
	t.Helper()
	return needs.ONNX(t, onnx.Find)
}

// start runs a node in this process and returns its client.
func start(t testing.TB, cfg node.Config) (*node.Client, node.Description) {
	t.Helper()
	c := dial(t)
	cfg.Address = "127.0.0.1"
	d, err := c.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c, d
}

func dial(t testing.TB) *node.Client {
	t.Helper()
	ours, theirs := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- node.Serve(theirs) }()
	c := node.Dial(ours)
	t.Cleanup(func() {
		c.Close()
		select {
		case err := <-served:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("Serve did not return after its client hung up")
		}
	})
	return c
}

// freePort returns a port of the loopback that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func at(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// A world is one node of each role, on the loopback.
type world struct {
	control, edge *node.Client
	address       string // of edge
	models        []model.Model
	described     node.Description // by edge
}

// open makes a world of two models. repository is the address of one, for
// tests that bring their own; empty: a node is it.
func open(t testing.TB, repository string) world {
	t.Helper()
	lib := library(t)
	w := world{models: model.Builtin()[:2]}
	if repository == "" {
		port := freePort(t)
		start(t, node.Config{Name: "repository", Role: "repository", Port: port, Models: w.models, Congestion: "reno"})
		repository = at(port)
	}
	w.control, _ = start(t, node.Config{Name: "control", Role: "control", Congestion: "reno"})
	port := freePort(t)
	w.address = at(port)
	w.edge, w.described = start(t, node.Config{
		Name: "edge", Role: "inference", Port: port, Threads: 1, Library: lib,
		Repository: repository, Models: w.models, Congestion: "reno",
	})
	return w
}

func (w world) do(t testing.TB, arm, name string, sample int) node.Reply {
	t.Helper()
	r, err := w.control.Do(t.Context(), node.DoArgs{Address: w.address, Arm: arm, Model: name, Image: image(t, sample), Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w world) status(t testing.TB, arm string) node.Status {
	t.Helper()
	s, err := w.edge.Status(t.Context(), arm)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w world) prepare(t testing.TB, arm string, models ...string) {
	t.Helper()
	if err := w.edge.Prepare(t.Context(), node.PrepareArgs{Arm: arm, Models: models}); err != nil {
		t.Fatal(err)
	}
}

func image(t testing.TB, i int) []byte {
	t.Helper()
	s, err := dataset.NewSigns(dataset.Test, i+1).Sample(i)
	if err != nil {
		t.Fatal(err)
	}
	return s.Image
}

// TestStartRefuses: each mistake is named.
func TestStartRefuses(t *testing.T) {
	for _, tt := range []struct {
		cfg  node.Config
		want string
	}{
		{node.Config{Name: "x", Role: "cloud"}, `node x: role "cloud": want control, repository or inference`},
		{node.Config{Name: "x", Role: "repository", Address: "192.0.2.1"}, "192.0.2.1"},
		{node.Config{Name: "x", Role: "repository", Models: []model.Model{{Name: "no-such"}}}, "no-such"},
		{node.Config{Name: "x", Role: "inference", Library: "/nowhere/lib.so"}, "/nowhere/lib.so"},
	} {
		if _, err := dial(t).Start(t.Context(), tt.cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Start(%+v): %v; want an error with %q", tt.cfg, err, tt.want)
		}
	}
	c := dial(t)
	if _, err := c.Start(t.Context(), node.Config{Role: "control"}); err != nil {
		t.Error(err)
	}
	if _, err := c.Start(t.Context(), node.Config{Role: "control"}); err == nil {
		t.Error("second Start: no error")
	}
	if _, err := c.Status(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "not an inference node") {
		t.Errorf("Status of control: %v", err)
	}
	if _, err := dial(t).Do(t.Context(), node.DoArgs{Timeout: time.Second}); err == nil || !strings.Contains(err.Error(), "not a control node") {
		t.Errorf("Do before Start: %v", err)
	}
}

func TestDescription(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("congestion control can be chosen on Linux only")
	}
	d := open(t, "").described
	if d.Name != "edge" || d.Role != "inference" || d.PID != os.Getpid() || len(d.CPUs) == 0 {
		t.Errorf("%+v", d)
	}
	if d.Congestion != "reno" || len(d.Warnings) > 0 {
		t.Errorf("congestion control %q, warnings %v; want reno, which everybody may use", d.Congestion, d.Warnings)
	}
	if d.Runtime["intra_threads"] != "1" || d.Runtime["version"] == "" {
		t.Errorf("runtime %v", d.Runtime)
	}
	_, d = start(t, node.Config{Name: "c", Role: "control", Congestion: "no-such-thing"})
	if d.Congestion != "reno" || len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0], "no-such-thing") {
		t.Errorf("congestion control %q, warnings %v; want reno instead, and to be told", d.Congestion, d.Warnings)
	}
}

// TestCancel: a call returns when its context ends, though the node is silent.
func TestCancel(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	go func() { // a node that never answers
		buf := make([]byte, 4096)
		for {
			if _, err := theirs.Read(buf); err != nil {
				return
			}
		}
	}()
	c := node.Dial(ours)
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Status(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Status: %v; want that the deadline was exceeded", err)
	}
}
