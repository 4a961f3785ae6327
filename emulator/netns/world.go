//go:build linux

package netns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
)

// A World is a running network. Its methods may be called from several
// goroutines; SetLink and SetLoad of one name from one at a time.
type World struct {
	config Config
	layout layout
	cpus   []int // all that may be used
	proc   *process
	calls  *rpc.Client
	done   chan error
	close  sync.Once

	mu      sync.Mutex
	asked   map[string]LinkArgs
	err     error // why the world ended, before Close
	closing bool
	closed  error // what Close returns
}

// Open makes the world of c: a router and a process for each node, connected
// by perfect links, those of pairs included, without background load. The nodes are running and their
// network is ready when it returns.
//
// Nothing is made in the host's namespaces, and nothing outlives this process,
// however it dies. A machine or a user that may not do it gives an error that
// wraps emulator.ErrUnsupported and says what to change.
func Open(ctx context.Context, c Config) (*World, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("open world: %w", err)
	}
	cpus, err := allowedCPUs()
	if err != nil {
		return nil, fmt.Errorf("open world: %w", err)
	}
	proc, err := startRouter(c, cpus)
	if err != nil {
		return nil, fmt.Errorf("open world: %w", err)
	}
	w := &World{
		config: c,
		layout: c.layout(),
		cpus:   cpus,
		proc:   proc,
		calls:  rpc.NewClient(proc.control),
		done:   make(chan error, 1),
		asked:  map[string]LinkArgs{},
	}
	if err := w.start(ctx, SetupArgs{Config: c, CPUs: cpus, Own: proc.cpus}); err != nil {
		return nil, errors.Join(fmt.Errorf("open world: %w", err), w.Close())
	}
	go w.watch()
	return w, nil
}

// start has the router make the world.
func (w *World) start(ctx context.Context, s SetupArgs) error {
	var failed Failure
	call := w.calls.Go("Router.Start", s, &failed, make(chan *rpc.Call, 1))
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-call.Done:
	}
	if call.Error != nil {
		return w.lost(call.Error)
	}
	err := failed.err()
	if failed.Forbidden && w.proc.user {
		// Some systems let a user make namespaces, and then nothing in them.
		return fmt.Errorf("%w: %w", err, explain(unix.EPERM, true))
	}
	return err
}

// watch waits for the first thing that goes wrong and tells Done.
func (w *World) watch() {
	defer close(w.done)
	var failed Failure
	err := w.calls.Call("Router.Watch", struct{}{}, &failed)
	if err != nil {
		err = w.lost(err)
	} else {
		err = failed.err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing {
		return
	}
	w.err = err
	w.done <- err
}

// lost explains an error of the connection to the router: that we closed it,
// or most likely that the router has died.
func (w *World) lost(err error) error {
	w.mu.Lock()
	closing := w.closing
	w.mu.Unlock()
	if closing {
		return errors.New("the world is closed")
	}
	select {
	case <-w.proc.exited:
		return fmt.Errorf("router: %s", ended(w.proc.cmd, w.proc.stderr))
	case <-time.After(time.Second):
		return fmt.Errorf("router: %w", err)
	}
}

// Done gives one error if a node, its background load or the router ends
// although the World was not closed, and is closed then. It is closed without
// an error by Close.
func (w *World) Done() <-chan error { return w.done }

// Err returns the error that Done gave, or nil.
func (w *World) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Conn returns our end of the connection to a node, which is not part of the
// emulated network. It panics if there is no such node.
func (w *World) Conn(node string) net.Conn {
	conn, ok := w.proc.nodes[node]
	if !ok {
		panic(fmt.Sprintf("netns: no node %q", node))
	}
	return conn
}

// Addr returns the IPv4 address of a node on the emulated network. It panics
// if there is no such node.
func (w *World) Addr(node string) string {
	p, ok := w.layout.places[node]
	if !ok {
		panic(fmt.Sprintf("netns: no node %q", node))
	}
	return nodeIP(p).String()
}

// Close ends every process of the world, and with them their namespaces,
// interfaces and links. It returns when they are gone, or after some seconds
// with an error. It may be called more than once.
func (w *World) Close() error {
	w.close.Do(func() {
		w.mu.Lock()
		w.closing = true
		w.mu.Unlock()
		// The router ends when its connection does.
		err := w.calls.Close()
		if errors.Is(err, rpc.ErrShutdown) {
			err = nil
		}
		for _, conn := range w.proc.nodes {
			_ = conn.Close()
		}
		w.closed = errors.Join(err, w.proc.end(closeTimeout))
	})
	return w.closed
}

// SetLink makes the link of a node or pair, in both directions, as it would be
// if nothing had ever been sent over it. What was on its way is lost. name is
// that of a node, whose link others may be beside, or Pair.Name: then down is
// towards A. Equal seeds give equal losses and jitter, where the engine draws
// them itself. Status says which engine plays the link, and why.
//
// If the engine asked for cannot play the link the error wraps
// emulator.ErrUnsupported and the link is as it was.
func (w *World) SetLink(name string, down, up emulator.Link, seed uint64) error {
	return w.setLink(LinkArgs{Link: name, Down: down, Up: up, Seed: seed})
}

// SetLinkBy is SetLink by an engine of this choice, relay or tc, whatever the
// world was asked for, where the link is not perfect. So a simpler link can be
// measured as it is played that it stands for.
func (w *World) SetLinkBy(engine, name string, down, up emulator.Link, seed uint64) error {
	if engine != engineRelay && engine != engineTC {
		return fmt.Errorf("link of %s: engine %q: want relay or tc", name, engine)
	}
	return w.setLink(LinkArgs{Link: name, Down: down, Up: up, Seed: seed, Engine: engine})
}

func (w *World) setLink(ask LinkArgs) error {
	name := ask.Link
	if err := errors.Join(prefix("down: ", ask.Down.Check()), prefix("up: ", ask.Up.Check())); err != nil {
		return fmt.Errorf("link of %s: %w", name, err)
	}
	var failed Failure
	if err := w.calls.Call("Router.SetLink", ask, &failed); err != nil {
		return fmt.Errorf("link of %s: %w", name, w.lost(err))
	}
	if err := failed.err(); err != nil {
		return fmt.Errorf("link of %s: %w", name, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[name] = ask
	return nil
}

// prefix puts words before an error, if there is one.
func prefix(words string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s%w", words, err)
}

// SetLoad starts background load on the CPUs of a node: cpu is the share of
// each, 0 to 1. It replaces what was there; 0 ends it.
func (w *World) SetLoad(node string, cpu float64) error {
	var failed Failure
	if err := w.calls.Call("Router.SetLoad", LoadArgs{node, cpu}, &failed); err != nil {
		return fmt.Errorf("load of %s: %w", node, w.lost(err))
	}
	if err := failed.err(); err != nil {
		return fmt.Errorf("load of %s: %w", node, err)
	}
	return nil
}

// Status returns what links and loads did since they were set.
func (w *World) Status() (Status, error) {
	var s Status
	if err := w.calls.Call("Router.Status", struct{}{}, &s); err != nil {
		return Status{}, fmt.Errorf("status: %w", w.lost(err))
	}
	// The router does not send traces back, which can be long.
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, ask := range w.asked {
		s.Down[name] = withAsked(s.Down[name], ask.Down)
		s.Up[name] = withAsked(s.Up[name], ask.Up)
	}
	return s, nil
}

func withAsked(s LinkStatus, l emulator.Link) LinkStatus {
	s.Asked = l
	return s
}
