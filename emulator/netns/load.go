//go:build linux

package netns

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/testbed/testbed/emulator/load"
)

// A burning is a background load: a process on the CPUs of its node, so that
// it competes with the node as any other program would.
type burning struct {
	cmd    *exec.Cmd
	stderr *tail
	exited chan struct{}

	mu      sync.Mutex
	last    load.Sample
	stopped bool
}

// setLoad replaces the load of a node. The new one begins afresh: it owes
// nothing for the old one.
func (r *router) setLoad(ask LoadArgs) error {
	m, err := r.member(ask.Node)
	if err != nil {
		return err
	}
	if !(ask.CPU >= 0 && ask.CPU <= 1) {
		return fmt.Errorf("cpu %v: want a share from 0 to 1", ask.CPU)
	}
	if m.load != nil {
		if err := m.load.stop(); err != nil {
			return err
		}
		m.load = nil
	}
	if ask.CPU == 0 {
		return nil
	}
	m.load, err = startBurning(ask.CPU, m.cpus, func(err error) {
		r.fail(fmt.Errorf("node %s: %w", m.Name, err))
	})
	return err
}

// startBurning returns when the load has begun. failed is told if it ends
// before stop.
func startBurning(level float64, cpus []int, failed func(error)) (*burning, error) {
	b := &burning{stderr: &tail{to: os.Stderr}, exited: make(chan struct{})}
	b.last.Asked = level
	b.cmd = self(argBurn, strconv.FormatFloat(level, 'g', -1, 64), joinInts(cpus))
	b.cmd.Stderr = b.stderr
	begun := make(chan struct{})
	b.cmd.Stdout = &samples{take: func(s load.Sample) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.last = s
		if begun != nil {
			close(begun)
			begun = nil
		}
	}}
	began := begun
	err := startOn(b.cmd, cpus, func(error) {
		b.mu.Lock()
		stopped := b.stopped
		b.mu.Unlock()
		close(b.exited)
		if !stopped {
			failed(b.ended())
		}
	})
	if err != nil {
		return nil, fmt.Errorf("background load: %w", err)
	}
	select {
	case <-began:
		return b, nil
	case <-b.exited:
		return nil, b.ended()
	case <-time.After(startTimeout):
		return nil, fmt.Errorf("background load does not begin (%v)", b.stop())
	}
}

func (b *burning) ended() error {
	return fmt.Errorf("background load: %s", ended(b.cmd, b.stderr))
}

// stop returns when the load is gone.
func (b *burning) stop() error {
	b.mu.Lock()
	b.stopped = true
	b.mu.Unlock()
	_ = b.cmd.Process.Kill() // it may have ended
	select {
	case <-b.exited:
		return nil
	case <-time.After(closeTimeout):
		return fmt.Errorf("background load (process %d) does not end", b.cmd.Process.Pid)
	}
}

func (b *burning) status() LoadStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	return LoadStatus{Asked: b.last.Asked, Achieved: b.last.Achieved, Total: b.last.Total}
}

// samples reads what a burning process writes: one JSON object a write.
type samples struct{ take func(load.Sample) }

func (s *samples) Write(p []byte) (int, error) {
	lines := strings.Split(strings.TrimSpace(string(p)), "\n")
	var last load.Sample
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		return 0, fmt.Errorf("report of the background load: %w", err)
	}
	s.take(last)
	return len(p), nil
}

// burnMain is a background load. args are its level and its CPUs.
func burnMain(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("background load: want a level and CPUs, got %q", args)
	}
	level, err := strconv.ParseFloat(args[0], 64)
	if err != nil {
		return fmt.Errorf("background load: %w", err)
	}
	cpus, err := splitInts(args[1])
	if err != nil {
		return fmt.Errorf("background load: %w", err)
	}
	out := json.NewEncoder(os.Stdout)
	var broken error
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err = load.Burn(ctx, load.Options{CPUs: cpus, Level: level}, func(s load.Sample) {
		if broken = out.Encode(s); broken != nil {
			cancel()
		}
	})
	if err != nil {
		return err
	}
	return broken
}

func joinInts(all []int) string {
	words := make([]string, len(all))
	for i, n := range all {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ",")
}

func splitInts(s string) (all []int, err error) {
	for word := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}
