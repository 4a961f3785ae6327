package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/oip"
	"github.com/testbed/testbed/inference/onnx"
	"github.com/testbed/testbed/selector"
)

// A control sends images to inference nodes, over one connection to each that
// it keeps open, so that no request pays for a handshake. Requests to several
// nodes may be under way at the same time.
type control struct {
	sockets sockets

	mu    sync.Mutex
	peers map[string]*peer              // by address
	under map[uint64]context.CancelFunc // requests that are under way, by ID
}

// A peer is an inference node. One request at a time.
type peer struct {
	turn   chan struct{} // holds one element while a request is under way
	client *oip.Client
	warm   bool // the connection was open after the last request
}

func newControl(s sockets) *control {
	return &control{sockets: s, peers: make(map[string]*peer), under: make(map[uint64]context.CancelFunc)}
}

func (c *control) peer(address string) (*peer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.peers[address]
	if p == nil {
		client, err := oip.NewClient(oip.Target{URL: "http://" + address, Dial: c.sockets.dial})
		if err != nil {
			return nil, err
		}
		p = &peer{client: client, turn: make(chan struct{}, 1)}
		c.peers[address] = p
	}
	return p, nil
}

// begin makes the context of a request, which cut ends.
func (c *control) begin(ctx context.Context, args DoArgs) (context.Context, func()) {
	ctx, cancel := context.WithTimeout(ctx, args.Timeout)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.under[args.ID] = cancel
	return ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.under, args.ID)
		cancel()
	}
}

// cut ends a request, if one of this ID is under way.
func (c *control) cut(id uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	cancel, found := c.under[id]
	if found {
		cancel()
	}
	return found
}

// do sends one image. A request that fails is a Reply with Err, of which
// Prediction is -1 and the phases are zero.
func (c *control) do(ctx context.Context, args DoArgs) (Reply, error) {
	if args.Timeout <= 0 {
		return Reply{}, fmt.Errorf("do: timeout %v: want a positive one", args.Timeout)
	}
	p, err := c.peer(args.Address)
	if err != nil {
		return Reply{}, fmt.Errorf("do: %w", err)
	}
	ctx, end := c.begin(ctx, args)
	defer end()
	start := clock.Now()
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return failed(oip.Result{Sent: start, Done: clock.Now()}, explain(ctx.Err(), args)), nil
	}
	defer func() { <-p.turn }()
	return p.do(ctx, args), nil
}

// do is do by who has the turn.
func (p *peer) do(ctx context.Context, args DoArgs) Reply {
	if !p.warm {
		start := clock.Now()
		if err := p.client.Live(ctx); err != nil {
			return failed(oip.Result{Sent: start, Done: clock.Now()}, explain(err, args))
		}
	}
	native := oip.Native()
	r, err := p.client.Classify(ctx, oip.Call{Model: args.Model, Arm: args.Arm, Image: args.Image, Signature: &native})
	p.warm = err == nil
	if err != nil {
		return failed(r, explain(err, args))
	}
	return reply(r)
}

// explain says in words that the time ran out, or that nobody waits any more.
func explain(err error, args DoArgs) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: no answer within %v", args.Address, args.Timeout)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: the request was cut short", args.Address)
	}
	return err
}

func reply(r oip.Result) Reply {
	phases, err := phases(r.Sent, r.Times, r.Done)
	if err != nil {
		return failed(r, err)
	}
	return Reply{
		Sent: r.Sent, Done: r.Done, Phases: phases,
		Up: r.Up, Down: r.Down, Fetched: r.Times.FetchBytes,
		Prediction: onnx.Best(r.Logits), Confidence: r.Confidence, Trip: r.Trip(), Tail: r.Tail(),
	}
}

func failed(r oip.Result, err error) Reply {
	return Reply{Sent: r.Sent, Done: r.Done, Up: r.Up, Down: r.Down, Prediction: -1, Err: err.Error()}
}

// phases cuts the time from sent to done where the server says that a phase
// ended. Since each phase begins where the last one ended, they add up to it.
func phases(sent time.Duration, t oip.Times, done time.Duration) (selector.Phases, error) {
	var cut [7]time.Duration
	last := sent
	for i, end := range [...]time.Duration{t.Received, t.Started, t.Fetched, t.Loaded, t.Preprocessed, t.Inferred, done} {
		if end < last {
			return selector.Phases{}, fmt.Errorf("the server's times do not fit between %v and %v of this host's monotonic clock: %+v", sent, done, t)
		}
		cut[i], last = end-last, end
	}
	return selector.Phases{
		Upload: cut[0], Queue: cut[1], Fetch: cut[2], Load: cut[3],
		Preprocess: cut[4], Infer: cut[5], Download: cut[6],
	}, nil
}

func (c *control) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.peers {
		p.client.Close()
	}
	return nil
}
