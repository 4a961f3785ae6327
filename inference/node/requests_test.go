package node_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/onnx"
)

// TestResidency follows two arms: what one holds, the other does not, and only
// what an arm does not hold is fetched and loaded.
func TestResidency(t *testing.T) {
	w := open(t, "")
	small, large := w.models[0], w.models[1]
	check := func(when, arm string, want ...string) {
		t.Helper()
		s := w.status(t, arm)
		if diff := cmp.Diff(want, s.Held); diff != "" {
			t.Errorf("%s, arm %s holds (-want +got):\n%s", when, arm, diff)
		}
		if diff := cmp.Diff(want, s.Loaded); diff != "" {
			t.Errorf("%s, arm %s has loaded (-want +got):\n%s", when, arm, diff)
		}
	}
	request := func(when, arm, name string, fetched int64) {
		t.Helper()
		before := clock.Now()
		r := w.do(t, arm, name, 3)
		if r.Err != "" {
			t.Fatalf("%s: %s", when, r.Err)
		}
		if r.Fetched != fetched {
			t.Errorf("%s: %d bytes fetched, want %d", when, r.Fetched, fetched)
		}
		if cold := fetched > 0; cold != (r.Phases.Load > 0) || cold != (r.Phases.Fetch > 0) {
			t.Errorf("%s: fetch %v, load %v", when, r.Phases.Fetch, r.Phases.Load)
		}
		if got := r.Phases.Total(); got != r.Done-r.Sent {
			t.Errorf("%s: phases add up to %v, want %v", when, got, r.Done-r.Sent)
		}
		if r.Sent < before || r.Done > clock.Now() || r.Phases.Infer <= 0 || r.Phases.Preprocess <= 0 || r.Phases.Upload <= 0 || r.Phases.Download <= 0 {
			t.Errorf("%s: sent %v, done %v, phases %+v", when, r.Sent, r.Done, r.Phases)
		}
		if r.Up <= int64(len(image(t, 3))) || r.Down < 4*40 {
			t.Errorf("%s: %d bytes up, %d down; want more than the image's, and than 40 floats'", when, r.Up, r.Down)
		}
	}
	check("at first", "a")
	request("a's first", "a", small.Name, small.Bytes)
	request("a's second", "a", small.Name, 0)
	request("b's first", "b", small.Name, small.Bytes)
	request("a's other model", "a", large.Name, large.Bytes)
	check("after requests", "a", large.Name, small.Name)
	check("after requests", "b", small.Name)

	w.prepare(t, "a")
	check("after prepare a", "a")
	check("after prepare a", "b", small.Name)
	request("a, dropped", "a", small.Name, small.Bytes)

	w.prepare(t, "b", large.Name, small.Name)
	check("b, warm", "b", large.Name, small.Name)
	request("b, warm", "b", large.Name, 0)
	w.prepare(t, "a", large.Name)
	check("a, exactly", "a", large.Name)
	w.prepare(t, "b") // b's session of large is also a's
	request("a, after b let go", "a", large.Name, 0)
	check("b, dropped", "b")

	if err := w.edge.Prepare(t.Context(), node.PrepareArgs{Arm: "a", Models: []string{"no-such"}}); err == nil || !strings.Contains(err.Error(), "no-such") {
		t.Errorf("Prepare of an unknown model: %v", err)
	}
	check("after a mistake", "a", large.Name)
}

