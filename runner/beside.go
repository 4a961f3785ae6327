package runner

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"

	"github.com/testbed/testbed/scenarios"
)

// A turn is when a trial may write: when all before it in the plan have ended.
// So the directory is the same however many are carried out at once.
type turn struct {
	come   <-chan struct{} // closed when it is
	failed *error          // how the first of those before failed; nil: none did. Read and set in the turn.
}

// wait waits for the turn. It is an error if a trial before failed: this one is
// not to be written. Those before end whatever happens, so it ends.
func (t turn) wait() error {
	<-t.come
	return *t.failed
}

// beside carries out the trials of a virtual world, several at a time, each in a
// world of its own.
func (r *run) beside(ctx context.Context, world Virtual) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	n := r.workers()
	working := make(chan struct{}, n)   // trials that are carried out,
	waiting := make(chan struct{}, 4*n) // and with them those that wait to be written
	var wait sync.WaitGroup
	var failed error
	first := make(chan struct{})
	close(first)
	now := turn{first, &failed}
	begun, looks := r.begun(), r.looks()
	for i, planned := range r.plan.Trials {
		if looks[i] {
			before, after := now, make(chan struct{})
			now = turn{after, &failed}
			wait.Go(func() {
				defer close(after)
				if before.wait() == nil {
					if failed = r.look(planned.Repetition); failed != nil {
						cancel()
					}
				}
			})
		}
		if r.again(planned) > 0 { // it is whole
			continue
		}
		waiting <- struct{}{}
		working <- struct{}{}
		if inner.Err() != nil {
			break
		}
		b := &block{writer: r.o.Writer, turn: now}
		if t := r.key(planned); begun[t] {
			b.has = linesOf(r.o.Before, t)
		}
		after, own := make(chan struct{}), world.Fork()
		now = turn{after, &failed}
		wait.Go(func() {
			defer close(after)
			err := r.trial(inner, i, 0, own, b)
			<-working
			if b.turn.wait() == nil {
				if failed = b.end(err); failed != nil {
					cancel()
				}
			}
			<-waiting
		})
	}
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	return ended(failed)
}

// end writes what is held when the trial has ended with err, in its turn.
func (b *block) end(err error) error {
	return errors.Join(err, b.writer.Append(&b.Block))
}

// workers is how many trials are carried out at once. A program of others is
// asked about one after the other.
func (r *run) workers() int {
	others := func(s scenarios.Selector) bool { return !own(s) }
	s := r.plan.Scenario
	switch {
	case slices.ContainsFunc(s.Selectors, others) || slices.ContainsFunc(s.Judge.Shadows, others):
		return 1
	case r.o.Workers > 0:
		return r.o.Workers
	}
	return runtime.GOMAXPROCS(0)
}
