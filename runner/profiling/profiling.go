// Package profiling measures how fast a node is: how long it takes to open and
// run models, with how many threads, idle and while others use its CPUs. What
// it finds is a profile.Profile.
//
// All settings of a model are visited several times, in an order that is drawn
// anew for each round, so that what drifts, such as the clock of a CPU that
// becomes warm, falls on all of them alike. Visits during which somebody else used
// the CPUs are made again, in half as many rounds at most, and those that were calm
// count.
package profiling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/profile"
)

// A Node is an inference node that can be measured: a Local or a Remote one.
type Node interface {
	// Describe says what the node is.
	Describe() node.Description

	// Measure makes one visit.
	Measure(ctx context.Context, args node.MeasureArgs) (node.Measured, error)

	// SetLoad has others use a share, 0 to 1, of each of the node's CPUs. The
	// load has begun, or ended, when it returns.
	SetLoad(ctx context.Context, share float64) error
}

// ofCPUs is background load of a share of each CPU.
func ofCPUs(share float64) emulator.Load {
	return emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Share: share}}}
}

// Options say what to measure.
type Options struct {
	Name   string        // of the profile; empty: that of the node's machine
	Models []model.Model // at least one, which the node knows
	Image  func(m model.Model) ([]byte, error)

	Threads []int     // of an inference, ascending; nil: 1 to the number of the node's CPUs
	Loads   []float64 // background shares, ascending, from 0; nil: 0, 0.25, 0.5, 0.75 and 1

	Runs   int // of each setting, at least; 0: 30
	Rounds int // in which they are made; 0: 6
	Opens  int // of a session, of each kind; 0: 5

	// Pause is before each run, up to a second: a node that waits between its
	// requests takes longer for each than one that works without a pause.
	Pause time.Duration

	Seed uint64 // of the order

	// HoldOut measures, in the same rounds, settings that the profile is not
	// made of, and says how well it predicts them.
	HoldOut bool

	Now time.Time // when this is, for the profile
}

// What is done where Options do not say.
const (
	defaultRuns   = 30
	defaultRounds = 6
	defaultOpens  = 5
)

// A Result is what was measured.
type Result struct {
	Profile  profile.Profile `json:"profile"`
	HeldOut  []Prediction    `json:"held_out,omitempty"`
	Warnings []string        `json:"warnings"`

	// Visits is how many were made, of which others on the machine disturbed
	// some.
	Visits    int `json:"visits"`
	Disturbed int `json:"disturbed"`
}

// Off are the predictions that are too far from what was measured.
func (r Result) Off() []Prediction {
	return slices.DeleteFunc(slices.Clone(r.HeldOut), Prediction.Pass)
}

// Run measures a node. progress, which may be nil, is told how much of the work
// is done, in milliseconds of what it was expected to take, and what is being
// done; the total grows where visits are made again. When ctx ends, it returns with the error, without a result, after the
// node has no load any more.
func Run(ctx context.Context, n Node, o Options, progress func(done, total int, what string)) (result Result, err error) {
	if err := o.fill(n.Describe()); err != nil {
		return Result{}, fmt.Errorf("profile: %w", err)
	}
	r := &run{node: n, options: o, progress: progress, load: -1}
	for _, m := range o.Models {
		r.total += o.cost(m)
	}
	defer func() {
		// Not by ctx: it may have ended, and the load must, too.
		idle, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, n.SetLoad(idle, 0))
	}()
	for i, m := range o.Models {
		if err := r.model(ctx, i, m); err != nil {
			return Result{}, fmt.Errorf("profile: model %s: %w", m.Name, err)
		}
	}
	return r.result(), nil
}

// fill puts in what Options leave open, and says what is wrong with the rest.
func (o *Options) fill(d node.Description) error {
	orElse := func(n *int, value int) {
		if *n == 0 {
			*n = value
		}
	}
	orElse(&o.Runs, defaultRuns)
	orElse(&o.Rounds, defaultRounds)
	orElse(&o.Opens, defaultOpens)
	if o.Threads == nil {
		for n := range max(1, len(d.CPUs)) {
			o.Threads = append(o.Threads, n+1)
		}
	}
	if o.Loads == nil {
		o.Loads = []float64{0, 0.25, 0.5, 0.75, 1}
	}
	if o.Name == "" {
		o.Name = d.Machine.Host
	}
	if o.Name == "" {
		o.Name = d.Name
	}
	return o.check()
}

func (o *Options) check() error {
	names := map[string]bool{}
	for _, m := range o.Models {
		if names[m.Name] {
			return fmt.Errorf("model %s: it is asked for twice", m.Name)
		}
		names[m.Name] = true
	}
	switch {
	case len(o.Models) == 0:
		return errors.New("no model: want at least one")
	case o.Runs < 1 || o.Rounds < 1 || o.Opens < 1:
		return fmt.Errorf("%d runs in %d rounds, %d openings: want at least 1 each", o.Runs, o.Rounds, o.Opens)
	case len(o.Threads) == 0 || o.Threads[0] < 1 || !ascending(o.Threads):
		return fmt.Errorf("threads %v: want ascending numbers from 1", o.Threads)
	case len(o.Loads) == 0 || o.Loads[0] != 0 || o.Loads[len(o.Loads)-1] > 1 || !ascending(o.Loads):
		return fmt.Errorf("loads %v: want ascending shares from 0 to at most 1, and 0 among them", o.Loads)
	case o.HoldOut && len(o.Loads) == 1:
		return errors.New("hold out: want other loads than 0, which they could be predicted by")
	}
	return nil
}

func ascending[T int | float64](s []T) bool {
	for i := 1; i < len(s); i++ {
		if !(s[i] > s[i-1]) {
			return false
		}
	}
	return true
}
