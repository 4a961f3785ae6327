package external_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/testbed/testbed/selector/external"
)

// TestSurroundings: a program has the three files and no other, its own
// process group, and the environment without what may be a token.
func TestSurroundings(t *testing.T) {
	t.Setenv("TESTBED_TOKEN", "secret")
	t.Setenv("PYTHONUNBUFFERED", "")
	t.Setenv("OTHER", "here")
	dir, _ := filepath.EvalSymlinks(t.TempDir())
	// As if whoever started us had left it open.
	fd, err := syscall.Open(filepath.Join(dir, "ours"), syscall.O_CREAT|syscall.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	said := &said{}
	request(inTrial(t, started(t, external.Config{Dir: dir, Stderr: said}, "open")))
	text := said.String()
	for _, want := range []string{"env OTHER=here", "env PYTHONUNBUFFERED=1", "dir " + dir, "group true"} {
		if !strings.Contains(text, "selector mine: "+want+"\n") {
			t.Errorf("no %q", want)
		}
	}
	for _, never := range []string{"TESTBED_", "secret", "/ours", "socket:"} {
		if strings.Contains(text, never) {
			t.Errorf("there is %q in\n%s", never, text)
		}
	}
	if strings.Count(text, "PYTHONUNBUFFERED") != 1 {
		t.Error("PYTHONUNBUFFERED twice")
	}
}

// TestStart: a program that cannot begin is an error that says why.
func TestStart(t *testing.T) {
	fake := func(mode string) []string { return []string{executable(), "fake", mode} }
	for _, tt := range []struct {
		c    external.Config
		want string
	}{
		{external.Config{}, "selector mine: want a command or a URL"},
		{external.Config{Exec: fake("good"), URL: "http://127.0.0.1:1"}, "selector mine: want a command or a URL"},
		{external.Config{Exec: []string{"no-such-program"}}, `selector mine: exec: "no-such-program": executable file not found in $PATH`},
		{external.Config{Exec: []string{"./none"}, Dir: "/"}, "selector mine: fork/exec ./none: no such file or directory"},
		{external.Config{Exec: fake("good"), Dir: "/nowhere"}, "selector mine: stat /nowhere: no such file or directory"},
		{external.Config{Exec: fake("crash")}, "selector mine: start: ended: exit status 1: no module named torch"},
		{external.Config{Exec: fake("mute"), Begin: 300 * time.Millisecond}, "selector mine: start: no answer within 300ms"},
		{external.Config{URL: "ftp://127.0.0.1"}, `selector mine: server "ftp://127.0.0.1": want http://host:port/path or https://host:port/path`},
		{external.Config{URL: "http://127.0.0.1:1/"}, "selector mine: start: server http://127.0.0.1:1/: dial tcp 127.0.0.1:1: connect: connection refused"},
	} {
		tt.c.Name = "mine"
		p, err := external.Start(t.Context(), tt.c)
		if err == nil {
			_ = p.Close()
		}
		if got := fmt.Sprint(err); got != tt.want {
			t.Errorf("error %q\n want %q", got, tt.want)
		}
	}
	if _, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
		t.Errorf("a child is left (%v)", err)
	}
}

// TestClose: a program ends with its input, and one that does not is killed.
func TestClose(t *testing.T) {
	for mode, want := range map[string]string{
		"good":  "<nil>",
		"stays": "selector mine: did not end within 2s after its input, and was killed",
	} {
		p := started(t, external.Config{}, mode)
		request(inTrial(t, p))
		if got := fmt.Sprint(p.Close()); got != want {
			t.Errorf("%s: %s, want %s", mode, got, want)
		}
		if err := p.Close(); err != nil {
			t.Errorf("%s: closed a second time: %v", mode, err)
		}
	}
}

// TestCancel: when the run is cancelled, a decision is not waited for, and the
// program is killed.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := external.Start(ctx, external.Config{Name: "mine", Exec: []string{executable(), "fake", "hangs"}, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	s := inTrial(t, p)
	time.AfterFunc(100*time.Millisecond, cancel)
	begun := time.Now()
	if d := request(s); d.Failed != "context canceled" || time.Since(begun) > 10*time.Second {
		t.Errorf("failed %q after %v", d.Failed, time.Since(begun))
	}
	if err := p.Close(); err != nil {
		t.Errorf("it was not killed before: %v", err)
	}
}

// TestChildren: what a program started ends with it, though it holds its output
// open.
func TestChildren(t *testing.T) {
	said := &said{}
	p := started(t, external.Config{Stderr: said}, "child")
	request(inTrial(t, p))
	_, number, _ := strings.Cut(said.String(), "child ")
	child, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil {
		t.Fatalf("%q: %v", said, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	gone(t, child)
}

// TestDeath: a program does not outlive who started it, even one that does not
// mind that its input has ended.
func TestDeath(t *testing.T) {
	parent := exec.Command(executable(), "fake", "parent", "stays")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var child int
	if _, err := fmt.Fscanf(out, "pid %d", &child); err != nil {
		t.Error(err)
	}
	_ = parent.Process.Kill()
	_ = parent.Wait()
	gone(t, child)
}

// gone fails the test unless a process ends soon. Whoever adopts it may leave it
// to be waited for.
func gone(t *testing.T, pid int) {
	t.Helper()
	for range 500 {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(text), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	t.Errorf("process %d is still there", pid)
}
