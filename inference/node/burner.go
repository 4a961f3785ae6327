package node

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// argBurn is the hidden first argument with which this program starts itself as
// a background load. A program that does not call Main refuses it as a flag
// that it does not know, rather than start all over.
const argBurn = "-__testbed-burn"

// burnStart and burnEnd bound how long a background load takes to begin and to
// end.
const (
	burnStart = 10 * time.Second
	burnEnd   = 5 * time.Second
)

// A burner is the background load of a node: a process of its own, so that it
// competes with the node as any other program does, and the node's collector
// does not wait for it. It ends when its standard input does, which is to say
// with the node, however that ends.
type burner struct {
	share  float64
	stdin  io.Closer
	cmd    *exec.Cmd
	stderr strings.Builder
	begun  chan struct{}
	exited chan struct{}

	mu       sync.Mutex
	achieved float64
}

// burn starts a background load of share on all CPUs that this process may run
// on. It returns when the load has begun.
func burn(ctx context.Context, share float64) (*burner, error) {
	program, err := self()
	if err != nil {
		return nil, fmt.Errorf("background load: %w", err)
	}
	b := &burner{
		share: share, begun: make(chan struct{}), exited: make(chan struct{}),
		cmd: exec.Command(program, argBurn, strconv.FormatFloat(share, 'g', -1, 64)),
	}
	b.cmd.Stderr = &b.stderr
	if b.stdin, err = b.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("background load: %w", err)
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("background load: %w", err)
	}
	if err := b.cmd.Start(); err != nil {
		return nil, fmt.Errorf("background load: %w", err)
	}
	go b.watch(out)
	select {
	case <-b.begun:
		return b, nil
	case <-b.exited:
		return nil, b.err()
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), b.stop())
	case <-time.After(burnStart):
		return nil, errors.Join(fmt.Errorf("background load: it does not begin within %v", burnStart), b.stop())
	}
}

// self is the path of this program.
func self() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil // also where the file was replaced or removed
	}
	return os.Executable()
}

// watch takes what the load says of itself, one JSON object a line, until it
// ends.
func (b *burner) watch(out io.Reader) {
	lines := bufio.NewScanner(out)
	for first := true; lines.Scan(); first = false {
		var s burnSample
		if json.Unmarshal(lines.Bytes(), &s) != nil {
			break
		}
		b.mu.Lock()
		b.achieved = s.Achieved
		b.mu.Unlock()
		if first {
			close(b.begun)
		}
	}
	b.stdin.Close() // that it may end, if it said nonsense
	b.cmd.Wait()    // how it ended is in the ProcessState
	close(b.exited)
}

// A burnSample is what a load says of itself.
type burnSample struct {
	Achieved float64 `json:"achieved"` // share of each CPU, over the last second
}

// status returns the share that is achieved; the error says that the load has
// ended, which it should not.
func (b *burner) status() (float64, error) {
	select {
	case <-b.exited:
		return 0, b.err()
	default:
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.achieved, nil
}

// err says how it ended. It has.
func (b *burner) err() error {
	text, _, _ := strings.Cut(strings.TrimSpace(b.stderr.String()), "\n")
	return fmt.Errorf("background load: %v: %s", b.cmd.ProcessState, text)
}

// stop returns when the load is gone. There need not be one.
func (b *burner) stop() error {
	if b == nil {
		return nil
	}
	b.cmd.Process.Kill() // it may have ended
	select {
	case <-b.exited:
		return nil
	case <-time.After(burnEnd):
		return fmt.Errorf("background load: process %d does not end", b.cmd.Process.Pid)
	}
}
