package profiling

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/thread"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
)

// edge is the one node of a local world, and port where it would serve.
const (
	edge = "edge"
	port = 8000
)

// LocalOptions say what the node on this machine is.
type LocalOptions struct {
	Models  []model.Model
	Library string // ONNX Runtime's shared library
	CPUs    int    // of the node: the last that this process may use; 0: all

	Provider string // of the runtime; empty: cpu
}

// A Local is a node of this machine: a process in a world of its own, without
// links, on CPUs of its own.
type Local struct {
	world  *netns.World
	client *node.Client
	about  node.Description
	life   context.Context // ends with the world
	dir    string          // for what the node writes: its process ends without a chance to clean up
}

var _ Node = (*Local)(nil)

// OpenLocal makes the node. The program must have called netns.Main with a
// function that serves nodes without arguments, as local.NodeMain.
func OpenLocal(ctx context.Context, o LocalOptions) (*Local, error) {
	cpus, err := lastCPUs(o.CPUs)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "testbed-profile-")
	if err != nil {
		return nil, err
	}
	env := append(node.MallocEnv(), "TMPDIR="+dir)
	world, err := netns.Open(ctx, netns.Config{Nodes: []netns.Node{{Name: edge, CPUs: cpus, Env: env}}})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	life, end := context.WithCancel(context.Background())
	go func() {
		<-world.Done()
		end()
	}()
	l := &Local{world: world, client: node.Dial(world.Conn(edge)), life: life, dir: dir}
	l.about, err = within(l, ctx, func(ctx context.Context) (node.Description, error) {
		return l.client.Start(ctx, node.Config{Name: edge, Role: "inference", Address: world.Addr(edge), Port: port,
			Threads: len(cpus), Library: o.Library, Provider: o.Provider, Models: o.Models})
	})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// lastCPUs are the last n that this process may run on.
func lastCPUs(n int) ([]int, error) {
	cpus, err := thread.CPUs()
	if err != nil {
		return nil, err
	}
	if n < 0 || n > len(cpus) {
		return nil, fmt.Errorf("%d CPUs: this machine gives %d", n, len(cpus))
	}
	if n == 0 {
		n = len(cpus)
	}
	return cpus[len(cpus)-n:], nil
}

// within calls the node until the world ends; then the error says why it did.
func within[T any](l *Local, ctx context.Context, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.life, cancel)()
	v, err := f(ctx)
	if err == nil {
		return v, nil
	}
	select {
	case <-l.life.Done():
	case <-time.After(100 * time.Millisecond): // a node's death takes a moment to be known
	}
	if why := l.world.Err(); why != nil {
		err = why
	}
	return v, err
}

// Describe implements Node.
func (l *Local) Describe() node.Description { return l.about }

// Measure implements Node.
func (l *Local) Measure(ctx context.Context, args node.MeasureArgs) (node.Measured, error) {
	return within(l, ctx, func(ctx context.Context) (node.Measured, error) { return l.client.Measure(ctx, args) })
}

// SetLoad implements Node.
func (l *Local) SetLoad(_ context.Context, share float64) error {
	return l.world.SetLoad(edge, ofCPUs(share), 0)
}

// Close ends the node and its world, and leaves nothing of them.
func (l *Local) Close() error { return errors.Join(l.world.Close(), os.RemoveAll(l.dir)) }
