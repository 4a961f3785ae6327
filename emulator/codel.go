package emulator

import (
	"math"
	"time"
)

// codel is RFC 8289, section 5, packet by packet in the order in which they
// are taken from the queue. The RFC's deque takes packets until it has one to
// send; here each call of drop is one of those that it takes.
//
// The RFC never drops while no more than one full frame is left in the queue.
// That depends on packets that come later, of which a Shaper does not know. So
// a wait is too long here only if it is also longer than what one full frame
// takes to send at the rate of that time: a packet has waited no longer that
// found nothing but the one being sent.
type codel struct {
	CoDel

	above    time.Duration // drop what waited too long from then on; 0: the last had not
	dropping bool
	next     time.Duration // drop: when the next is to be dropped
	count    uint32        // packets dropped since dropping began
	before   uint32        // count, as it was when dropping began
	behind   bool          // next is to be set once it is known that dropping goes on
}

// drop decides about a packet that is taken from the queue at time t, after it
// has waited so long; frame is how long it may, whatever the target.
func (c *codel) drop(t, waited, frame time.Duration) bool {
	long := c.long(t, waited, frame)
	switch {
	case !c.dropping && long:
		c.begin(t)
		return true
	case !c.dropping:
		return false
	case !long:
		c.dropping, c.behind = false, false
		return false
	}
	if c.behind {
		c.next, c.behind = c.law(c.next), false
	}
	if t < c.next {
		return false
	}
	c.count++
	c.behind = true
	return true
}

// long is the RFC's dodequeue: whether packets have waited too long for at
// least an interval.
func (c *codel) long(t, waited, frame time.Duration) bool {
	if waited < c.Target || waited <= frame {
		c.above = 0
		return false
	}
	if c.above == 0 {
		c.above = later(t, c.Interval)
		return false
	}
	return t >= c.above
}

// begin begins to drop, at about the pace at which it stopped if that was not
// long ago.
func (c *codel) begin(t time.Duration) {
	c.dropping = true
	again := c.count - c.before
	c.count = 1
	if again > 1 && t-c.next < 16*c.Interval {
		c.count = again
	}
	c.before = c.count
	c.next = c.law(t)
}

// law is the RFC's control law: the next drop after the one at time t.
func (c *codel) law(t time.Duration) time.Duration {
	return later(t, time.Duration(float64(c.Interval)/math.Sqrt(float64(c.count))))
}
