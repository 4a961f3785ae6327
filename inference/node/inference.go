package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

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
	fetcher   fetcher
	usage     *usage // nil where it cannot be measured

	// turn is held by what uses the node: a request, Prepare or Profile. One
	// inference at a time is what a device does; to wait for it is the queue.
	turn    chan struct{}
	scratch []float32 // input of an inference; of who has the turn

	mu      sync.Mutex // guards what follows; Status may ask at any time
	arms    map[string]residency
	goodput goodput
}

func newInference(cfg Config, s sockets, cpus []int) (*inference, error) {
	engine, err := onnx.Open(cfg.Library)
	if err != nil {
		return nil, err
	}
	n := &inference{
		name:      cfg.Name,
		engine:    engine,
		options:   onnx.Options{Threads: cfg.Threads},
		catalogue: make(map[string]model.Model, len(cfg.Models)),
		fetcher:   fetcher{sockets: s, repository: cfg.Repository},
		turn:      make(chan struct{}, 1),
		arms:      make(map[string]residency),
		goodput:   goodput{byArm: make(map[string][]sample)},
	}
	for _, m := range cfg.Models {
		n.catalogue[m.Name] = m
	}
	// Where the counters cannot be read, Status says so; the node works.
	if read, err := cpuReader(cpus); err == nil {
		n.usage = newUsage(read)
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
	d := oip.Metadata{Name: name, Size: m.Recipe.Size, Classes: -1}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.arms {
		if e := r[m.SHA256]; e != nil && e.session != nil {
			d.Ready, d.Classes = true, e.session.Classes()
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
	select {
	case n.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (n *inference) endTurn() { <-n.turn }

// Infer answers a query: it waits, fetches and opens what the arm lacks, makes
// the input, and runs. Each phase begins where the last one ended.
func (n *inference) Infer(ctx context.Context, q oip.Query, t *oip.Times) ([]float32, error) {
	m, err := n.lookup(q.Model)
	if err != nil {
		return nil, err
	}
	if err := n.enter(ctx); err != nil {
		return nil, err
	}
	defer n.endTurn()
	t.Started = clock.Now()

	if t.FetchBytes, err = n.fetch(ctx, q.Arm, m); err != nil {
		return nil, err
	}
	t.Fetched = clock.Now()

	session, err := n.load(q.Arm, m)
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

	logits, err := session.Run(input)
	t.Inferred = clock.Now()
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
	data, s, err := n.fetcher.fetch(ctx, m)
	if err != nil {
		return 0, oip.Errorf(http.StatusBadGateway, "fetch %s from %s: %w", m.Name, n.fetcher.repository, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.residency(arm)[m.SHA256] = &entry{name: m.Name, file: data}
	n.goodput.add(arm, s)
	return int64(len(data)), nil
}

// load opens a session of the file that the arm holds, unless one is open.
func (n *inference) load(arm string, m model.Model) (*onnx.Session, error) {
	n.mu.Lock()
	e := n.arms[arm][m.SHA256]
	n.mu.Unlock()
	if e.session != nil {
		return e.session.Session, nil
	}
	session, err := n.open(m, e.file)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	e.session, e.file = &shared{Session: session, users: 1}, nil
	return session, nil
}

// open opens a session of data, which is the file of m.
func (n *inference) open(m model.Model, data []byte) (*onnx.Session, error) {
	session, err := n.engine.Load(data, n.options)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", m.Name, err)
	}
	if session.Size() != m.Recipe.Size {
		err := fmt.Errorf("load %s: it takes images of %d pixels: want %d, as its recipe says", m.Name, session.Size(), m.Recipe.Size)
		return nil, errors.Join(err, session.Close())
	}
	return session, nil
}

// preprocess makes the input of m from an image file, in scratch.
func (n *inference) preprocess(file []byte, m model.Model) ([]float32, error) {
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
	s := Status{Held: held, Loaded: loaded, DownBps: int64(n.goodput.of(arm))}
	n.mu.Unlock()
	var err error
	if n.usage == nil {
		return s, errors.New("status: CPU use cannot be measured on this machine")
	}
	if s.Others, s.Busy, err = n.usage.shares(); err != nil {
		return s, fmt.Errorf("status: %w", err)
	}
	if s.RSSBytes, err = residentBytes(); err != nil {
		return s, fmt.Errorf("status: %w", err)
	}
	return s, nil
}

// close frees all sessions, after the inference that is under way.
func (n *inference) close() error {
	n.turn <- struct{}{}
	defer n.endTurn()
	n.mu.Lock()
	defer n.mu.Unlock()
	var errs []error
	for arm, r := range n.arms {
		errs = append(errs, r.release())
		delete(n.arms, arm)
	}
	return errors.Join(errs...)
}
