package node_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/oip"
)

func client(t *testing.T, target oip.Target) *oip.Client {
	t.Helper()
	c, err := oip.NewClient(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func classify(c *oip.Client, name string, file []byte) error {
	_, err := c.Classify(context.Background(), oip.Call{Model: name, Image: file})
	return err
}

func takeOver(t *testing.T, o node.DialOptions, cfg node.Config) (*node.Client, node.Description) {
	t.Helper()
	c, err := node.DialNode(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	cfg.Role, cfg.Congestion = "inference", "reno"
	d, err := c.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c, d
}

// eventually waits until ok says so.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("20 s later: not " + what)
		}
	}
}

// index maps the models of a server to their states.
func index(t *testing.T, url string) map[string]oip.State {
	t.Helper()
	resp, err := http.Post(url+"/v2/repository/index", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var entries []oip.IndexEntry
	if err := json.NewDecoder(resp.Body).Decode(&entries); err != nil {
		t.Fatal(err)
	}
	states := make(map[string]oip.State)
	for _, e := range entries {
		states[e.Name] = e.State
	}
	return states
}

// TestStandingAlone: what is asked for is loaded, from the disk of the node.
func TestStandingAlone(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	name := model.Builtin()[0].Name
	if s := index(t, n.url); s[name] != oip.StateUnavailable || len(s) != 2 {
		t.Errorf("at first: %v", s)
	}
	c := client(t, oip.Target{URL: n.url})
	r, err := c.Classify(t.Context(), oip.Call{Model: name, Image: image(t, 0)})
	if err != nil || len(r.Logits) != 40 || r.Times.FetchBytes != 0 {
		t.Errorf("%d logits, %+v, %v", len(r.Logits), r.Times, err)
	}
	if s := index(t, n.url); s[name] != oip.StateReady {
		t.Errorf("after a request: %v", s)
	}
}

// TestTakenOver follows a node through a run: its own models, the runner's from
// the runner's repository, and its own again. What the runner says of files and
// libraries on its machine means nothing on the node's.
func TestTakenOver(t *testing.T) {
	n := listen(t, node.ListenOptions{Models: model.Builtin()[:1], Threads: 1})
	own, foreign := model.Builtin()[0], model.Builtin()[1]
	data, err := foreign.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	foreign.Name, foreign.File = "theirs", "/nowhere/theirs.onnx"
	repository, fetches := serveFile(t, foreign, data)
	plain := client(t, oip.Target{URL: n.url})
	if err := classify(plain, own.Name, image(t, 0)); err != nil {
		t.Fatal(err)
	}

	c, d := takeOver(t, node.DialOptions{URL: n.url}, node.Config{Name: "phone", Library: "/nowhere/lib.so", Repository: repository, Models: []model.Model{foreign}})
	if d.Name != "phone" || d.PID != os.Getpid() || d.Machine.OS == "" || d.Machine.CPUs == 0 {
		t.Errorf("described as %+v", d)
	}
	if _, ok := c.LocalAddr().(*net.TCPAddr); !ok {
		t.Errorf("LocalAddr: %v", c.LocalAddr())
	}
	if s := index(t, n.url); len(s) != 1 || s["theirs"] != oip.StateUnavailable {
		t.Errorf("taken over: %v", s)
	}
	// A cold arm fetches; Prepare does so once for all arms, and tells no rate.
	for range 2 {
		for _, arm := range []string{"b", "c"} {
			if err := c.Prepare(t.Context(), node.PrepareArgs{Arm: arm, Models: []string{"theirs"}}); err != nil {
				t.Fatal(err)
			}
			if err := c.Prepare(t.Context(), node.PrepareArgs{Arm: arm}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := fetches.Load(); got != 1 {
		t.Errorf("%d fetches to prepare, want 1", got)
	}
	if s, err := c.Status(t.Context(), "b"); err != nil || s.DownBps != 0 || s.Opened != 4 {
		t.Errorf("after Prepare: %+v, %v; want 4 sessions opened, no rate known", s, err)
	}
	r, err := plain.Classify(t.Context(), oip.Call{Model: "theirs", Arm: "a", Image: image(t, 0)})
	if err != nil || r.Times.FetchBytes != foreign.Bytes || fetches.Load() != 2 {
		t.Errorf("cold: %d bytes fetched, %d fetches, %v", r.Times.FetchBytes, fetches.Load(), err)
	}
	if err := classify(plain, own.Name, image(t, 0)); err == nil {
		t.Error("the node's own model answers while a runner has it")
	}

	c.Close()
	eventually(t, "its own model loaded again", func() bool { return index(t, n.url)[own.Name] == oip.StateReady })
	if err := classify(plain, own.Name, image(t, 0)); err != nil {
		t.Error(err)
	}
	if s := index(t, n.url); len(s) != 1 {
		t.Errorf("given back: %v", s)
	}
}

// serveFile is a repository of one file, and counts how often it is asked for it.
func serveFile(t *testing.T, m model.Model, data []byte) (address string, asked *atomic.Int64) {
	asked = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != model.FilePath(m.Name) {
			http.NotFound(w, r)
			return
		}
		asked.Add(1)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://"), asked
}

// TestOneRunner: the second is refused, and gets the node once it is free.
func TestOneRunner(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	first, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url}); err == nil || !strings.Contains(err.Error(), "409 Conflict: another runner has this node") {
		t.Errorf("a second runner: %v", err)
	}
	first.Close()
	second, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url})
	if err != nil {
		t.Fatalf("after the first hung up: %v", err)
	}
	second.Close()
}

