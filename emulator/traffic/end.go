//go:build linux

package traffic

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// An end is one of the processes.
type end struct {
	name   string
	kill   func()
	in     *os.File
	first  chan []byte // what it says first
	exited chan struct{}
	err    error // once exited is closed
}

// begin starts an end and gives it its order. heard is called with each line
// that it says after the first.
func (r *Running) begin(name string, spawn Spawn, arg string, order any, heard func([]byte) error) (*end, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("traffic: %w", err)
	}
	defer theirs.Close()
	e := &end{name: name, in: ours, first: make(chan []byte, 1), exited: make(chan struct{})}
	said := &lines{first: e.first, heard: heard}
	e.kill, err = spawn(Process{
		Args:   []string{argTraffic, arg},
		Stdin:  theirs,
		Stdout: said,
		Exited: func(err error) { r.exited(e, cmp.Or(said.refused, err)) },
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("traffic: %s: %w", name, err), ours.Close())
	}
	return e, e.tell(order)
}

// exited takes note of the end of an end.
func (r *Running) exited(e *end, err error) {
	if err == nil {
		err = errors.New("it ended by itself")
	}
	e.err = fmt.Errorf("traffic: %s: %w", e.name, err)
	close(e.exited)
	r.mu.Lock()
	tell := !r.stopped && r.account != nil && r.options.Failed != nil
	r.stopped = true
	r.mu.Unlock()
	if tell {
		r.options.Failed(e.err)
	}
}

// tell sends an order.
func (e *end) tell(order any) error {
	return prefix(e.name, json.NewEncoder(e.in).Encode(order))
}

// await waits for the first word of an end.
func (e *end) await(ctx context.Context, word any) error {
	select {
	case line := <-e.first:
		return prefix(e.name, json.Unmarshal(line, word))
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-e.exited:
		return e.err
	case <-time.After(startTimeout):
		return fmt.Errorf("traffic: %s does not begin", e.name)
	}
}

// prefix says of which end an error is, if there is one.
func prefix(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("traffic: %s: %w", name, err)
}

// stop ends an end. One that was never begun has ended.
func (e *end) stop() error {
	if e == nil {
		return nil
	}
	e.kill()
	_ = e.in.Close() // it may be closed
	select {
	case <-e.exited:
		return nil
	case <-time.After(stopTimeout):
		return fmt.Errorf("traffic: %s does not end", e.name)
	}
}

// lines hands on what is written, line by line.
type lines struct {
	first   chan<- []byte // takes the first; nil after it
	heard   func([]byte) error
	partial []byte
	refused error // why a line was; nothing is taken after it, so that who writes ends
}

func (l *lines) Write(p []byte) (int, error) {
	l.partial = append(l.partial, p...)
	for {
		line, rest, found := bytes.Cut(l.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		if l.refused = l.take(line); l.refused != nil {
			return 0, l.refused
		}
		l.partial = append(l.partial[:0], rest...)
	}
}

func (l *lines) take(line []byte) error {
	switch {
	case l.first != nil:
		l.first <- bytes.Clone(line)
		l.first = nil
	case l.heard != nil:
		return l.heard(line)
	}
	return nil
}
