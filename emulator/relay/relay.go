//go:build linux

package relay

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/testbed/testbed/emulator"
)

// A Relay carries frames between two interfaces, as two Links. Its methods may
// be called from any goroutine.
type Relay struct {
	mu         sync.Mutex // Set, Stats and Close, one at a time
	closed     bool
	a, b       *port
	aToB, bToA *direction
	realtime   error
}

// Open starts to carry frames between the interfaces a and b of the calling
// thread's network namespace, which must be up; later moves of the caller do
// not matter. Until Set, both directions are perfect wires.
//
// Interfaces should have no addresses, and the far ends must have offloads
// off. The caller must Close the Relay.
func Open(a, b string) (*Relay, error) {
	pa, err := openPort(a)
	if err != nil {
		return nil, fmt.Errorf("relay %s: %w", a, err)
	}
	pb, err := openPort(b)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("relay %s: %w", b, err), pa.close())
	}
	r := &Relay{a: pa, b: pb}
	first := newSetting(emulator.Link{}, nil, time.Now())
	if r.aToB, err = newDirection(pa, pb, first); err != nil {
		return nil, errors.Join(err, pa.close(), pb.close())
	}
	first = newSetting(emulator.Link{}, nil, time.Now())
	if r.bToA, err = newDirection(pb, pa, first); err != nil {
		return nil, errors.Join(err, r.aToB.closeWake(), pa.close(), pb.close())
	}
	r.realtime = r.aToB.start()
	if err := r.bToA.start(); err != nil {
		r.realtime = err // both have the same reason
	}
	return r, nil
}

// Set changes both links at once. What waits is discarded, so is what arrived
// before the call; counters, lag and the time of traces start at 0. Losses and
// jitter follow from seed alone, and differ between the directions. When Set
// returns, the links are in use. They must pass Check, else Set panics. After
// Close it does nothing.
func (r *Relay) Set(aToB, bToA emulator.Link, seed uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	now := time.Now()
	ab := newSetting(aToB, rand.New(rand.NewPCG(seed, 0)), now)
	ba := newSetting(bToA, rand.New(rand.NewPCG(seed, 1)), now)
	r.aToB.offer(ab)
	r.bToA.offer(ba)
	r.aToB.await(ab)
	r.bToA.await(ba)
	r.a.takeDrops()
	r.b.takeDrops()
}

// Stats returns what both directions did since Set. After Close it is what
// they did until then.
func (r *Relay) Stats() (aToB, bToA Stats) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.aToB.current.Load().missed.Add(r.a.takeDrops())
		r.bToA.current.Load().missed.Add(r.b.takeDrops())
	}
	return r.aToB.current.Load().stats(), r.bToA.current.Load().stats()
}

// Realtime returns nil if both threads have SCHED_FIFO, else why not. Without
// it, other load on the machine delays frames; Stats shows by how much.
func (r *Relay) Realtime() error { return r.realtime }

// Close stops both directions and waits until they have stopped. What waits is
// discarded. A second Close does nothing.
func (r *Relay) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.aToB.current.Load().missed.Add(r.a.takeDrops())
	r.bToA.current.Load().missed.Add(r.b.takeDrops())
	r.closed = true
	r.aToB.stop()
	r.bToA.stop()
	return errors.Join(r.aToB.closeWake(), r.bToA.closeWake(), r.a.close(), r.b.close())
}
