package main

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/inference/onnx"
	"github.com/testbed/testbed/runner/record"
)

// long is a scenario that is still running when the test strikes.
const long = `
dataset: {name: signs, images: 500}
models: [signs-resnet8, signs-resnet14]
links: {edge: {down: {rate: 20Mbps, delay: 5ms}, up: {rate: 20Mbps, delay: 5ms}}}
background: {edge: {cpu: 30%}}
load: {requests: 100, repetitions: 1, warmup: 0}
`

// needWorld skips t where the machine cannot make a world (see needs).
func needWorld(t *testing.T) {
	t.Helper()
	needs.Probed(t, netns.Probe, "netns", "relay")
	needs.ONNX(t, onnx.Find)
}

// begin starts the program on the long scenario and returns when some
// requests are recorded.
func begin(t *testing.T) (cmd *exec.Cmd, stderr *bytes.Buffer, dir string) {
	t.Helper()
	needWorld(t)
	tmp := t.TempDir()
	file := filepath.Join(tmp, "long.yaml")
	if err := os.WriteFile(file, []byte(long), 0o644); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(tmp, "run")
	cmd = &exec.Cmd{Path: exe, Args: []string{"testbed", "run", file, "--out", dir}, Env: append(os.Environ(), "TMPDIR="+tmp)}
	stderr = &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = stderr, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	eventually(t, time.Minute, "requests are recorded", func() bool {
		b, _ := os.ReadFile(filepath.Join(dir, record.RequestsFile))
		return bytes.Count(b, []byte("\n")) >= 5
	})
	return cmd, stderr, dir
}

func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not after %v: %s", limit, what)
		}
	}
}

// TestKilled kills the program with no chance to clean up.
func TestKilled(t *testing.T) {
	before := interfaces(t)
	cmd, _, dir := begin(t)
	family := descendants(cmd.Process.Pid)
	if len(family) < 5 { // router, three nodes, burner
		t.Errorf("only %d processes in the world", len(family))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	eventually(t, 5*time.Second, "every process of the world is gone", func() bool {
		return !slices.ContainsFunc(family, alive)
	})
	if after := interfaces(t); !slices.Equal(before, after) {
		t.Errorf("interfaces on the host: %v, were %v", after, before)
	}
	run, err := record.Read(dir)
	if err != nil || len(run.Requests) < 5 || len(run.Problems) > 0 {
		t.Fatalf("run directory after the kill: %d requests, problems %q, error %v", len(run.Requests), run.Problems, err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(dir), "*"))
	if err != nil || len(left) != 2 { // long.yaml and run
		t.Errorf("left in the temporary directory: %v, %v", left, err)
	}

	// A report of what there is, and the rest by --resume.
	for _, args := range [][]string{{"testbed", "report", dir}, {"testbed", "run", "--resume", dir, "-q"}} {
		again := exec.Command(cmd.Path)
		again.Args = args
		if out, err := again.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	run, err = record.Read(dir)
	if err != nil || run.Header.Status != "done" {
		t.Fatalf("after --resume: status %s, error %v", run.Header.Status, err)
	}
	pairs := map[int]int{}
	for _, r := range run.Requests {
		pairs[r.Pair]++
	}
	if len(pairs) != 100 || slices.ContainsFunc(run.Requests, func(r record.Request) bool { return pairs[r.Pair] != 2 }) {
		t.Errorf("after --resume: pairs %v, want 100 of 2", pairs)
	}
}

// TestNodeDies kills the inference node: the run ends, says which node died, and
// keeps what it has.
func TestNodeDies(t *testing.T) {
	cmd, stderr, dir := begin(t)
	family := descendants(cmd.Process.Pid)
	killed := 0
	for _, pid := range family {
		if b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline"); bytes.Contains(b, []byte("\x00edge\x00")) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			killed++
		}
	}
	if killed != 1 {
		t.Fatalf("%d processes of node edge", killed)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var exit *exec.ExitError
	select {
	case err := <-ended:
		if !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
			t.Errorf("ended with %v, want status %d", err, exitFailed)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("still running 20 s after a node died")
	}
	if !strings.Contains(stderr.String(), "node edge: ") {
		t.Errorf("does not name the node:\n%s", stderr)
	}
	if slices.ContainsFunc(family, alive) {
		t.Error("the program has ended before its world")
	}
	run, err := record.Read(dir)
	if err != nil || run.Header.Status != "failed" || len(run.Requests) < 5 {
		t.Errorf("status %q, %d requests, error %v", run.Header.Status, len(run.Requests), err)
	}
}

// TestInterrupted is Ctrl-C: status 130, a report, and how to go on.
func TestInterrupted(t *testing.T) {
	cmd, stderr, dir := begin(t)
	family := descendants(cmd.Process.Pid)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("ended with %v, want status %d", err, exitInterrupted)
	}
	if slices.ContainsFunc(family, alive) {
		t.Error("the program has ended before its world")
	}
	if !strings.Contains(stderr.String(), "testbed run --resume "+dir) {
		t.Errorf("does not say how to go on:\n%s", stderr)
	}
	run, err := record.Read(dir)
	if err != nil || run.Header.Status != "interrupted" || len(run.Requests) < 5 {
		t.Errorf("status %q, %d requests, error %v", run.Header.Status, len(run.Requests), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "report.html")); err != nil {
		t.Error(err)
	}
}

func interfaces(t *testing.T) (names []string) {
	t.Helper()
	list, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		names = append(names, i.Name)
	}
	return names
}

// descendants are the processes below pid.
func descendants(pid int) (all []int) {
	children := map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if p, err := strconv.Atoi(e.Name()); err == nil {
			if fields := stat(p); len(fields) > 1 {
				parent, _ := strconv.Atoi(fields[1])
				children[parent] = append(children[parent], p)
			}
		}
	}
	for todo := children[pid]; len(todo) > 0; {
		p := todo[0]
		all, todo = append(all, p), append(todo[1:], children[p]...)
	}
	return all
}

// stat are the fields of /proc/PID/stat after the name: state, parent, ….
func stat(pid int) []string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
}

// alive says whether a process is there and not merely waiting to be reaped.
func alive(pid int) bool {
	fields := stat(pid)
	return len(fields) > 0 && fields[0] != "Z" && syscall.Kill(pid, 0) == nil
}
