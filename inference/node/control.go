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
// it keeps open, so that no request pays for a handshake.
type control struct {
	sockets sockets

	mu    sync.Mutex
	peers map[string]*peer // by address
}

// A peer is an inference node. One request at a time.
type peer struct {
	mu     sync.Mutex
	client *oip.Client
	warm   bool // the connection was open after the last request
}

func newControl(s sockets) *control {
	return &control{sockets: s, peers: make(map[string]*peer)}
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
		p = &peer{client: client}
		c.peers[address] = p
	}
	return p, nil
}

// do sends one image. A request that fails is a Reply with Err, of which
// Prediction is -1 and the phases are zero.
func (c *control) do(ctx context.Context, args DoArgs) (Reply, error) {
	if args.Timeout <= 0 {
		return Reply{}, fmt.Errorf("do: timeout %v: want a positive one", args.Timeout)
	}
	ctx, cancel := context.WithTimeout(ctx, args.Timeout)
	defer cancel()
	p, err := c.peer(args.Address)
	if err != nil {
		return Reply{}, fmt.Errorf("do: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.warm {
		start := clock.Now()
		if err := p.client.Live(ctx); err != nil {
			return failed(oip.Result{Sent: start, Done: clock.Now()}, explain(err, args)), nil
		}
	}
	native := oip.Native()
	r, err := p.client.Classify(ctx, oip.Call{Model: args.Model, Arm: args.Arm, Image: args.Image, Signature: &native})
	p.warm = err == nil
	if err != nil {
		return failed(r, explain(err, args)), nil
	}
	return reply(r), nil
}

// explain says in words that the time ran out.
func explain(err error, args DoArgs) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: no answer within %v", args.Address, args.Timeout)
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
		Prediction: onnx.Best(r.Logits),
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
