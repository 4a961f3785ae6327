//go:build linux

package calibrate

import (
	"context"
	"errors"
	"fmt"
	"net/rpc"
	"runtime"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
)

// The nodes of a bench. What is measured is the link of the receiver.
const (
	sender   = "sender"
	receiver = "receiver"
	noise    = "noise" // makes the load
)

// A bench is a world to measure in.
type bench struct {
	Options
	engine string
	load   string
	world  *netns.World
	calls  map[string]*rpc.Client
	origin time.Duration // of the link's clock, by CLOCK_MONOTONIC
	seed   uint64
}

func openBench(ctx context.Context, engine string, o Options) (*bench, error) {
	b := &bench{Options: o, engine: engine, load: Idle, calls: map[string]*rpc.Client{}, seed: 1}
	var nodes []netns.Node
	for _, name := range []string{sender, receiver, noise} {
		nodes = append(nodes, netns.Node{Name: name, Args: []string{NodeArg}})
	}
	var err error
	b.world, err = netns.Open(ctx, netns.Config{Nodes: nodes, Engine: engine, Break: o.Break})
	if err != nil {
		return nil, err
	}
	for _, n := range nodes {
		b.calls[n.Name] = rpc.NewClient(b.world.Conn(n.Name))
	}
	return b, nil
}

func (b *bench) close() error {
	var errs []error
	for _, c := range b.calls {
		if err := c.Close(); err != nil && !errors.Is(err, rpc.ErrShutdown) {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, b.world.Close())...)
}

// call asks a node, and waits for its answer or the end of ctx or the world.
func (b *bench) call(ctx context.Context, node, method string, args, answer any) error {
	call := b.calls[node].Go("Node."+method, args, answer, make(chan *rpc.Call, 1))
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case err := <-b.world.Done():
		return err
	case <-call.Done:
		return nodeError(node, call.Error)
	}
}

// both asks the receiver and then the sender, and waits for both.
func (b *bench) both(ctx context.Context, catch string, catchArgs, caught any, send string, sendArgs, sent any) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() {
		err := b.call(ctx, receiver, catch, catchArgs, caught)
		if err != nil {
			cancel(err)
		}
		done <- err
	}()
	if err := b.call(ctx, sender, send, sendArgs, sent); err != nil {
		cancel(err)
		return err
	}
	return <-done
}

// setLoad makes the machine idle or busy.
func (b *bench) setLoad(load string) error {
	b.load = load
	args := SpinArgs{}
	if load == Busy {
		args.Threads = runtime.NumCPU()
	}
	return b.call(context.Background(), noise, "Spin", args, &None{})
}

// link sets the link of the receiver: down is towards it.
func (b *bench) link(down, up emulator.Link, seed uint64) error { return b.linkAt(0, down, up, seed) }

// linkAt sets it at an age.
func (b *bench) linkAt(age time.Duration, down, up emulator.Link, seed uint64) error {
	var err error
	if age == 0 {
		err = b.world.SetLink(receiver, down, up, seed)
	} else {
		err = b.world.SetLinkAt(receiver, down, up, seed, age)
	}
	if err != nil {
		return err
	}
	s, err := b.world.Status()
	b.origin = s.Down[receiver].Zero
	return err
}

// status is what the link to the receiver says of itself.
func (b *bench) status() (netns.LinkStatus, error) {
	s, err := b.world.Status()
	return s.Down[receiver], err
}

// excuse is the reason that the engine itself gives for being off; empty if
// there is none.
func (b *bench) excuse() string {
	s, err := b.status()
	if err != nil {
		return ""
	}
	if why := Judge(s, b.load == Busy); why != "" {
		return why
	}
	if len(s.Reason) > len(netns.Inexact) && s.Reason[:len(netns.Inexact)] == netns.Inexact {
		return s.Reason[len(netns.Inexact):]
	}
	return ""
}

// address is that of a node on the emulated network.
func (b *bench) address(node string) string { return b.world.Addr(node) }

// ms is a duration in milliseconds.
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// plural writes sizes as the names of rows do: 20 kB, 1 MB.
func bytesName(n int) string {
	if n >= 1_000_000 {
		return fmt.Sprintf("%d MB", n/1_000_000)
	}
	return fmt.Sprintf("%d kB", n/1000)
}
