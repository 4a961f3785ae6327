package emulator

import (
	"time"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// never is when that happens for which the time does not suffice.
const never = trace.Forever

// patience is how many changes of the rate, or opportunities within outages, a
// packet waits through. What has not passed then never does: a link may stand
// still for good in ways that Check cannot see, an outage at each moment that
// has a rate.
const patience = 1 << 20

// A bottleneck is the queue and what it waits for.
type bottleneck struct {
	server server // nil: nothing ever waits
	layer  Layer
	queue  backlog
	codel  *codel // nil: none

	// The limits of the queue; 0 for none.
	bytes   unit.Bytes
	packets int
	wait    time.Duration

	// The bottleneck falls asleep after a while with nothing to send.
	penalty, after time.Duration
	idle           time.Duration // since when there is nothing to send
	awake          time.Duration // from then on it can send
}

// A server is what sends one packet after the other. The times that it is
// told do not go back.
type server interface {
	// begin returns when the sending of a packet begins that may be sent from
	// the given time on.
	begin(from time.Duration) time.Duration

	// send does so with n bytes on the layer of the link, and returns when
	// the last of them has left.
	send(from time.Duration, n unit.Bytes) time.Duration

	// frame returns how long a packet waits, at the rate that stands when
	// begin's packet begins, that has one full frame before it.
	frame() time.Duration
}

func newBottleneck(l *Link) bottleneck {
	b := bottleneck{
		layer: l.Layer,
		bytes: l.Queue, packets: l.QueuePackets, wait: l.QueueTime,
		penalty: l.IdlePenalty, after: l.IdleAfter,
	}
	switch {
	case l.Trace != nil:
		b.server = newMoments(l)
	case l.bounded():
		b.server = &pipe{link: l}
	}
	if l.CoDel != nil {
		b.codel = &codel{CoDel: *l.CoDel}
	}
	return b
}

// bounded reports whether packets may have to wait at the bottleneck.
func (l *Link) bounded() bool {
	return l.Rate > 0 || l.Trace != nil || l.Rates != nil || len(l.Outages) > 0 || l.IdlePenalty > 0
}

// pass takes a packet at time now, and returns when the bottleneck is done with
// it, and whether it got through.
func (b *bottleneck) pass(now time.Duration, n unit.Bytes) (done time.Duration, ok bool) {
	if b.server == nil {
		return now, true
	}
	b.queue.drain(now)
	from := now
	if b.penalty > 0 {
		from = b.wake(now)
	}
	if b.full(n) {
		return 0, false
	}
	if b.wait > 0 || b.codel != nil {
		begin := b.server.begin(from)
		if b.wait > 0 && begin-now > b.wait {
			return 0, false
		}
		if b.codel != nil && b.codel.drop(begin, begin-now, b.server.frame()) {
			b.queue.add(begin, n)
			return 0, false
		}
	}
	done = b.server.send(from, b.layer.Size(n))
	b.queue.add(done, n)
	b.idle = max(b.idle, done)
	return done, true
}

// full reports whether the queue has no room for n bytes.
func (b *bottleneck) full(n unit.Bytes) bool {
	return b.bytes > 0 && n > b.bytes-b.queue.bytes || b.packets > 0 && b.queue.count >= b.packets
}

// wake lets a packet that arrives at time now wake the bottleneck if that is
// asleep, be the packet dropped or not, and returns from when on it can send.
func (b *bottleneck) wake(now time.Duration) time.Duration {
	if now >= b.idle && now-b.idle >= b.after {
		b.awake = later(now, b.penalty)
		b.idle = b.awake
	}
	return max(now, b.awake)
}
