//go:build linux

package netns

import (
	"bytes"
	"io"
	"os/exec"
	"strings"
	"sync"
)

// A tail passes on what a process writes, line by line, and remembers the end
// of it for the error message.
type tail struct {
	prefix string
	to     io.Writer

	mu      sync.Mutex
	partial []byte
	lines   []string
}

// tailLines is enough for the line that begins a panic to be among them.
const tailLines = 200

// maxLine bounds what is kept of a line that does not end.
const maxLine = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.partial = append(t.partial, p...)
	for {
		line, rest, found := bytes.Cut(t.partial, []byte("\n"))
		if !found && len(t.partial) < maxLine {
			return len(p), nil
		}
		t.add(string(line))
		t.partial = append(t.partial[:0], rest...)
	}
}

func (t *tail) add(line string) {
	// What cannot be shown is still in the error.
	_, _ = io.WriteString(t.to, t.prefix+line+"\n")
	t.lines = append(t.lines, line)
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

// last returns the line that says most: the first of a panic, else the last.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := strings.TrimSpace(string(t.partial))
	for _, line := range t.lines {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return line
		}
	}
	for i := len(t.lines) - 1; last == "" && i >= 0; i-- {
		last = strings.TrimSpace(t.lines[i])
	}
	return last
}

// ended says how a process ended: "exit status 1: its last line".
func ended(cmd *exec.Cmd, stderr *tail) string {
	how := "did not start"
	if cmd.ProcessState != nil {
		how = cmd.ProcessState.String()
	}
	if last := stderr.last(); last != "" {
		return how + ": " + last
	}
	return how
}
