//go:build linux

package netns

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
)

func TestRouterCPUs(t *testing.T) {
	have := []int{0, 1, 2, 3}
	for _, tt := range []struct {
		name   string
		config Config
		want   []int
	}{
		{"no nodes", Config{}, have},
		{"what is left", Config{Nodes: []Node{{CPUs: []int{1}}, {CPUs: []int{2, 3}}}}, []int{0}},
		{"nothing is left", Config{Nodes: []Node{{CPUs: []int{0, 1}}, {CPUs: []int{2, 3}}}}, have},
		{"a node that may run anywhere", Config{Nodes: []Node{{CPUs: []int{1}}, {}}}, have},
		{"as asked", Config{CPUs: []int{1}, Nodes: []Node{{CPUs: []int{1}}}}, []int{1}},
	} {
		if diff := cmp.Diff(tt.want, tt.config.routerCPUs(have)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestTail(t *testing.T) {
	for _, tt := range []struct {
		name, text, passed, last string
	}{
		{"nothing", "", "", ""},
		{"the last line", "one\ntwo\n", "edge: one\nedge: two\n", "two"},
		{"a line without an end", "one\ntwo", "edge: one\n", "two"},
		{"an empty last line", "one\n\n", "edge: one\nedge: \n", "one"},
		{"a panic", "panic: no\n\ngoroutine 1\n", "edge: panic: no\nedge: \nedge: goroutine 1\n", "panic: no"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var to bytes.Buffer
			whole := &tail{prefix: "edge: ", to: &to}
			if n, err := whole.Write([]byte(tt.text)); n != len(tt.text) || err != nil {
				t.Errorf("Write: %d, %v", n, err)
			}
			if got := to.String(); got != tt.passed {
				t.Errorf("passed on %q, want %q", got, tt.passed)
			}
			if got := whole.last(); got != tt.last {
				t.Errorf("last line %q, want %q", got, tt.last)
			}
			to.Reset()
			bytewise := &tail{prefix: "edge: ", to: &to}
			for i := range len(tt.text) {
				_, _ = bytewise.Write([]byte{tt.text[i]})
			}
			if to.String() != tt.passed || bytewise.last() != tt.last {
				t.Errorf("byte by byte: %q and %q", to.String(), bytewise.last())
			}
		})
	}
}

// TestTailIsBounded: a process that writes without end must not fill memory.
func TestTailIsBounded(t *testing.T) {
	var to bytes.Buffer
	long := &tail{to: &to}
	for range 3 {
		_, _ = long.Write(bytes.Repeat([]byte("x"), maxLine))
	}
	if len(long.partial) >= maxLine {
		t.Errorf("%d bytes of a line kept, want less than %d", len(long.partial), maxLine)
	}
	for range 3 * tailLines {
		_, _ = long.Write([]byte("y\n"))
	}
	if len(long.lines) > tailLines {
		t.Errorf("%d lines kept, want at most %d", len(long.lines), tailLines)
	}
}

func TestFailureKeepsItsKind(t *testing.T) {
	if err := newFailure(nil).err(); err != nil {
		t.Errorf("no error became %v", err)
	}
	for _, err := range []error{
		errors.New("other"),
		fmt.Errorf("netem: %w", emulator.ErrUnsupported),
		fmt.Errorf("mount: %w", unix.EPERM),
	} {
		got := newFailure(err).err()
		if got.Error() != err.Error() {
			t.Errorf("%v became %v", err, got)
		}
		for _, kind := range []error{emulator.ErrUnsupported, fs.ErrPermission} {
			if errors.Is(got, kind) != errors.Is(err, kind) {
				t.Errorf("%v: is %v: %t, want %t", err, kind, errors.Is(got, kind), errors.Is(err, kind))
			}
		}
	}
}

// TestExplain: the refusal that a user meets says what to do.
func TestExplain(t *testing.T) {
	err := explain(fmt.Errorf("fork/exec /proc/self/exe: %w", unix.EPERM), true)
	for _, want := range []string{"user namespace", "operation not permitted", "run as root", "kernel.unprivileged_userns_clone"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %q", err, want)
		}
	}
	if !errors.Is(err, emulator.ErrUnsupported) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%q: want one line that wraps %v", err, emulator.ErrUnsupported)
	}
	if other := errors.New("no memory"); explain(other, true) != other || explain(nil, false) != nil {
		t.Error("another error is changed")
	}
}
