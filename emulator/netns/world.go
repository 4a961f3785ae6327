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
	"github.com/testbed/testbed/emulator/thread"
)

// A World is a running network. Its methods may be called from several
// goroutines; SetLink and SetLoad of one name from one at a time.
type World struct {
	config Config
	layout layout
	cpus   []int // all that may be used
	proc   *process
	calls  *rpc.Client
	quotas quotas
	done   chan error
	close  sync.Once

	mu      sync.Mutex
	asked   map[string]LinkArgs
	loads   map[string]emulator.Load
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
	cpus, err := thread.CPUs()
	if err != nil {
		return nil, fmt.Errorf("open world: %w", err)
	}
	quotas, err := makeQuotas(c)
	if err != nil {
		return nil, fmt.Errorf("open world: %w", err)
	}
	proc, err := startRouter(c, cpus)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open world: %w", err), quotas.close())
	}
	w := &World{
		config: c,
		layout: c.layout(),
		cpus:   cpus,
		proc:   proc,
		quotas: quotas,
		calls:  rpc.NewClient(proc.control),
		done:   make(chan error, 1),
		asked:  map[string]LinkArgs{},
		loads:  map[string]emulator.Load{},
	}
	if err := w.start(ctx, SetupArgs{Config: c, CPUs: cpus, Own: proc.cpus, Places: quotas.places()}); err != nil {
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
		// What is in a group ends before it.
		err = errors.Join(err, w.proc.end(closeTimeout))
		w.closed = errors.Join(err, w.quotas.close())
	})
	return w.closed
}
