package emulator

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// A Shaper is a Link in use: it knows what waits in the queue. It does not
// hold packets, wait or read a clock; its caller says what time it is and
// holds each packet until the time that Push answers. So the same Shaper runs
// in real time and in virtual time, and tests of it take no time at all.
//
// A Shaper is not safe for concurrent use.
type Shaper struct {
	losses    losses
	neck      bottleneck
	delays    delays
	reorder   chance
	duplicate chance
	corrupt   chance
	flip      stream // which bit is corrupted
	marks     bool   // any of these four draws

	now time.Duration // of the last Push
	bit uint64        // of the last packet: drawn, if it is corrupted
}

// NewShaper makes an idle Shaper. The link must pass Check. rng gives the seed
// of each box that draws, each of which has a stream of its own; it is not used
// after. It may be nil if the link has no such box. A link that breaks these
// rules is a bug of the caller: NewShaper panics.
func NewShaper(link Link, rng *rand.Rand) *Shaper {
	if err := link.Check(); err != nil {
		panic(fmt.Sprintf("emulator: NewShaper: %v", err))
	}
	if rng == nil && link.Random() {
		panic("emulator: NewShaper: a link with loss, jitter or another box that draws, and no source of randomness")
	}
	// All are seeded, in this order, so that each is the same without the others.
	return &Shaper{
		losses:    newLosses(&link, newStream(rng)),
		delays:    newDelays(&link, newStream(rng)),
		reorder:   chance{newStream(rng), link.Reorder},
		duplicate: chance{newStream(rng), link.Duplicate},
		corrupt:   chance{newStream(rng), link.Corrupt},
		flip:      newStream(rng),
		marks:     link.Reorder > 0 || link.Duplicate > 0 || link.Corrupt > 0,
		neck:      newBottleneck(&link),
	}
}

// Random reports whether what the link does depends on a seed.
func (l Link) Random() bool {
	return l.lossy() || l.Jitter > 0 || l.Reorder > 0 || l.Duplicate > 0 || l.Corrupt > 0
}

// Push offers a packet of n bytes (headers included) to the link at time now,
// and says what becomes of it. If it is Delivered, with or without flags, out
// is when it leaves the link; else out is 0.
//
// now counts from any fixed origin that is not later than the first packet,
// and is the clock of all that changes over time; one that goes back counts as
// the latest so far. The first packet may come at any time, which takes no
// longer: then the link stands as it does after so long with nothing to carry. out never goes back from one packet to the next unless
// the link has Reorder or is Unordered. n must not be negative.
//
// A packet that the bottleneck will not be done with for as long as time can
// be counted, or after a million changes of its rate, has the greatest
// Duration as its out.
func (s *Shaper) Push(now time.Duration, n unit.Bytes) (out time.Duration, fate Fate) {
	if n < 0 {
		panic(fmt.Sprintf("emulator: Push of %d bytes", n))
	}
	s.now = max(s.now, now)
	// Every packet draws from every box, whatever becomes of it.
	late := s.delays.draw()
	ahead := false
	if s.marks {
		ahead, fate = s.reorder.hit(), s.flags(n)
	}
	if s.losses.lost(s.now) {
		return 0, Lost
	}
	done, ok := s.neck.pass(s.now, n)
	switch {
	case !ok:
		return 0, Dropped
	case ahead:
		return done, fate
	}
	return s.delays.leave(done, late), fate
}

// flags draws for the flags of the next packet.
func (s *Shaper) flags(n unit.Bytes) (fate Fate) {
	if s.duplicate.hit() {
		fate = Duplicated
	}
	if s.corrupt.share > 0 {
		s.bit = s.flip.source.Uint64()
		if s.corrupt.hit() && n > header { // else there is no bit to flip
			fate |= Corrupted
		}
	}
	return fate
}

// Bit returns which bit b of the packet last pushed is flipped, if its fate had
// Corrupted: bit b%8, 0 being the least, of byte 14 + b/8, which counts past
// the Ethernet header. n is the size of that packet.
func (s *Shaper) Bit(n unit.Bytes) int64 {
	if n <= header {
		panic(fmt.Sprintf("emulator: Bit of a packet of %d bytes", n))
	}
	return int64(scale(s.bit, 8*uint64(n-header)))
}

// Queued returns how many bytes wait for the bottleneck at time now, the
// packet being sent included. Like Push it must not be asked about the past.
func (s *Shaper) Queued(now time.Duration) unit.Bytes {
	s.now = max(s.now, now)
	s.neck.queue.drain(s.now)
	return s.neck.queue.bytes
}
