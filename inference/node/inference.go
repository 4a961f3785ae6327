package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/testbed/testbed/inference/estimate"
	"github.com/testbed/testbed/inference/host"
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
	machine   *surroundings

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
	rates   estimate.Rates       // of fetches
	trips   estimate.Trips       // of their connections
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
	}
	n.life, n.end = context.WithCancel(context.Background())
	for _, m := range cfg.Models {
		n.catalogue[m.Name] = m
	}
	n.look(cpus)
	return n, nil
}

// look begins to watch the machine. Where its counters cannot be read, the
// Description says so; the node works.
func (n *inference) look(cpus []int) {
	meter := host.NewMeter(cpus)
	n.machine = newSurroundings(n.life, meter)
	if read, err := cpuReader(cpus, meter); err == nil {
		n.usage = newUsage(read)
		go watch(n.life, n.usage.sample)
	}
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

// enter waits for the turn, which endTurn gives back. There is none for anybody
// once the node has ended.
func (n *inference) enter(ctx context.Context) error {
	select {
	case n.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-n.life.Done():
		return n.life.Err()
	}
	// Several may have come at once.
	if ctx.Err() != nil || n.life.Err() != nil {
		n.endTurn()
		return cmp.Or(ctx.Err(), n.life.Err())
	}
	return nil
}

func (n *inference) endTurn() { <-n.turn }

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
