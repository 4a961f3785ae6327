package sim

import (
	"time"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// never is when that happens which never does.
const never = trace.Forever

// A Conn is a TCP connection: two directions, each with a window that it keeps
// from one transfer to the next.
type Conn struct {
	engine        *Engine
	forward, back half
}

// NewConn makes a connection whose segments pass the links of forward in that
// order, and those of back the other way. No links are no distance: everything
// arrives at once. Connect is not needed before Send.
func NewConn(e *Engine, forward, back []*Link) *Conn {
	c := &Conn{engine: e}
	c.forward.open(e, forward, back)
	c.back.open(e, back, forward)
	return c
}

// Connect makes the connection anew, with windows as at first: a frame of 74
// bytes goes there and one comes back, and then done happens, at the end that
// asked. A frame that is lost is sent again after 1 s, then 2 s and so on, six
// times; after that done never happens.
func (c *Conn) Connect(done Event) {
	c.Close()
	c.forward.handshake.begin(done)
}

// Send sends n > 0 bytes forward; done happens when the last has arrived there.
// After fifteen timeouts in a row it is given up and done never happens. A
// direction carries one transfer at a time: another is a bug, and Send panics.
func (c *Conn) Send(n unit.Bytes, done Event) { c.forward.send(n, done) }

// Reply is Send the other way.
func (c *Conn) Reply(n unit.Bytes, done Event) { c.back.send(n, done) }

// Close forgets what is under way, which then never is done, and the windows.
func (c *Conn) Close() {
	c.forward.reset()
	c.back.reset()
}

// RoundTrip is how long a frame of 66 bytes takes there and back over links
// that stand as they do now and carry nothing else.
func (c *Conn) RoundTrip() time.Duration { return c.forward.roundTrip(bare, bare) }
