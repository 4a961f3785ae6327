package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/oip"
	"github.com/testbed/testbed/inference/onnx"
)

// Infer answers a query, or refuses it where too many wait.
func (n *inference) Infer(ctx context.Context, q oip.Query, t *oip.Times) ([]float32, error) {
	m, err := n.lookup(q.Model)
	if err != nil {
		return nil, err
	}
	if err := n.door.enter(); err != nil {
		return nil, err
	}
	defer n.door.leave()
	ctx, cancel := n.within(ctx)
	defer cancel()
	logits, err := n.answer(ctx, m, q, t)
	if err != nil && errors.Is(context.Cause(ctx), errTooLong) {
		return nil, oip.Errorf(http.StatusGatewayTimeout, "node %s: model %s: no answer within %v: %w", n.name, m.Name, n.timeout, err)
	}
	return logits, err
}

// errTooLong is why the context of a request ends.
var errTooLong = errors.New("the node's time for a request is over")

// within bounds a request by the node's life and its timeout.
func (n *inference) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(n.life, cancel)
	if n.timeout == 0 {
		return ctx, func() { stop(); cancel() }
	}
	ctx, cancelTimeout := context.WithTimeoutCause(ctx, n.timeout, errTooLong)
	return ctx, func() { cancelTimeout(); stop(); cancel() }
}

// answer waits, fetches and opens what the arm lacks, makes the input, and
// runs. Each phase begins where the last one ended. Fetch and load are 0 where
// there was nothing to fetch or open: finding that out is part of what follows.
func (n *inference) answer(ctx context.Context, m model.Model, q oip.Query, t *oip.Times) ([]float32, error) {
	if err := n.enter(ctx); err != nil {
		return nil, err
	}
	defer n.endTurn()
	t.Started = clock.Now()

	bytes, fetched, err := n.fetch(ctx, q.Arm, m)
	if err != nil {
		return nil, err
	}
	t.FetchBytes, t.Fetched = bytes, t.Started
	if fetched {
		t.Fetched = clock.Now()
	}
	session, opened, err := n.load(ctx, q.Arm, m)
	if err != nil {
		return nil, err
	}
	t.Loaded = t.Fetched
	if opened {
		t.Loaded = clock.Now()
	}

	input := q.Input
	if q.Image != nil {
		if input, err = n.preprocess(q.Image, m); err != nil {
			return nil, &oip.StatusError{Status: http.StatusBadRequest, Err: err}
		}
	}
	t.Preprocessed = clock.Now()

	logits, err := session.RunBatch(input, max(q.Batch, 1))
	t.Inferred = clock.Now()
	session.ran(len(logits) / max(q.Batch, 1))
	return logits, err
}

// maxArms bounds how many sets of models requests can have a node hold: it is
// the sender who names the arm.
const maxArms = 16

// fetch gets the file of m over the network, unless the arm holds it. It says
// how many bytes came, and whether it had to.
func (n *inference) fetch(ctx context.Context, arm string, m model.Model) (bytes int64, fetched bool, err error) {
	n.mu.Lock()
	r, known := n.arms[arm]
	full := !known && len(n.arms) >= maxArms
	n.mu.Unlock()
	if r[m.SHA256] != nil {
		return 0, false, nil
	}
	if full {
		return 0, true, oip.Errorf(http.StatusBadRequest, "arm %q: want one of the %d that hold models here, or none: each holds its own", arm, maxArms)
	}
	f, s, err := n.files.fetch(ctx, m)
	if err != nil {
		return 0, true, oip.Errorf(http.StatusBadGateway, "fetch %s from %s: %w", m.Name, n.files.origin(), err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.residency(arm)[m.SHA256] = &entry{name: m.Name, file: f}
	n.rates.Add(arm, s.bytes, s.took, s.rtt, clock.Now())
	n.trips.Add(arm, s.rtt, clock.Now())
	return int64(s.bytes), true, nil
}

// load opens a session of the file that the arm holds, unless one is open, and
// says whether it had to.
func (n *inference) load(ctx context.Context, arm string, m model.Model) (s *shared, opened bool, err error) {
	n.mu.Lock()
	e := n.arms[arm][m.SHA256]
	n.mu.Unlock()
	if e.session != nil {
		return e.session, false, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, true, err
	}
	session, err := n.open(m, e.file)
	if err != nil {
		return nil, true, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	released := e.file.release()
	e.session, e.file = n.share(session), nil
	return e.session, true, released
}

// open opens a session of the file of m, which is verified.
func (n *inference) open(m model.Model, f *file) (*onnx.Session, error) {
	session, err := n.engine.LoadFile(f.path(), m.SHA256, n.options)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", m.Name, err)
	}
	if err := fits(session, m); err != nil {
		return nil, errors.Join(fmt.Errorf("load %s: %w", m.Name, err), session.Close())
	}
	return session, nil
}

// fits checks what a session takes and gives against what is said of the model.
func fits(session *onnx.Session, m model.Model) error {
	if size := session.Size(); size != 0 && size != m.Recipe.Size {
		return fmt.Errorf("it takes images of %d pixels: want %d, as its recipe says", size, m.Recipe.Size)
	}
	if classes := session.Classes(); classes != 0 && len(m.Labels) != 0 && classes != len(m.Labels) {
		return fmt.Errorf("it tells %d classes apart: want the %d that have names", classes, len(m.Labels))
	}
	return nil
}

// preprocess makes the input of m from an image file. The caller has the turn.
func (n *inference) preprocess(file []byte, m model.Model) (_ []float32, err error) {
	n.scratch, err = dataset.Preprocess(file, m.Recipe, n.scratch)
	return n.scratch, err
}
