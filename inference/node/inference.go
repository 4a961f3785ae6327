package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/oip"
	"github.com/testbed/testbed/inference/onnx"
)

// An inference is an inference node: an oip.Backend that fetches and loads what
// an arm does not hold.
type inference struct {
	name      string
	engine    *onnx.Engine
	options   onnx.Options
	catalogue map[string]model.Model
	files     *files
	timeout   time.Duration // of a request; 0: none
	usage     *usage        // nil where it cannot be measured

	life  context.Context // ends with the node, and what it does then
	end   context.CancelFunc
	door  door
	loads singleflight.Group // of Load, by the name of the model

	// turn is held by what uses the node: a request, Prepare or Profile. One
	// inference at a time is what a device does; to wait for it is the queue.
	turn    chan struct{}
	scratch []float32 // input of an inference; of who has the turn
	bench   bench     // of Measure; of who has the turn

	opened atomic.Int64 // sessions that arms hold or held

	mu      sync.Mutex // guards what follows; Status may ask at any time
	arms    map[string]residency
	changes map[string]oip.State // of models that are being loaded or unloaded for anybody
	goodput goodput
}

func newInference(cfg Config, s sockets, cpus []int) (*inference, error) {
	o := onnx.Options{Threads: cfg.Threads, Provider: cfg.Provider, Optimization: cfg.Optimization, Spinning: cfg.Spinning, Cache: cfg.Cache}
	if err := o.Check(); err != nil {
		return nil, err
	}
	if cfg.QueueLimit < 0 || cfg.RequestTimeout < 0 {
		return nil, fmt.Errorf("queue limit %d, request timeout %v: want none below 0", cfg.QueueLimit, cfg.RequestTimeout)
	}
	engine, err := onnx.Open(cfg.Library)
	if err != nil {
		return nil, err
	}
	limit := cfg.QueueLimit
	if limit == 0 {
		limit = defaultQueueLimit
	}
	n := &inference{
		name:      cfg.Name,
		engine:    engine,
		options:   o,
		catalogue: make(map[string]model.Model, len(cfg.Models)),
		files:     newFiles(fetcher{sockets: s, repository: cfg.Repository}, cfg.Models),
		timeout:   cfg.RequestTimeout,
		door:      door{node: cfg.Name, limit: limit},
		turn:      make(chan struct{}, 1),
		arms:      make(map[string]residency),
		changes:   make(map[string]oip.State),
		goodput:   goodput{byArm: make(map[string][]sample)},
	}
	n.life, n.end = context.WithCancel(context.Background())
	for _, m := range cfg.Models {
		n.catalogue[m.Name] = m
	}
	// Where the counters cannot be read, the Description says so; the node works.
	if read, err := cpuReader(cpus); err == nil {
		n.usage = newUsage(read)
		go n.usage.watch(n.life)
	}
	return n, nil
}

// Name is the node's.
func (n *inference) Name() string { return n.name }

// Metadata describes a model of the catalogue.
func (n *inference) Metadata(name string) (oip.Metadata, error) {
	m, err := n.lookup(name)
	if err != nil {
		return oip.Metadata{}, err
	}
	d := oip.Metadata{Name: name, Size: m.Recipe.Size, Classes: -1, Labels: m.Labels}
	if len(m.Labels) > 0 {
		d.Classes = len(m.Labels)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.arms {
		if e := r[m.SHA256]; e != nil && e.session != nil {
			d.Ready = true
			if classes := e.session.classes.Load(); classes > 0 {
				d.Classes = int(classes)
			}
		}
	}
	return d, nil
}

func (n *inference) lookup(name string) (model.Model, error) {
	m, ok := n.catalogue[name]
	if !ok {
		return m, oip.Errorf(http.StatusNotFound, "node %s: no model %q", n.name, name)
	}
	return m, nil
}

// enter waits for the turn, which endTurn gives back.
func (n *inference) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case n.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	// Both may have come at once.
	if err := ctx.Err(); err != nil {
		n.endTurn()
		return err
	}
	return nil
}

func (n *inference) endTurn() { <-n.turn }

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
// runs. Each phase begins where the last one ended.
func (n *inference) answer(ctx context.Context, m model.Model, q oip.Query, t *oip.Times) ([]float32, error) {
	if err := n.enter(ctx); err != nil {
		return nil, err
	}
	defer n.endTurn()
	t.Started = clock.Now()

	var err error
	if t.FetchBytes, err = n.fetch(ctx, q.Arm, m); err != nil {
		return nil, err
	}
	t.Fetched = clock.Now()

	session, err := n.load(ctx, q.Arm, m)
	if err != nil {
		return nil, err
	}
	t.Loaded = clock.Now()

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

// fetch gets the file of m over the network, unless the arm holds it. It says
// how many bytes came.
func (n *inference) fetch(ctx context.Context, arm string, m model.Model) (int64, error) {
	n.mu.Lock()
	held := n.arms[arm][m.SHA256] != nil
	n.mu.Unlock()
	if held {
		return 0, nil
	}
	f, s, err := n.files.fetch(ctx, m)
	if err != nil {
		return 0, oip.Errorf(http.StatusBadGateway, "fetch %s from %s: %w", m.Name, n.files.origin(), err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.residency(arm)[m.SHA256] = &entry{name: m.Name, file: f}
	n.goodput.add(arm, s)
	return int64(s.bytes), nil
}

// load opens a session of the file that the arm holds, unless one is open.
func (n *inference) load(ctx context.Context, arm string, m model.Model) (*shared, error) {
	n.mu.Lock()
	e := n.arms[arm][m.SHA256]
	n.mu.Unlock()
	if e.session != nil {
		return e.session, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	session, err := n.open(m, e.file)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	released := e.file.release()
	e.session, e.file = n.share(session), nil
	return e.session, released
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
	img, err := dataset.Decode(file)
	if err != nil {
		return nil, err
	}
	n.scratch, err = dataset.Tensor(img, m.Recipe, n.scratch)
	return n.scratch, err
}

// status says what the node knows; arm is whose files and sessions.
func (n *inference) status(arm string) (Status, error) {
	n.mu.Lock()
	held, loaded := n.arms[arm].names()
	s := Status{Held: held, Loaded: loaded, DownBps: int64(n.goodput.of(arm)), Opened: n.opened.Load()}
	n.mu.Unlock()
	if n.usage == nil {
		return s, nil // the Description said so
	}
	var err error
	if s.Others, s.Busy, err = n.usage.shares(); err != nil {
		return s, fmt.Errorf("status: %w", err)
	}
	if s.RSSBytes, err = residentBytes(); err != nil {
		return s, fmt.Errorf("status: %w", err)
	}
	return s, nil
}

// close frees all sessions and files, after the inference that is under way.
// What waits is told that it waits in vain.
func (n *inference) close() error {
	n.end()
	n.turn <- struct{}{}
	defer n.endTurn()
	return errors.Join(n.releaseAll(), n.bench.close(), n.files.close())
}

// releaseAll frees what all arms hold. The caller has the turn.
func (n *inference) releaseAll() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var errs []error
	for arm, r := range n.arms {
		errs = append(errs, r.release())
		delete(n.arms, arm)
	}
	return errors.Join(errs...)
}
