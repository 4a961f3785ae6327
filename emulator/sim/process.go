package sim

import (
	"iter"
	"slices"
	"time"
)

// A process is a part of Together: a coroutine that waits for Latches.
type process struct {
	next  func() (struct{}, bool) // goes on with it until it waits again or has ended
	yield func(struct{}) bool     // waits
	stuck bool                    // nothing will happen any more that it waits for
}

// A Latch is an Event that can be waited for. The zero Latch has not happened.
type Latch struct {
	engine   *Engine
	waiting  *process
	happened bool
}

// Happen lets who waits go on.
func (l *Latch) Happen() {
	l.happened = true
	if p := l.waiting; p != nil {
		l.waiting = nil
		l.engine.wake(p)
	}
}

// Happened reports whether it has.
func (l *Latch) Happened() bool { return l.happened }

// Reset makes l as if it had not happened. Nobody may be waiting.
func (l *Latch) Reset() { l.happened = false }

// Await lets time pass until l has happened, and reports whether it has: false
// says that nothing is left that could happen. In a part of Together the other
// parts go on meanwhile; elsewhere it is the caller that runs the engine, so it
// must not be called by an Event. One waits for a Latch at a time.
func (e *Engine) Await(l *Latch) bool {
	if e.current == nil {
		for !l.happened {
			if !e.Step() && !e.unstick() {
				return false
			}
		}
		return true
	}
	if !l.happened {
		p := e.current
		l.engine, l.waiting = e, p
		e.parked = append(e.parked, p)
		p.yield(struct{}{})
		l.waiting = nil
		if p.stuck {
			p.stuck = false
			return l.happened
		}
	}
	return true
}

// Sleep lets so much time pass, as Await does.
func (e *Engine) Sleep(d time.Duration) {
	var l Latch
	e.Schedule(e.now+max(d, 0), &l)
	e.Await(&l)
}

// Together runs parts at the same time, each until it waits by Await, Sleep or
// Together, one at a time and at first in their order, and returns when all
// have returned. What the parts share needs no lock.
func (e *Engine) Together(parts ...func()) {
	var all Latch
	left := len(parts)
	for _, part := range parts {
		p := new(process)
		p.next, _ = iter.Pull(func(yield func(struct{}) bool) {
			p.yield = yield
			part()
			if left--; left == 0 {
				all.Happen()
			}
		})
		e.ready = append(e.ready, p)
	}
	if left > 0 {
		e.Await(&all)
	}
}

// wake lets a process go on that waits.
func (e *Engine) wake(p *process) {
	e.parked = slices.DeleteFunc(e.parked, func(q *process) bool { return q == p })
	e.ready = append(e.ready, p)
}

// resume goes on with the first process that is ready.
func (e *Engine) resume() {
	p := e.ready[0]
	e.ready = slices.Delete(e.ready, 0, 1)
	e.current = p
	p.next()
	e.current = nil
}

// unstick tells the process that has waited longest that it waits in vain, and
// reports whether there is one.
func (e *Engine) unstick() bool {
	if len(e.parked) == 0 {
		return false
	}
	e.parked[0].stuck = true
	e.wake(e.parked[0])
	return true
}