// TestRolesOfStandingNodes: what it cannot be, and what it has not.
func TestRolesOfStandingNodes(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	for _, tt := range []struct {
		cfg  node.Config
		want string
	}{
		{node.Config{Name: "x", Role: "repository"}, "a standing node can be inference only"},
		{node.Config{Name: "x", Role: "inference", Cache: "/cache"}, "keeps no optimised models"},
		{node.Config{Name: "x", Role: "inference", Provider: "abacus"}, "abacus"},
	} {
		c, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Start(t.Context(), tt.cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Start(%+v): %v; want an error with %q", tt.cfg, err, tt.want)
		}
		c.Close()
	}
	name := model.Builtin()[0].Name
	eventually(t, "the node's own again", func() bool { return classify(client(t, oip.Target{URL: n.url}), name, image(t, 0)) == nil })
}

// TestGracefulStop: a request that is half there when the node is told to stop
// is answered; nobody new gets in.
func TestGracefulStop(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	name := model.Builtin()[0].Name
	file := image(t, 0)
	body, more := io.Pipe()
	req, err := http.NewRequest(http.MethodPost, n.url+"/v2/models/"+name+"/infer", body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = int64(len(file))
	req.Header.Set(oip.HeaderLength, "0")
	answered := make(chan error, 1)
	go func() {
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				err = &oip.StatusError{Status: resp.StatusCode}
			}
		}
		answered <- err
	}()
	if _, err := more.Write(file[:len(file)/2]); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // for the node to have it
	stopped := make(chan bool)
	go func() { n.stop(); close(stopped) }()
	eventually(t, "closed to others", func() bool {
		conn, err := net.Dial("tcp4", strings.TrimPrefix(n.url, "http://"))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	if _, err := more.Write(file[len(file)/2:]); err != nil {
		t.Fatal(err)
	}
	more.Close()
	if err := <-answered; err != nil {
		t.Errorf("the request under way: %v", err)
	}
	<-stopped
}

// TestStopWithRunner: a node that is told to stop hangs up on its runner.
func TestStopWithRunner(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	c, _ := takeOver(t, node.DialOptions{URL: n.url}, node.Config{Name: "edge", Models: model.Builtin()[:1]})
	if err := c.SetLoad(t.Context(), cpu(0.05), 0); err != nil {
		t.Fatal(err)
	}
	n.stop()
	if _, err := c.Status(t.Context(), ""); err == nil {
		t.Error("Status of a node that has stopped: no error")
	}
}

// TestHangUpEndsRequests: one that waits for a repository which says nothing does
// not keep the node from its own models.
func TestHangUpEndsRequests(t *testing.T) {
	n := listen(t, node.ListenOptions{Models: model.Builtin()[:1]})
	silent, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	foreign := model.Builtin()[1]
	c, _ := takeOver(t, node.DialOptions{URL: n.url}, node.Config{Name: "edge", Repository: silent.Addr().String(), Models: []model.Model{foreign}})
	answered := make(chan error, 1)
	go func() { answered <- classify(client(t, oip.Target{URL: n.url}), foreign.Name, image(t, 0)) }()
	if _, err := silent.Accept(); err != nil { // which is the fetch
		t.Fatal(err)
	}
	c.Close()
	select {
	case err := <-answered:
		if err == nil {
			t.Error("a model that was never sent answers")
		}
	case <-time.After(20 * time.Second):
		t.Error("20 s after the runner hung up, its request waits")
	}
	eventually(t, "the node's own again", func() bool {
		return classify(client(t, oip.Target{URL: n.url}), model.Builtin()[0].Name, image(t, 0)) == nil
	})
}
