package node

import (
	"context"
	"errors"
	"io"
	"net"
	"net/rpc"
	"sync/atomic"
	"time"

	"github.com/testbed/testbed/emulator"
)

// A Client tells a node what to do. Its methods may be called at the same time.
// When a context ends, a method returns at once, and the node goes on with what
// it was told, but for Do.
type Client struct {
	rpc      *rpc.Client
	conn     io.ReadWriteCloser
	requests atomic.Uint64
}

// Dial returns a client of the node that serves the other end of conn.
func Dial(conn io.ReadWriteCloser) *Client {
	return &Client{rpc: rpc.NewClient(bound(conn)), conn: conn}
}

// Start makes the node what cfg says. It is called once, before all else.
func (c *Client) Start(ctx context.Context, cfg Config) (Description, error) {
	return call[Description](ctx, c, "Start", cfg)
}

// Prepare sets what an inference node holds for an arm, and does so without
// the emulated network. It returns when all sessions are open and warm.
func (c *Client) Prepare(ctx context.Context, args PrepareArgs) error {
	_, err := call[bool](ctx, c, "Prepare", args)
	return err
}

// Profile measures a model on an inference node.
func (c *Client) Profile(ctx context.Context, args ProfileArgs) (Profile, error) {
	return call[Profile](ctx, c, "Profile", args)
}

// Status asks an inference node what it knows; arm is whose files and sessions.
func (c *Client) Status(ctx context.Context, arm string) (Status, error) {
	return call[Status](ctx, c, "Status", arm)
}

// Probe has an inference node measure the path to the repository, or control that
// to an inference node. What an inference node remembered of earlier transfers is
// forgotten: they were of another path.
func (c *Client) Probe(ctx context.Context, args ProbeArgs) (Probe, error) {
	return call[Probe](ctx, c, "Probe", args)
}

// cutWithin is how long control may take to say that it has cut a request short.
const cutWithin = 2 * time.Second

// Do has control send one image. A request that fails is a Reply with Err. So is
// one that is cut short because ctx ends; the node that it went to may go on
// with it for a while.
func (c *Client) Do(ctx context.Context, args DoArgs) (Reply, error) {
	args.ID = c.requests.Add(1)
	asked, done := context.WithCancel(context.WithoutCancel(ctx))
	defer done()
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(cutWithin, done)
		c.cut(asked, args.ID)
	})
	defer stop()
	r, err := call[Reply](asked, c, "Do", args)
	if errors.Is(err, context.Canceled) {
		err = ctx.Err()
	}
	return r, err
}

// cut ends a request until ctx does, which is when the request has ended: it may
// come to control before the request.
func (c *Client) cut(ctx context.Context, id uint64) {
	for ctx.Err() == nil {
		if found, err := call[bool](ctx, c, "Cut", id); found || err != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// SetLoad has the node used by others: processes beside it, on its CPUs, that
// take what l says. It replaces the last load, ends with the connection, and has
// begun when SetLoad returns; what varies stands as it does since after its
// begin. Status says what it achieves. Cross traffic cannot be had.
func (c *Client) SetLoad(ctx context.Context, l emulator.Load, since time.Duration) error {
	_, err := call[bool](ctx, c, "SetLoad", LoadArgs{l, since})
	return err
}

// LocalAddr is this end of the connection to the node, by which the node can
// reach this host; nil if it is not one of a network.
func (c *Client) LocalAddr() net.Addr {
	if conn, ok := c.conn.(net.Conn); ok {
		return conn.LocalAddr()
	}
	return nil
}

// Close hangs up, which ends the node, or gives a standing one back.
func (c *Client) Close() error { return c.rpc.Close() }

func call[T any](ctx context.Context, c *Client, method string, args any) (T, error) {
	var reply, zero T
	done := c.rpc.Go("Node."+method, args, &reply, make(chan *rpc.Call, 1)).Done
	select {
	case <-ctx.Done():
		return zero, ctx.Err()
	case call := <-done:
		if call.Error != nil {
			return zero, call.Error
		}
		return reply, nil
	}
}
