// Package sim is a network and its computers in virtual time: discrete events,
// links with TCP over them, and servers with queues. It is pure, and the same
// calls in the same order give the same times to the nanosecond on any machine.
//
// # TCP
//
// A Conn is TCP as Linux has it by default: segments of 1448 bytes with
// timestamps, each acknowledged; an initial window of 10 segments, slow start
// with HyStart, CUBIC (RFC 9438: β = 0.7, C = 0.4), selective
// acknowledgements, loss found as RFC 8985 (RACK, tail loss probes) has it, and
// timeouts of the round trip and at least 200 ms (RFC 6298 with Linux's
// minimum). A window that was not used for longer than that is halved each such
// time until it is 10 again. There is no pacing, no limit by the receiver, no
// ECN and no delay of acknowledgements.
//
// Where a path can neither lose nor jitter, what is sent fits into its queues,
// and the links stay as they are or a window is enough, it is played as a fluid:
// a window takes one event, however many segments it has, and transfers that
// share a link get the same share of it each. Elsewhere each segment is a packet
// through the emulator.Shaper of each link, and those that meet share as their
// windows do; a transfer that is a fluid when one of packets begins does not feel
// it. The same transfer takes the same time either way; tests hold the one to the
// other.
package sim

import "time"

// An Event is something that happens. Its methods are called from the engine's
// goroutine, one at a time. Pointers to structs that stay cost no memory.
type Event interface{ Happen() }

// An Engine is a clock, which is at 0 first, and what happens on it. Events of
// the same time happen in the order in which they were scheduled. It is not
// safe for concurrent use.
type Engine struct {
	now   time.Duration
	count uint64
	heap  heap
	free  []*Timer // of Schedule

	packets []*packet // not in use

	current *process
	ready   []*process // in the order in which they go on
	parked  []*process
}

// New makes an Engine.
func New() *Engine { return new(Engine) }

// Now is the time of the event that happens, or that happened last.
func (e *Engine) Now() time.Duration { return e.now }

// A Timer is an Event that can be put off and called off. It is part of what it
// belongs to, and must not be copied. The zero Timer is not set.
type Timer struct {
	Event Event // what happens; must not be nil when the Timer is set

	place  int // in the heap, from 1; 0: not set
	pooled bool
}

// Pending reports whether the timer is set and has not gone off.
func (t *Timer) Pending() bool { return t.place > 0 }

// Set has t go off at a time, or now if that is past; the time that it was set
// for before no longer counts.
func (e *Engine) Set(t *Timer, at time.Duration) {
	e.Stop(t)
	e.count++
	e.heap.push(entry{max(at, e.now), e.count, t})
}

// Stop calls t off; one that is not set stays so.
func (e *Engine) Stop(t *Timer) {
	if t.place > 0 {
		e.heap.remove(t.place - 1)
	}
}

// Schedule has an event happen at a time, or now if that is past, for good.
func (e *Engine) Schedule(at time.Duration, event Event) {
	var t *Timer
	if n := len(e.free); n > 0 {
		t, e.free = e.free[n-1], e.free[:n-1]
	} else {
		t = &Timer{pooled: true}
	}
	t.Event = event
	e.Set(t, at)
}

// Step lets the next event happen, and reports whether there was one.
func (e *Engine) Step() bool {
	if len(e.ready) > 0 {
		e.resume()
		return true
	}
	if len(e.heap) == 0 {
		return false
	}
	next := e.heap[0]
	e.heap.remove(0)
	e.now = next.at
	event := next.timer.Event
	if next.timer.pooled {
		next.timer.Event = nil
		e.free = append(e.free, next.timer)
	}
	event.Happen()
	return true
}

// Run lets events happen until there are none.
func (e *Engine) Run() {
	for e.Step() {
	}
}

// RunUntil lets all events up to a time happen, and makes it that time.
func (e *Engine) RunUntil(at time.Duration) {
	for len(e.ready) > 0 || len(e.heap) > 0 && e.heap[0].at <= at {
		e.Step()
	}
	e.now = max(e.now, at)
}
