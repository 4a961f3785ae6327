package devices

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/oip"
	"github.com/testbed/testbed/inference/onnx"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/nodes"
	"github.com/testbed/testbed/selector"
)

// do sends an image to a server that is not ours. Where that fails, the server
// is asked whether it is there.
func (d *theirs) do(ctx context.Context, r runner.Request) (runner.Result, error) {
	m, err := nodes.Model(d.models, r.Model)
	if err != nil {
		return runner.Result{}, err
	}
	res := d.send(ctx, m, r)
	if res.Err == "" || ctx.Err() != nil {
		return res, nil
	}
	return res, d.answers(ctx)
}

func (d *theirs) send(ctx context.Context, m model.Model, r runner.Request) runner.Result {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	start := clock.Now()
	before, err := d.counters(ctx, r.Model) // this also sees to it that the connection is open
	if err != nil {
		return failed(oip.Result{Sent: start, Done: clock.Now()}, err, r)
	}
	at := marks{began: clock.Now()}
	call, err := d.call(ctx, m, r.Image)
	if err != nil {
		return failed(oip.Result{Sent: at.began, Done: clock.Now()}, err, r)
	}
	res, err := d.client.Classify(ctx, call)
	if call.Tensor == nil {
		at.began = res.Sent // nothing was prepared here
	}
	if err != nil {
		res.Sent = at.began
		return failed(res, err, r)
	}
	at.sent, at.wrote, at.firstByte, at.done = res.Sent, res.Wrote, res.FirstByte, res.Done
	return runner.Result{Sent: at.began, Done: at.done, Phases: outside(at, d.spent(ctx, r.Model, before)),
		Up: unit.Bytes(res.Up), Down: unit.Bytes(res.Down),
		Prediction: onnx.Best(res.Logits), Confidence: res.Confidence}
}

// call is the image as the model takes it.
func (d *theirs) call(ctx context.Context, m model.Model, image []byte) (oip.Call, error) {
	s, err := d.client.Signature(ctx, m.Name)
	if err != nil || s.Image != "" {
		return oip.Call{Model: m.Name, Image: image, Signature: &s}, err
	}
	if d.input, err = dataset.Preprocess(image, m.Recipe, d.input); err != nil {
		return oip.Call{}, err
	}
	size := int64(m.Recipe.Size)
	return oip.Call{Model: m.Name, Tensor: d.input, Shape: []int64{1, 3, size, size}, Signature: &s}, nil
}

// counters reads those of a model; nil of a server that does not have them,
// with which it just makes an exchange.
func (d *theirs) counters(ctx context.Context, name string) (*oip.InferenceStats, error) {
	if d.statistics {
		if s, err := d.client.Statistics(ctx, name); err == nil {
			return &s.Inference, nil
		}
	}
	return nil, d.client.Live(ctx)
}

// spent is what the server did since before for one request; nil if it does
// not tell, or did something for others, too.
func (d *theirs) spent(ctx context.Context, name string, before *oip.InferenceStats) *spent {
	if before == nil {
		return nil
	}
	after, err := d.client.Statistics(ctx, name)
	if err != nil {
		return nil
	}
	s := after.Inference.Sub(*before)
	if s.Success.Count != 1 || s.Fail.Count != 0 {
		d.shared++
		return nil
	}
	return &spent{queue: s.Queue.Time, input: s.ComputeInput.Time, infer: s.ComputeInfer.Time, output: s.ComputeOutput.Time}
}

// profileTimeout is how long one request of a profile may take.
const profileTimeout = time.Minute

// profile is by requests, after one that warms up. What a session takes to open
// cannot be had from outside: it is 0, and not needed where models stay loaded.
func (d *theirs) profile(ctx context.Context, m model.Model) (selector.Option, error) {
	var preprocess, infer []time.Duration
	for i := range nodes.ProfileRuns + 1 {
		res, err := d.do(ctx, runner.Request{Model: m.Name, Image: d.image, Timeout: profileTimeout})
		if err == nil && res.Err != "" {
			err = errors.New(res.Err)
		}
		if err != nil {
			return selector.Option{}, fmt.Errorf("profile: %w", err)
		}
		if i > 0 {
			preprocess, infer = append(preprocess, res.Phases.Preprocess), append(infer, res.Phases.Infer)
		}
	}
	return selector.Option{Preprocess: median(preprocess), Infer: median(infer)}, nil
}
