package sim

import (
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// Sizes of TCP over Ethernet, with timestamps.
const (
	payload unit.Bytes = 1448 // of a full segment
	bare    unit.Bytes = 66   // of a frame without payload: an acknowledgement
	hello   unit.Bytes = 74   // of a frame that opens a connection
)

// A half is one direction of a Conn.
type half struct {
	engine     *Engine
	legs, back []*Link
	window     window
	last       time.Duration // when something was sent

	// The transfer under way.
	done    Event // nil: there is none
	waits   pending
	arrival Timer

	fluid     fluid
	packets   packets
	handshake handshake
}

func (h *half) open(e *Engine, legs, back []*Link) {
	h.engine, h.legs, h.back = e, legs, back
	h.window.reset()
	h.arrival.Event = (*arrived)(h)
	h.fluid.open(h)
	h.packets.open(h)
	h.handshake.open(h)
}

// reset forgets all.
func (h *half) reset() {
	h.fluid.stop()
	h.handshake.stop()
	h.engine.Stop(&h.arrival)
	if h.done != nil {
		h.end()
	}
	h.window.reset()
}

// send is Conn.Send.
func (h *half) send(n unit.Bytes, done Event) {
	switch {
	case n <= 0:
		panic("sim: a transfer of nothing")
	case h.done != nil:
		panic("sim: a transfer while another is under way in the same direction")
	}
	now := h.engine.now
	if h.window.roundTrip == 0 {
		h.window.sample(h.roundTrip(payload+bare, bare))
	}
	h.window.idle(now-h.last, h.timeout())
	segments := int((n + payload - 1) / payload)
	h.done, h.waits = done, pending{n + bare*unit.Bytes(segments), segments}
	more := segments > h.window.size
	h.packets.on = !calm(h.legs, h.waits, more) || !calm(h.back, pending{}, more)
	h.hold(1)
	if h.packets.on {
		h.packets.begin(n)
	} else {
		h.fluid.begin(n)
	}
}

// calm reports whether nothing can be lost or late of what is to be sent, and, if
// that is more than a window, the links stay as they are.
func calm(legs []*Link, p pending, more bool) bool {
	for _, l := range legs {
		if !l.calm || l.crowded || more && !l.steady() || l.shaped > 0 && p.packets > 0 || !l.fits(p) {
			return false
		}
	}
	return true
}

// steady reports whether the link stays as it is.
func (l *Link) steady() bool {
	return l.constant && l.traffic.Over == nil
}

// hold tells the links that the transfer is under way, or, with −1, that it no
// longer is.
func (h *half) hold(sign int) {
	for _, l := range h.legs {
		l.waits.bytes += unit.Bytes(sign) * h.waits.bytes
		l.waits.packets += sign * h.waits.packets
		l.busy += sign
		if h.packets.on {
			l.shaped += sign
		}
	}
}

// arrived is a half whose last byte is there.
type arrived half

// Happen ends the transfer.
func (a *arrived) Happen() { (*half)(a).finish() }

// finish ends the transfer, and says so.
func (h *half) finish() {
	done := h.done
	h.end()
	done.Happen()
}

// end ends the transfer.
func (h *half) end() {
	h.packets.end()
	h.hold(-1)
	h.done, h.last = nil, h.engine.now
}

// timeout is how long nothing must be heard until all counts as lost.
func (h *half) timeout() time.Duration { return h.window.roundTrip + minRTO }

// roundTrip is how long frames take there and back over links that stand as
// they do now and carry nothing else.
func (h *half) roundTrip(there, back unit.Bytes) time.Duration {
	now := h.engine.now
	at := now
	for _, l := range h.legs {
		at = l.pass(at, there, 1)
	}
	for _, l := range h.back {
		at = l.pass(at, back, 1)
	}
	return at - now
}

// pass is when a frame has arrived that the link begins to send at a time, as
// one of so many flows.
func (l *Link) pass(at time.Duration, frame unit.Bytes, flows int) time.Duration {
	if at == never {
		return never
	}
	at = l.awake(at)
	_, end, _ := l.walk(at, 0, uint64(l.link.Layer.Size(frame))*nanobits, never, flows)
	if end == never {
		return never
	}
	return later(end, l.delay(end))
}

// takes is how long a frame takes that the link begins to send at a time, alone.
func (l *Link) takes(at time.Duration, frame unit.Bytes) time.Duration {
	_, end, _ := l.walk(at, 0, uint64(l.link.Layer.Size(frame))*nanobits, never, 1)
	if end == never {
		return never
	}
	return end - at
}
