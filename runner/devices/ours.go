package devices

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/rpc"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/estimate"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/oip"
	"github.com/testbed/testbed/inference/onnx"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/nodes"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// An ours is a standing node of this project that this process has taken over.
// What it is told comes over one connection; images go over another, which is
// kept open, so that no request pays for a handshake.
type ours struct {
	control *node.Client
	images  *oip.Client
	image   []byte // to profile on
	node    Node
	way     estimate.Path // from here to it
	ahead   Clock
	read    time.Duration // when ahead was measured
	open    time.Duration // when the connection for images was last known to be

	life context.Context // ends when the node is found to be gone; its cause says how
	end  context.CancelCauseFunc
}

// coarse is how wrong a comparison of clocks may be before it is a warning.
const coarse = 2 * time.Millisecond

// openOurs takes a node over and makes it an inference node of the scenario.
func openOurs(ctx context.Context, n scenarios.Node, t target, r *repository, o Options) (device, []string, error) {
	images, err := oip.NewClient(oip.Target{URL: t.url, Token: t.token, TLS: t.tls})
	if err != nil {
		return nil, nil, err
	}
	control, err := node.DialNode(ctx, node.DialOptions{URL: t.url, Token: t.token, TLS: t.tls})
	if err != nil {
		return nil, nil, err
	}
	d := &ours{control: control, images: images, image: o.Image, node: Node{Address: n.Address, Protocol: "testbed"}}
	d.life, d.end = context.WithCancelCause(context.Background())
	ctx, stop := d.watched(ctx)
	defer stop()
	warnings, err := d.start(ctx, n, r, o.Models)
	if err != nil {
		return nil, nil, errors.Join(d.why(ctx, err), d.close())
	}
	return d, warnings, nil
}

func (d *ours) start(ctx context.Context, n scenarios.Node, r *repository, models []model.Model) (warnings []string, err error) {
	if d.node.Repository, err = r.from(d.control.LocalAddr()); err != nil {
		return nil, err
	}
	cache := ""
	if n.Cache {
		cache = "yes" // where it is, the node knows
	}
	described, err := d.control.Start(ctx, node.Config{
		Name: n.Name, Role: "inference", Threads: n.Threads, Repository: d.node.Repository, Models: named(models),
		Provider: n.Provider, Optimization: n.Optimization, Spinning: n.Spinning, Cache: cache,
	})
	if err != nil {
		return nil, err
	}
	d.node.Description = &described
	if err := d.compare(ctx); err != nil {
		return nil, err
	}
	if d.ahead.Error > coarse {
		warnings = append(warnings, fmt.Sprintf("its clock is compared with this host's to within %v only: upload and download of a request may be off by as much, in opposite directions", d.ahead.Error))
	}
	return append(warnings, described.Warnings...), nil
}

// named are models without what only this host has: their files here.
func named(models []model.Model) []model.Model {
	out := slices.Clone(models)
	for i := range out {
		out[i].File = ""
	}
	return out
}

// compare measures by how much the node's clock is ahead of ours.
func (d *ours) compare(ctx context.Context) error {
	ahead, off, err := d.control.ClockOffset(ctx)
	if err != nil {
		return fmt.Errorf("its clock: %w", err)
	}
	d.ahead, d.read = Clock{Ahead: ahead, Error: off}, clock.Now()
	return nil
}

func (d *ours) describe() Node {
	n, ahead := d.node, d.ahead
	n.Clock = &ahead
	return n
}

func (d *ours) profile(ctx context.Context, m model.Model) (selector.Option, error) {
	ctx, stop := d.watched(ctx)
	defer stop()
	p, err := d.control.Profile(ctx, node.ProfileArgs{Model: m.Name, Runs: nodes.ProfileRuns, Loads: nodes.ProfileLoads, Image: d.image})
	return selector.Option{Load: p.Load, Preprocess: p.Preprocess, Infer: p.Infer}, d.why(ctx, err)
}

func (d *ours) enter(ctx context.Context) (record.Check, error) {
	ctx, stop := d.watched(ctx)
	defer stop()
	if err := d.compare(ctx); err != nil {
		return record.Check{}, d.why(ctx, err)
	}
	probed, probes, err := measure(ctx, d.control)
	if errors.As(err, new(rpc.ServerError)) {
		return record.Check{}, fmt.Errorf("path from it to the repository at %s: %w; repository.listen and repository.address say where that is", d.node.Repository, err)
	}
	if err != nil {
		return record.Check{}, d.why(ctx, err)
	}
	// Control and the repository are one host: an image takes the way of a model.
	d.way.Probed(unit.BitRate(probed.DownBps), unit.BitRate(probed.UpBps), probed.RTTMin, clock.Now())
	return record.Check{
		Reason: fmt.Sprintf("as it is; clocks compared to within %v", d.ahead.Error.Round(time.Microsecond)),
		Probes: probes, RTT: probed.RTT,
		Links: []record.LinkCheck{{Direction: "down", Rate: onWire(probed.DownBps)}, {Direction: "up", Rate: onWire(probed.UpBps)}},
	}, nil
}

