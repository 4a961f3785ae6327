//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/estimate"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/nodes"
	"github.com/testbed/testbed/scenarios"
)

// The nodes that every world has, and the ports that nodes serve on.
const (
	control        = "control"
	repository     = "repository"
	repositoryPort = 8080
	inferencePort  = 8000
)

// A World is a runner.World of namespaces on this machine.
type World struct {
	net         *netns.World
	nodes       map[string]*node.Client
	inference   []scenarios.Node
	cpus        map[string][]int
	tolerance   scenarios.Tolerance
	models      []model.Model
	image       []byte // to profile on
	cache       string // folder for optimised models
	description Description
	began       time.Duration             // CLOCK_MONOTONIC at Open
	life        context.Context           // ends with the world
	ways        map[string]*estimate.Path // from control to each inference node, as control knows them
	beside      map[string]string         // of nodes that have no link of their own
	links       map[string]bool           // names of all links

	entered scenarios.Condition // last
	seed    uint64              // of its links
	fixed   bool                // some link of it varies that cannot be rewound
	load    map[string]emulator.Load
	loadSet time.Time // when any of them last changed

	told time.Duration // Now at the last Telemetry
	last map[string]counters

	playing sync.Mutex          // of who rewinds links, or asks what they did
	played  map[string][]played // by link: what of it was played since Enter
}

var _ runner.World = (*World)(nil)

// Open makes the world of a plan: the namespaces, and in them control, the
// repository and the inference nodes, started and joined by perfect links.
func Open(ctx context.Context, plan *scenarios.Plan, o Options) (*World, error) {
	w := &World{nodes: map[string]*node.Client{}, inference: plan.Scenario.Nodes, tolerance: plan.Scenario.Tolerance, models: o.Models, image: o.Image, cache: o.Cache,
		began: clock.Now(), ways: map[string]*estimate.Path{}, load: map[string]emulator.Load{}, last: map[string]counters{}, played: map[string][]played{},
		beside: map[string]string{}, links: map[string]bool{}}
	sc := plan.Scenario
	cfg := netns.Config{Engine: sc.Engine, Device: sc.Device, Strict: sc.Strict, Peer: repository,
		Nodes: []netns.Node{{Name: control, Beside: sc.Control.Beside}, {Name: repository, Beside: sc.Repository.Beside}}}
	w.beside[control], w.beside[repository] = sc.Control.Beside, sc.Repository.Beside
	for _, pair := range sc.Pairs {
		a, b, _ := strings.Cut(pair, "/")
		cfg.Pairs = append(cfg.Pairs, netns.Pair{A: a, B: b})
	}
	for name := range plan.Conditions[0].Links { // the same in all
		w.links[name] = true
	}
	var warnings []string
	var err error
	if w.cpus, warnings, err = assign(plan.Scenario.Nodes); err != nil {
		return nil, err
	}
	for _, n := range plan.Scenario.Nodes {
		cfg.Nodes = append(cfg.Nodes, netns.Node{Name: n.Name, Beside: n.Beside, CPUs: w.cpus[n.Name], Quota: n.Quota, Env: node.MallocEnv()})
		w.beside[n.Name], w.ways[n.Name] = n.Beside, &estimate.Path{}
	}
	cfg.CPUs, cfg.Nodes[0].CPUs, cfg.Nodes[1].CPUs = w.cpus[""], w.cpus[""], w.cpus[""]
	if w.net, err = netns.Open(ctx, cfg); err != nil {
		return nil, err
	}
	life, end := context.WithCancel(context.Background())
	go func() {
		<-w.net.Done()
		end()
	}()
	w.life = life
	described := w.net.Describe()
	if why, ordinary := strings.CutPrefix(described.Relay, "ordinary: "); ordinary {
		warnings = append(warnings, "the links' threads have no real-time priority ("+why+"): other load on their CPUs can make packets late; lag is recorded and judged")
	}
	w.description = Description{World: described, Nodes: map[string]node.Description{}, Warnings: warnings}
	if err := w.start(ctx, o.Library); err != nil {
		return nil, errors.Join(w.broken(err), w.Close())
	}
	var names []string
	for _, n := range w.inference {
		names = append(names, n.Name)
	}
	setLoad := func(name string, l emulator.Load) error { return w.net.SetLoad(name, l, 0) }
	if err := nodes.Rehearse(plan.Conditions, names, setLoad); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// start tells every node its part. The repository comes first, for the
// others may ask it for something at once.
func (w *World) start(ctx context.Context, library string) error {
	ctx, done := w.alive(ctx)
	defer done()
	common := node.Config{Models: w.models, Library: library, Congestion: "cubic",
		Repository: fmt.Sprintf("%s:%d", w.net.Addr(repository), repositoryPort)}
	start := func(name, role string, port int, n scenarios.Node) error {
		cfg := common
		cfg.Name, cfg.Role, cfg.Address, cfg.Port, cfg.Threads = name, role, w.net.Addr(name), port, n.Threads
		cfg.Provider, cfg.Optimization, cfg.Spinning = n.Provider, n.Optimization, n.Spinning
		if n.Cache {
			cfg.Cache = w.cache
		}
		c := node.Dial(w.net.Conn(name))
		w.nodes[name] = c
		d, err := c.Start(ctx, cfg)
		w.description.Nodes[name] = d
		if err != nil {
			return fmt.Errorf("node %s: %w", name, err)
		}
		return nil
	}
	if err := start(repository, "repository", repositoryPort, scenarios.Node{}); err != nil {
		return err
	}
	for _, n := range w.inference {
		if n.Threads == 0 {
			n.Threads = max(1, len(w.cpus[n.Name]))
		}
		if err := start(n.Name, "inference", inferencePort, n); err != nil {
			return err
		}
	}
	return start(control, "control", 0, scenarios.Node{})
}

// alive is ctx for calls to nodes: it ends when the world does, too, for a node
// that has died answers nothing, and those it talked to may wait for it.
func (w *World) alive(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(w.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// broken prefers, over an error of a call, that the world itself has ended.
func (w *World) broken(err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-w.life.Done():
	case <-time.After(100 * time.Millisecond): // a node's death takes a moment to be known
	}
	if why := w.net.Err(); why != nil {
		return why
	}
	return err
}

// Warnings say what of the world is not as one would wish, such as CPUs that
// are shared.
func (w *World) Warnings() []string { return w.description.Warnings }

// Describe says what the world is made of, for run.json: nodes, versions, what
// was pinned and what could not be.
func (w *World) Describe() Description { return w.description }

// Now implements runner.World: CLOCK_MONOTONIC, counted from Open.
func (w *World) Now() time.Duration { return clock.Now() - w.began }

// Close ends the world. It leaves nothing behind.
func (w *World) Close() error { return w.net.Close() }
