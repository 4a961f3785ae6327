//go:build linux

package relay

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// maxFrame is the largest frame that one would expect: a full one with a VLAN
// tag.
const maxFrame = emulator.FullFrame + vlanTag

// A Relay carries frames between two interfaces, as two Links. Its methods may
// be called from any goroutine.
type Relay struct {
	mu         sync.Mutex // Set, Stats and Close, one at a time
	closed     bool
	a, b       *port
	aToB, bToA *direction
	realtime   error
}

// Stats is what one direction did since Set. Of the frames that arrived, each
// is in one of Packets, Lost, Dropped, Failed and Queued, or was too large to
// carry (see Oversized).
type Stats struct {
	Packets int64      // delivered
	Bytes   unit.Bytes // delivered, Ethernet layer
	Lost    int64
	Dropped int64
	Queued  int64 // accepted and not sent yet: in the queue or on the way
	Failed  int64 // due, but the kernel did not take them

	// The following three are 0 in a world that is set up well. With one of
	// them above, the link was not played as it was asked.

	// Missed frames were never seen, or there was no memory for them.
	Missed int64
	// Oversized frames were larger than 1518 bytes: an offload (TSO, GSO or
	// GRO) is on at the far end of the interface, and many packets share one
	// fate. Those above 1982 bytes are not carried.
	Oversized int64
	// Unfinished frames had a checksum that hardware was to fill in; the
	// receiver will discard them. Checksum offload is on at the far end.
	Unfinished int64

	// Lag is how much later than due frames were sent. Percentiles are at
	// most 7 % too high. All are 0 if nothing was sent.
	LagP50, LagP99, LagMax time.Duration

	Clock time.Duration // since Set: the time of a Trace
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
	r.realtime = errors.Join(r.aToB.start(), r.bToA.start())
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

// A setting is one direction's link between two calls of Set, with its counts.
// Its thread alone uses the shaper; the rest is read by others meanwhile.
type setting struct {
	shaper *emulator.Shaper
	origin time.Time     // when it was set: 0 of the shaper's time
	inUse  chan struct{} // closed by the thread

	packets, bytes, lost, dropped, queued, failed atomic.Int64
	missed, oversized, unfinished                 atomic.Int64
	lag                                           histogram
}

func newSetting(link emulator.Link, rng *rand.Rand, origin time.Time) *setting {
	return &setting{
		shaper: emulator.NewShaper(link, rng),
		origin: origin,
		inUse:  make(chan struct{}),
	}
}

func (s *setting) stats() Stats {
	return Stats{
		Packets:    s.packets.Load(),
		Bytes:      unit.Bytes(s.bytes.Load()),
		Lost:       s.lost.Load(),
		Dropped:    s.dropped.Load(),
		Queued:     s.queued.Load(),
		Failed:     s.failed.Load(),
		Missed:     s.missed.Load(),
		Oversized:  s.oversized.Load(),
		Unfinished: s.unfinished.Load(),
		LagP50:     s.lag.quantile(0.50),
		LagP99:     s.lag.quantile(0.99),
		LagMax:     s.lag.max(),
		Clock:      time.Since(s.origin),
	}
}

// eventfd makes a counter that a thread in ppoll can wait for.
func eventfd() (int, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return -1, fmt.Errorf("eventfd: %w", err)
	}
	return fd, nil
}
