package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
)

// profile measures a model while nothing else runs on the node. No arm holds
// more after it than before.
func (n *inference) profile(ctx context.Context, args ProfileArgs) (Profile, error) {
	m, err := n.lookup(args.Model)
	if err != nil {
		return Profile{}, err
	}
	if err := n.enter(ctx); err != nil {
		return Profile{}, err
	}
	defer n.endTurn()
	f, err := n.files.local(ctx, m)
	if err != nil {
		return Profile{}, err
	}
	load, session, err := n.timeLoads(ctx, m, f, max(args.Loads, 1))
	if err = errors.Join(err, f.release()); err != nil {
		return Profile{}, fmt.Errorf("profile: %w", err)
	}
	p, err := n.timeRuns(ctx, m, session, args.Image, max(args.Runs, 1))
	p.Load = load
	if err = errors.Join(err, session.Close()); err != nil {
		return Profile{}, fmt.Errorf("profile %s: %w", m.Name, err)
	}
	return p, nil
}

// timeLoads opens n sessions one after the other and returns the last, open.
func (n *inference) timeLoads(ctx context.Context, m model.Model, f *file, loads int) (time.Duration, *onnx.Session, error) {
	var times []time.Duration
	for {
		start := clock.Now()
		session, err := n.open(m, f)
		if err != nil {
			return 0, nil, err
		}
		times = append(times, clock.Now()-start)
		if len(times) == loads {
			return medianOf(times), session, nil
		}
		if err := errors.Join(session.Close(), ctx.Err()); err != nil {
			return 0, nil, err
		}
	}
}

// timeRuns classifies file once to warm up and then runs times.
func (n *inference) timeRuns(ctx context.Context, m model.Model, session *onnx.Session, file []byte, runs int) (Profile, error) {
	var preprocess, infer []time.Duration
	for i := range runs + 1 {
		start := clock.Now()
		input, err := n.preprocess(file, m)
		if err != nil {
			return Profile{}, err
		}
		ready := clock.Now()
		if _, err := session.Run(input); err != nil {
			return Profile{}, err
		}
		if i > 0 {
			preprocess, infer = append(preprocess, ready-start), append(infer, clock.Now()-ready)
		}
		if err := ctx.Err(); err != nil {
			return Profile{}, err
		}
	}
	return Profile{Preprocess: medianOf(preprocess), Infer: medianOf(infer)}, nil
}
