package node

import (
	"context"
	"io"
	"net"
	"net/rpc"
)

// A Client tells a node what to do. Its methods may be called at the same time.
// When a context ends, a method returns at once, and the node goes on with what
// it was told.
type Client struct {
	rpc  *rpc.Client
	conn io.ReadWriteCloser
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

// Probe has an inference node measure the path to the repository. What it
// remembered of earlier transfers is forgotten: they were of another path.
func (c *Client) Probe(ctx context.Context, args ProbeArgs) (Probe, error) {
	return call[Probe](ctx, c, "Probe", args)
}

// Do has control send one image. A request that fails is a Reply with Err.
func (c *Client) Do(ctx context.Context, args DoArgs) (Reply, error) {
	return call[Reply](ctx, c, "Do", args)
}

// SetLoad has the node's CPUs used by a background load: share of each, 0 to 1,
// by a process beside the node's. It replaces the last one, ends with the
// connection, and has begun when SetLoad returns. Status says what it achieves.
func (c *Client) SetLoad(ctx context.Context, share float64) error {
	_, err := call[bool](ctx, c, "SetLoad", share)
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
