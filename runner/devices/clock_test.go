package devices_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/testbed/testbed/runner"
)

// TestOtherClock: the node is in a time namespace whose CLOCK_MONOTONIC is
// 1000 s ahead of ours, as that of another machine may be. Nothing of a request
// shows it.
func TestOtherClock(t *testing.T) {
	const ahead = 1000 * time.Second
	unshare := []string{"unshare", "--map-root-user", "--time", "--monotonic", "1000", "--fork", "--kill-child"}
	if err := exec.Command(unshare[0], append(unshare[1:], "true")...).Run(); err != nil {
		t.Skipf("no time namespaces here: %v", err)
	}
	_, address := childOf(t, asNode, "127.0.0.1:0", append(unshare, os.Args[0])...)
	s := image(t, 0)
	w := open(t, plan("warm", 1, oneNode("http://"+address)), options(s.Image))
	c := w.Describe().Nodes["edge"].Clock
	if off := (c.Ahead - ahead).Abs(); off > c.Error || c.Error <= 0 || c.Error > 100*ms {
		t.Errorf("%v ahead, give or take %v: want %v", c.Ahead, c.Error, ahead)
	}
	if _, err := w.Enter(t.Context(), plan("warm", 1, oneNode("")).Conditions[0], 0); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		before := w.Now()
		res, err := w.Do(t.Context(), runner.Request{Node: "edge", Model: models()[0].Name, Image: s.Image, Timeout: 10 * time.Second})
		after := w.Now()
		if err != nil || res.Err != "" || res.Prediction != s.Label {
			t.Fatalf("%+v, %v", res, err)
		}
		if res.Sent < before || res.Done > after || res.Phases.Total() != res.Done-res.Sent {
			t.Errorf("from %v to %v, phases %+v; asked at %v, answered by %v", res.Sent, res.Done, res.Phases, before, after)
		}
		if res.Phases.Upload > 0 && res.Phases.Download > 0 {
			return
		}
	}
	// Were the clocks taken for one, that would be so each time.
	t.Error("in 20 requests, all of the network's time was upload, or all was download")
}
