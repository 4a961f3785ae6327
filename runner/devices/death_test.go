package devices_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/procfs"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
)

// child starts this program as a part in a process of its own, and returns it
// with the first line that it says.
func child(t *testing.T, part, address string) (*exec.Cmd, string) {
	t.Helper()
	return childOf(t, part, address, os.Args[0])
}

// childOf is child by another command, which starts this program.
func childOf(t *testing.T, part, address string, command ...string) (*exec.Cmd, string) {
	t.Helper()
	library(t)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), partEnv+"="+part, "TESTBED_TEST_ADDRESS="+address)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("%s: said nothing", part)
	}
	return cmd, lines.Text()
}

// children are the processes that a process has started and that still are.
func children(t *testing.T, pid int) (n int) {
	t.Helper()
	all, err := procfs.AllProcs()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if stat, err := p.Stat(); err == nil && stat.PPID == pid && stat.State != "Z" {
			n++
		}
	}
	return n
}

// until waits for what should be soon: where TCP has to notice something, it
// can take half a minute.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	const most = time.Minute
	for deadline := time.Now().Add(most); !so(); time.Sleep(50 * ms) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v it is still not so: %s", most, what)
		}
	}
}

// TestNodeKilled: the run ends at once, with an error that names the node, and
// keeps what it recorded.
func TestNodeKilled(t *testing.T) {
	t.Parallel()
	stand, address := child(t, asNode, "127.0.0.1:0")
	p := plan("warm", 100_000, oneNode("http://"+address))
	p.Conditions[0].Background = map[string]emulator.Load{"edge": ofCPUs(0.2)}
	w := open(t, p, options(image(t, 0).Image))
	dir := filepath.Join(t.TempDir(), "run")
	out, err := record.Create(dir, record.Header{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var killed time.Time
	progress := func(p runner.Progress) {
		if p.Stage == "run" && p.Done == 20 {
			killed = time.Now()
			stand.Process.Kill()
		}
	}
	err = runner.Run(t.Context(), p, runner.Options{World: w, Dataset: dataset.NewSigns(dataset.Test, 200_000), Writer: out, Progress: progress})
	took := time.Since(killed)
	if err == nil || !strings.Contains(err.Error(), "node edge at http://"+address) || took > 10*time.Second {
		t.Errorf("%v after the kill: %v", took, err)
	}
	if n := strings.Count(err.Error(), "node edge"); n != 1 {
		t.Errorf("it is said %d times: %v", n, err)
	}
	if err := errors.Join(out.Close(), w.Close()); err != nil {
		t.Error(err)
	}
	if run, err := record.Read(dir); err != nil || len(run.Requests) < 2*19 {
		t.Errorf("%d requests were kept, %v", len(run.Requests), err)
	}
}

// TestHostKilled: the node notices the hangup, ends the load that it was told
// to make, and is free for the next.
func TestHostKilled(t *testing.T) {
	t.Parallel()
	stand, address := child(t, asNode, "127.0.0.1:0")
	host, _ := child(t, asHost, address) // when it says something, the node is busy
	if n := children(t, stand.Process.Pid); n != 1 {
		t.Fatalf("the node has %d children, want its load", n)
	}
	host.Process.Kill()
	until(t, "its load has ended", func() bool { return children(t, stand.Process.Pid) == 0 })
	until(t, "it is free", func() bool {
		c, err := node.DialNode(t.Context(), node.DialOptions{URL: "http://" + address, Token: token})
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
}

// TestNodeStops: a node that hangs in the middle of a request, as one does
// whose machine is gone, is given up after some seconds.
func TestNodeStops(t *testing.T) {
	t.Parallel()
	stand, address := child(t, asNode, "127.0.0.1:0")
	w := open(t, plan("warm", 1, oneNode("http://"+address)), options(nil))
	if err := stand.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, err := w.Do(t.Context(), runner.Request{Node: "edge", Model: models()[0].Name, Image: image(t, 0).Image, Timeout: time.Minute})
	if took := time.Since(start); err == nil || !strings.Contains(err.Error(), "node edge at http://"+address+": it does not answer") || took > 40*time.Second {
		t.Errorf("after %v: %v", took, err)
	}
}

// TestNetworkCut: nothing passes in the middle of a run. It ends with an error
// that names the node; and when the network is back, so is the node.
func TestNetworkCut(t *testing.T) {
	t.Parallel()
	w := machines(t)
	p := plan("warm", 100_000, oneNode("http://"+w.Addr("ours")+":8801"))
	dir := filepath.Join(t.TempDir(), "run")
	if err := json.NewEncoder(w.Conn("host")).Encode(job{p, dir}); err != nil {
		t.Fatal(err)
	}
	until(t, "requests are made", func() bool {
		info, err := os.Stat(filepath.Join(dir, record.RequestsFile))
		return err == nil && info.Size() > 0
	})
	gone := emulator.Link{Loss: 1}
	if err := w.SetLink("ours", gone, gone, 1); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	var r result
	if err := json.NewDecoder(w.Conn("host")).Decode(&r); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); !strings.Contains(r.Err, "node edge at "+p.Scenario.Nodes[0].Address+": it does not answer") || took > 40*time.Second {
		t.Errorf("after %v: %q", took, r.Err)
	}
	if err := w.SetLink("ours", emulator.Link{}, emulator.Link{}, 1); err != nil {
		t.Fatal(err)
	}
	until(t, "the node can be taken over again", func() bool {
		again, recorded := run(t, w, plan("warm", 1, p.Scenario.Nodes[0]))
		return again.Err == "" && len(recorded.Requests) == 4
	})
}
