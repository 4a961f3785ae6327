package runner_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// A virtualWorld answers as a fakeWorld does, in a time of its own:
//
//	node   upload  fetch  small  big  download
//	edge   10 ms   40 ms  5 ms   30 ms  1 ms    fetched if the model is not held
//	cloud  20 ms   40 ms  2 ms   10 ms  1 ms
//
// With noise, by the seed of the trial, inference takes up to 1 ms longer. There
// is a line of telemetry of each second.
type virtualWorld struct {
	is   like
	now  time.Duration
	told time.Duration // what there was telemetry of
	held map[[2]string]map[string]bool
	of   string // condition that was entered
	seed *rand.Rand
	done int // requests

	parts   []*virtualPart // that run together
	running *virtualPart
	parked  chan struct{}
}

// like is how all forks of a virtualWorld are.
type like struct {
	noise   bool
	long    int                                       // bytes of a request's error; 0: none fails
	meet    func(condition string, n int) error       // before request n of a trial, from 1: whether the world is broken
	entered func(c scenarios.Condition, at time.Time) // may be called by several trials at once
}

type virtualPart struct {
	at     time.Duration
	resume chan struct{}
	over   bool
}

func newVirtual(is like) *virtualWorld {
	return &virtualWorld{is: is, held: map[[2]string]map[string]bool{}, seed: rand.New(rand.NewPCG(0, 0))}
}

func (w *virtualWorld) Fork() runner.Virtual { return newVirtual(w.is) }

func (w *virtualWorld) Now() time.Duration { return w.now }

func (w *virtualWorld) Profile(ctx context.Context, node string, models []scenarios.Model, progress func(int)) ([]selector.Option, error) {
	return newFake().Profile(ctx, node, models, progress)
}

func (w *virtualWorld) Enter(_ context.Context, c scenarios.Condition, seed uint64) ([]record.Check, error) {
	if w.now > 0 {
		return nil, errors.New("a trial in a world in which there was one before")
	}
	if w.is.entered != nil {
		w.is.entered(c, time.Now())
	}
	w.of, w.seed = c.ID, rand.New(rand.NewPCG(seed, 1))
	return []record.Check{{Node: "edge", Engine: "sim"}, {Node: "cloud", Engine: "sim"}}, nil
}

func (w *virtualWorld) Rewind(context.Context, time.Duration) (bool, error) { return true, nil }

func (w *virtualWorld) Prepare(_ context.Context, node, arm string, models []string) error {
	w.held[[2]string{node, arm}] = map[string]bool{}
	for _, m := range models {
		w.held[[2]string{node, arm}][m] = true
	}
	return nil
}

func (w *virtualWorld) Observe(_ context.Context, nodes []string, arm string) (all []selector.Device, err error) {
	for _, n := range nodes {
		all = append(all, selector.Device{Name: n})
	}
	return all, nil
}

func (w *virtualWorld) Do(ctx context.Context, r runner.Request) (runner.Result, error) {
	w.done++
	if w.is.meet != nil {
		if err := w.is.meet(w.of, w.done); err != nil {
			return runner.Result{}, err
		}
	}
	res := runner.Result{Sent: w.now, Up: 100, Down: 10, Prediction: r.Label, Confidence: .4, Err: strings.Repeat("x", w.is.long),
		Phases: selector.Phases{Upload: uploads[r.Node], Infer: infers[r.Node][r.Model], Download: ms}}
	if w.is.noise {
		res.Phases.Infer += time.Duration(w.seed.Int64N(int64(ms)))
	}
	held := w.held[[2]string{r.Node, r.Arm}]
	if !held[r.Model] {
		res.Phases.Fetch, res.Fetched = 40*ms, 1000
		held[r.Model] = true
	}
	w.Wait(res.Phases.Total())
	res.Done = w.now
	return res, ctx.Err()
}

// Wait lets time pass: for the part that runs, if there are parts.
func (w *virtualWorld) Wait(d time.Duration) {
	p := w.running
	if p == nil {
		w.now += d
		return
	}
	p.at = w.now + d
	w.parked <- struct{}{}
	<-p.resume
}

// Together has the part go on that is due first, until all are over.
func (w *virtualWorld) Together(parts ...func()) {
	w.parts, w.parked = nil, make(chan struct{})
	for _, f := range parts {
		p := &virtualPart{at: w.now, resume: make(chan struct{})}
		w.parts = append(w.parts, p)
		go func() {
			<-p.resume
			f()
			p.over = true
			w.parked <- struct{}{}
		}()
	}
	for len(w.parts) > 0 {
		w.running = slices.MinFunc(w.parts, func(a, b *virtualPart) int { return int(a.at - b.at) })
		w.now = w.running.at
		w.running.resume <- struct{}{}
		<-w.parked
		w.parts = slices.DeleteFunc(w.parts, func(p *virtualPart) bool { return p.over })
	}
	w.running = nil
}

func (w *virtualWorld) Telemetry(context.Context) (all []record.Telemetry, err error) {
	for w.told < w.now {
		to := min(w.now, w.told+time.Second)
		all = append(all, record.Telemetry{From: w.told, At: to, Node: "edge"})
		w.told = to
	}
	return all, nil
}

func (w *virtualWorld) Leave(context.Context) error { return nil }

// virtual is a plan of n trials, each a condition of its own, on two nodes: cold
// and warm in turn, of one pair more each.
func virtual(n int) *scenarios.Plan {
	p := twoNodes(plan("warm", 1, "infer"))
	p.Conditions, p.Trials = nil, nil
	for i := range n {
		of := plan([]string{"cold", "warm"}[i%2], 1+i%7, "infer")
		of.Conditions[0].ID = fmt.Sprintf("c%02d", i)
		of.Trials[0].Condition, of.Trials[0].Seeds.Link = i, uint64(i)
		p.Conditions, p.Trials = append(p.Conditions, of.Conditions...), append(p.Trials, of.Trials...)
	}
	return p
}