func (d *ours) setLoad(ctx context.Context, l emulator.Load) error {
	ctx, stop := d.watched(ctx)
	defer stop()
	return d.why(ctx, d.control.SetLoad(ctx, l, 0))
}

func (d *ours) prepare(ctx context.Context, arm string, models []string) error {
	ctx, stop := d.watched(ctx)
	defer stop()
	return d.why(ctx, d.control.Prepare(ctx, node.PrepareArgs{Arm: arm, Models: models}))
}

// stale is how old a comparison of clocks may be: two crystals drift apart by
// some 50 parts in a million, which is 1.5 ms in that time.
const stale = 30 * time.Second

// observe is called between requests, when nothing is disturbed by comparing
// clocks.
func (d *ours) observe(ctx context.Context, arm string) (selector.Device, error) {
	ctx, stop := d.watched(ctx)
	defer stop()
	if clock.Now()-d.read > stale {
		if err := d.compare(ctx); err != nil {
			return selector.Device{}, d.why(ctx, err)
		}
	}
	s, err := d.control.Status(ctx, arm)
	if err != nil {
		return selector.Device{}, d.why(ctx, err)
	}
	// How long ago the node was asked is half of a round trip, of a few
	// milliseconds: less than its own ages are exact to.
	return nodes.Device("", s, 0, d.way.Of(arm), clock.Now()), nil
}

// lasting is for how long a connection that is not used is surely kept open.
const lasting = time.Minute

// do tells a request that failed from a node that is gone by asking the node,
// over the other connection, whether it is there.
func (d *ours) do(ctx context.Context, r runner.Request) (runner.Result, error) {
	watched, stop := d.watched(ctx)
	defer stop()
	res := d.send(watched, r)
	if res.Err == "" || ctx.Err() != nil {
		return res, nil
	}
	return res, d.why(watched, d.answers(watched))
}

func (d *ours) send(ctx context.Context, r runner.Request) runner.Result {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	if start := clock.Now(); d.open == 0 || start-d.open > lasting {
		if err := d.images.Live(ctx); err != nil {
			return failed(oip.Result{Sent: start, Done: clock.Now()}, err, r)
		}
	}
	native := oip.Native()
	res, err := d.images.Classify(ctx, oip.Call{Model: r.Model, Arm: r.Arm, Image: r.Image, Signature: &native})
	if d.open = res.Done; err != nil {
		d.open = 0
		return failed(res, err, r)
	}
	p, err := phases(res.Sent, res.Done, res.Times, d.ahead.Ahead)
	if err != nil {
		return failed(res, err, r)
	}
	d.way.Add(estimate.Request{Arm: r.Arm, At: res.Done, Sent: unit.Bytes(len(r.Image)), Received: unit.Bytes(res.Down),
		Upload: p.Upload, Download: p.Download, Trip: res.Trip(), Tail: res.Tail()})
	return runner.Result{Sent: res.Sent, Done: res.Done, Phases: p, Up: unit.Bytes(res.Up), Down: unit.Bytes(res.Down),
		Fetched: unit.Bytes(res.Times.FetchBytes), Prediction: onnx.Best(res.Logits), Confidence: res.Confidence}
}

// failed is a request that failed: there is no prediction, and no phases.
func failed(res oip.Result, err error, r runner.Request) runner.Result {
	text := err.Error()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		text = fmt.Sprintf("no answer within %v", r.Timeout)
	case errors.Is(err, context.Canceled):
		text = "the request was cut short"
	}
	return runner.Result{Sent: res.Sent, Done: res.Done, Up: unit.Bytes(res.Up), Down: unit.Bytes(res.Down), Prediction: -1,
		Err: cmp.Or(text, "it failed without a word")}
}

func (d *ours) telemetry(ctx context.Context) (*record.Telemetry, error) {
	ctx, stop := d.watched(ctx)
	defer stop()
	s, err := d.control.Status(ctx, "")
	if err != nil {
		return nil, d.why(ctx, err)
	}
	t := nodes.Telemetry(s)
	return &t, nil
}

// close hangs up. The node then undoes what it was told.
func (d *ours) close() error {
	d.images.Close()
	d.end(context.Canceled)
	return d.control.Close()
}