// TestPrediction: the whole way gives what the model gives by hand.
func TestPrediction(t *testing.T) {
	w := open(t, "")
	m := w.models[0]
	data, err := m.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := onnx.Open(library(t))
	if err != nil {
		t.Fatal(err)
	}
	s, err := engine.Load(data, onnx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w.prepare(t, "a", m.Name)
	different := make(map[int]bool)
	for i := range 12 {
		x, err := dataset.Tensor(dataset.NewSigns(dataset.Test, 12).Render(i), m.Recipe, nil)
		if err != nil {
			t.Fatal(err)
		}
		logits, err := s.Run(x)
		if err != nil {
			t.Fatal(err)
		}
		want := onnx.Best(logits)
		different[want] = true
		if r := w.do(t, "a", m.Name, i); r.Prediction != want || r.Err != "" {
			t.Errorf("image %d: prediction %d (%s), want %d", i, r.Prediction, r.Err, want)
		}
	}
	if len(different) < 2 {
		t.Error("one prediction for all: this shows nothing")
	}
}

// TestFailuresAreReplies: what goes wrong with a request is in its Reply, in
// words, and the next one goes well.
func TestFailuresAreReplies(t *testing.T) {
	w := open(t, "")
	name := w.models[0].Name
	for _, tt := range []struct {
		what string
		args node.DoArgs
		want string
	}{
		{"an unknown model", node.DoArgs{Model: "no-such", Image: image(t, 0)}, `404 Not Found: node edge: no model "no-such"`},
		{"no image", node.DoArgs{Model: name}, "neither an image nor a tensor"},
		{"not an image", node.DoArgs{Model: name, Image: []byte("text")}, "want PNG or JPEG"},
		{"nobody there", node.DoArgs{Address: at(freePort(t)), Model: name, Image: image(t, 0)}, "connection refused"},
	} {
		if tt.args.Timeout = 10 * time.Second; tt.args.Address == "" {
			tt.args.Address = w.address
		}
		r, err := w.control.Do(t.Context(), tt.args)
		if err != nil {
			t.Fatalf("%s: %v", tt.what, err)
		}
		if !strings.Contains(r.Err, tt.want) || r.Prediction != -1 || r.Sent == 0 || r.Done < r.Sent {
			t.Errorf("%s: %+v; want an error with %q", tt.what, r, tt.want)
		}
		if r := w.do(t, "a", name, 1); r.Err != "" || r.Prediction < 0 {
			t.Errorf("after %s: %+v", tt.what, r)
		}
	}
	if _, err := w.control.Do(t.Context(), node.DoArgs{Address: w.address}); err == nil {
		t.Error("no timeout: no error")
	}
}

func TestTimeout(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0") // accepts, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, _ := start(t, node.Config{Role: "control"})
	args := node.DoArgs{Address: l.Addr().String(), Model: "m", Image: []byte("x"), Timeout: 30 * time.Millisecond}
	r, err := c.Do(t.Context(), args)
	if err != nil || r.Err != args.Address+": no answer within 30ms" {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestHangUp: a node whose client is gone serves no more.
func TestHangUp(t *testing.T) {
	port := freePort(t)
	c, _ := start(t, node.Config{Name: "repository", Role: "repository", Port: port})
	if _, err := http.Get("http://" + at(port) + "/ping"); err != nil {
		t.Fatal(err)
	}
	c.Close()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp4", at(port))
		if err != nil {
			break
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("the node still serves 10 s after its client hung up")
		}
	}
}

// TestManyArms: who sends requests names the arm, so there is an end to how
// many may hold models; those that do are served on.
func TestManyArms(t *testing.T) {
	w := open(t, "")
	name := w.models[0].Name
	for i := range 16 {
		if r := w.do(t, fmt.Sprint("arm", i), name, 1); r.Err != "" {
			t.Fatalf("arm %d: %s", i, r.Err)
		}
	}
	if r := w.do(t, "one more", name, 1); !strings.Contains(r.Err, `400 Bad Request: arm "one more": want one of the 16 that hold models here`) {
		t.Errorf("the 17th arm: %q", r.Err)
	}
	if r := w.do(t, "arm3", name, 1); r.Err != "" {
		t.Errorf("an arm that holds models: %s", r.Err)
	}
	w.prepare(t, "arm3")
	if r := w.do(t, "one more", name, 1); r.Err != "" {
		t.Errorf("after another was emptied: %s", r.Err)
	}
}
