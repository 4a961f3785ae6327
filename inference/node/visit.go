package node

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
)

func (n *inference) measure(ctx context.Context, args MeasureArgs) (Measured, error) {
	m, err := n.lookup(args.Model)
	if err == nil {
		err = args.check()
	}
	if err != nil {
		return Measured{}, fmt.Errorf("measure: %w", err)
	}
	if err := n.enter(ctx); err != nil {
		return Measured{}, err
	}
	defer n.endTurn()
	got, err := n.visit(ctx, m, args)
	if err != nil {
		return Measured{}, errors.Join(fmt.Errorf("measure %s: %w", m.Name, err), n.bench.close())
	}
	return got, nil
}

// visit is measure by who has the turn.
func (n *inference) visit(ctx context.Context, m model.Model, args MeasureArgs) (got Measured, err error) {
	if err := n.bench.take(ctx, n.files, m); err != nil {
		return got, err
	}
	o := n.measured(args)
	if args.Loads > 0 {
		debug.FreeOSMemory() // what earlier visits left in Go's heap is not of this one
		got.RSSBefore, _ = residentBytes()
	}
	session, err := n.sessionFor(ctx, m, o, args, &got)
	if err != nil {
		return got, err
	}
	if err := n.visitRuns(ctx, m, session, args, &got); err != nil {
		return got, err
	}
	got.RSSLoaded, _ = residentBytes()
	if args.Keep {
		return got, nil
	}
	if err := n.bench.drop(o); err != nil {
		return got, err
	}
	debug.FreeOSMemory()
	got.RSSAfter, _ = residentBytes()
	return got, nil
}

// measured are the options of the node with what args want instead.
func (n *inference) measured(args MeasureArgs) onnx.Options {
	o := n.options
	o.Cache = ""
	if args.Threads > 0 {
		o.Threads = args.Threads
	}
	if args.Provider != "" {
		o.Provider = args.Provider
	}
	if args.Optimization != "" {
		o.Optimization = args.Optimization
	}
	if args.Cached {
		o.Cache = n.bench.cache
	}
	return o
}

// sessionFor opens args.Loads sessions one after the other, timed, and returns
// the last, which is the bench's.
func (n *inference) sessionFor(ctx context.Context, m model.Model, o onnx.Options, args MeasureArgs, got *Measured) (*onnx.Session, error) {
	if s := n.bench.sessions[o]; s != nil && args.Loads == 0 {
		return s, nil
	}
	if args.Cached {
		if err := n.fillCache(m, o); err != nil {
			return nil, err
		}
	}
	for range max(args.Loads, 1) {
		if err := errors.Join(n.bench.drop(o), ctx.Err()); err != nil {
			return nil, err
		}
		if err := n.bench.temper(args.Cold); err != nil {
			got.NotCold = err.Error()
		}
		start := clock.Now()
		session, err := n.openBench(m, o)
		if err != nil {
			return nil, err
		}
		n.bench.sessions[o] = session
		if args.Loads > 0 {
			got.Load = append(got.Load, clock.Now()-start)
		}
	}
	return n.bench.sessions[o], nil
}

// visitRuns runs the session as args say.
func (n *inference) visitRuns(ctx context.Context, m model.Model, session *onnx.Session, args MeasureArgs, got *Measured) error {
	got.Others = -1
	if args.Runs == 0 {
		return nil
	}
	run := func() (preprocess, infer time.Duration, err error) {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		time.Sleep(args.Pause)
		start := clock.Now()
		input, err := n.preprocess(args.Image, m)
		if err != nil {
			return 0, 0, err
		}
		ready := clock.Now()
		_, err = session.Run(input)
		return ready - start, clock.Now() - ready, err
	}
	for start := clock.Now(); ; {
		if _, _, err := run(); err != nil {
			return err
		}
		if clock.Now()-start >= args.Warm {
			break
		}
	}
	before, readErr := n.counters()
	for start := clock.Now(); len(got.Infer) < args.Runs || clock.Now()-start < args.Least; {
		preprocess, infer, err := run()
		if err != nil {
			return err
		}
		got.Preprocess, got.Infer = append(got.Preprocess, preprocess), append(got.Infer, infer)
		if len(got.Infer) >= mostRuns {
			break
		}
	}
	after, err := n.counters()
	if total := after.total - before.total; readErr == nil && err == nil && total > 0 {
		got.Others = clamp(after.busy-before.busy-(after.own-before.own), total)
	}
	return nil
}

// counters reads the CPU time of the node's CPUs.
func (n *inference) counters() (cpuSample, error) {
	if n.usage == nil {
		return cpuSample{}, errors.New("CPU use cannot be measured here")
	}
	return n.usage.read()
}

// fillCache makes the optimised model and keeps it, if it is not there.
func (n *inference) fillCache(m model.Model, o onnx.Options) error {
	s, err := n.openBench(m, o)
	if err != nil {
		return err
	}
	return s.Close()
}

// openBench opens a session of the file on the bench.
func (n *inference) openBench(m model.Model, o onnx.Options) (*onnx.Session, error) {
	session, err := n.engine.LoadFile(n.bench.file.path(), m.SHA256, o)
	if err != nil {
		return nil, err
	}
	if err := fits(session, m); err != nil {
		return nil, errors.Join(err, session.Close())
	}
	return session, nil
}
