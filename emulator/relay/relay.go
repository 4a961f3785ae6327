//go:build linux

package relay

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/testbed/testbed/emulator"
)

// A Relay carries packets between two ports, as two Links. Its methods may be
// called from any goroutine.
type Relay struct {
	mu         sync.Mutex // Set, Stats and Close, one at a time
	closed     bool
	a, b       port
	aToB, bToA *direction
	realtime   error
}

// Open is OpenWith without Options.
func Open(a, b string) (*Relay, error) { return OpenWith(a, b, Options{}) }

// OpenWith starts to carry frames between the interfaces a and b of the
// calling thread's network namespace, which must be up; later moves of the
// caller do not matter. Until Set, both directions are perfect wires.
//
// Interfaces should have no addresses, and unless Options.Offload the far ends
// must have offloads off. The caller must Close the Relay.
func OpenWith(a, b string, o Options) (*Relay, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	pa, err := openPacket(a, o.Offload)
	if err != nil {
		return nil, fmt.Errorf("relay %s: %w", a, err)
	}
	pb, err := openPacket(b, o.Offload)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("relay %s: %w", b, err), pa.close())
	}
	return open(pa, pb, o)
}

// OpenTUN is OpenWith for two TUN devices, which CreateTUN made, or who gave
// them IFF_NO_PI and IFF_VNET_HDR. In place of frames it carries IP packets: a
// packet of n bytes counts as n + 14. The kernel does not say when a packet
// came in, so one counts as arrived when it is read.
//
// The files stay the caller's, who must not use them until Close, and may
// close them before.
func OpenTUN(a, b *os.File, o Options) (*Relay, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	pa, err := openTUN(a, o.Offload)
	if err != nil {
		return nil, fmt.Errorf("relay TUN %s: %w", a.Name(), err)
	}
	pb, err := openTUN(b, o.Offload)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("relay TUN %s: %w", b.Name(), err), pa.close())
	}
	return open(pa, pb, o)
}

// open starts a relay between ports, which it closes if it cannot.
func open(a, b port, o Options) (*Relay, error) {
	r := &Relay{a: a, b: b}
	var err error
	if r.aToB, err = newDirection(a, b, newSetting(emulator.Link{}, nil, time.Now(), 0)); err != nil {
		return nil, errors.Join(err, a.close(), b.close())
	}
	if r.bToA, err = newDirection(b, a, newSetting(emulator.Link{}, nil, time.Now(), 0)); err != nil {
		return nil, errors.Join(err, r.aToB.closeWake(), a.close(), b.close())
	}
	ab, err1 := r.aToB.start(o.CPUs)
	ba, err2 := r.bToA.start(o.CPUs)
	if r.realtime = ab; ab == nil {
		r.realtime = ba
	}
	err = errors.Join(err1, err2, o.judge(r.realtime))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("relay: %w", err), r.Close())
	}
	return r, nil
}

// Set changes both links at once. What waits is discarded, so is what arrived
// before the call; counters, lag and the time of traces start at 0. Losses and
// jitter follow from seed alone, and differ between the directions. When Set
// returns, the links are in use. They must pass Check, else Set panics. After
// Close it does nothing. It returns when the links' clock was 0, which is before
// they were in use.
func (r *Relay) Set(aToB, bToA emulator.Link, seed uint64) (zero time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	zero = time.Now()
	if r.closed {
		return zero
	}
	ab, ba := bothSettings(aToB, bToA, seed, zero, 0)
	r.use(ab, ba)
	// What found no room was of the links before.
	r.a.takeDrops()
	r.b.takeDrops()
	return zero
}

// SetAt is Set with links that have had nothing to carry until their clock, as
// it is called, shows since, 0 or more; and counters and lag go on from what
// they are. What waits is discarded and not counted.
func (r *Relay) SetAt(aToB, bToA emulator.Link, seed uint64, since time.Duration) (zero time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	zero = now.Add(-since)
	if r.closed {
		return zero
	}
	ab, ba := bothSettings(aToB, bToA, seed, now, since)
	ab.counts, ba.counts = r.aToB.current.Load().counts, r.bToA.current.Load().counts
	r.use(ab, ba)
	return zero
}

// bothSettings makes the settings of both links, which are of this age now.
func bothSettings(aToB, bToA emulator.Link, seed uint64, now time.Time, since time.Duration) (ab, ba *setting) {
	ab = newSetting(aToB, rand.New(rand.NewPCG(seed, 0)), now, since)
	ba = newSetting(bToA, rand.New(rand.NewPCG(seed, 1)), now, since)
	return ab, ba
}

// use has both threads go by new settings.
func (r *Relay) use(ab, ba *setting) {
	r.aToB.offer(ab)
	r.bToA.offer(ba)
	r.aToB.await(ab)
	r.bToA.await(ba)
}

// Stats returns what both directions did since Set, calls of SetAt after it
// included. After Close it is what
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
