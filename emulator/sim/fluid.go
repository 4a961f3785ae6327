package sim

import (
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// A fluid is a transfer of which nothing can be lost: one window after the
// other flows over the links.
//
// Each link serves a window on its own, from when the first segment has come
// through the link before. The last segment is through a link when that has
// served all, and not before it is through the link before and its own time
// later. The next window begins when the first acknowledgement is back and the
// first link has served this one.
type fluid struct {
	half *half
	left unit.Bytes // not sent yet
	next Timer      // the next window begins

	// The window under way.
	flows    []flow // by link
	segments int
	tail     unit.Bytes // its last frame
	begun    time.Duration
	first    time.Duration // when the first of its acknowledgements is back, if there is more to send
}

// most is sent at once, so that no sum overflows: half a gigabyte.
const most = 350_000 * payload

func (f *fluid) open(h *half) {
	f.half = h
	f.next.Event = (*nextWindow)(f)
	f.flows = make([]flow, len(h.legs))
	for i := range f.flows {
		f.flows[i].half, f.flows[i].leg = h, i
		f.flows[i].join.Event = (*join)(&f.flows[i])
	}
}

// begin sends n bytes.
func (f *fluid) begin(n unit.Bytes) {
	f.left = n
	f.send()
}

// nextWindow is a fluid that may go on.
type nextWindow fluid

// Happen sends the next window.
func (n *nextWindow) Happen() {
	f := (*fluid)(n)
	f.grow()
	f.send()
}

// send sends a window, or all if the links are never idle from now on.
func (f *fluid) send() {
	h, w := f.half, &f.half.window
	now := h.engine.now
	n := f.left
	f.first = now
	if allowed := unit.Bytes(w.size) * payload; n > allowed && len(h.legs) > 0 {
		for _, l := range h.legs {
			f.first = l.pass(f.first, payload+bare, len(l.flows)+1)
		}
		for _, l := range h.back {
			f.first = l.pass(f.first, bare, len(l.flows)+1)
		}
		w.sample(f.first - now)
		if n = min(n, most); !f.full(f.first - now) {
			n = allowed
		}
	}
	f.left -= n
	f.begun = now
	f.segments = int((n + payload - 1) / payload)
	f.tail = n - unit.Bytes(f.segments-1)*payload + bare
	if len(h.legs) == 0 {
		f.arrives(now)
		return
	}
	at := now
	for i := range f.flows {
		flow, l := &f.flows[i], h.legs[i]
		flow.more = uint64(l.wire(n)) * nanobits
		l.stats.Packets += int64(f.segments)
		l.stats.Bytes += n + bare*unit.Bytes(f.segments)
		if i == 0 {
			flow.start()
		} else {
			h.engine.Set(&flow.join, at)
		}
		if i+1 < len(f.flows) {
			at = l.pass(at, min(payload, n)+bare, max(len(l.flows), 1))
		}
	}
}

// full reports whether a window keeps a link busy for a round trip.
func (f *fluid) full(roundTrip time.Duration) bool {
	var slowest time.Duration
	for _, l := range f.half.legs {
		slowest = max(slowest, l.pass(l.engine.now, payload+bare, len(l.flows)+1)-l.engine.now-l.link.Delay)
	}
	return time.Duration(f.half.window.size)*slowest >= roundTrip
}

// join is a flow of which more reaches its link.
type join flow

// Happen has the link serve it.
func (j *join) Happen() { (*flow)(j).start() }

// start has the link serve more.
func (f *flow) start() {
	l := f.half.legs[f.leg]
	if f.busy {
		l.serve()
		f.left += f.more
		f.more = 0
		l.plan()
		return
	}
	f.left, f.more, f.busy, f.began = f.more, 0, true, l.engine.now
	l.add(f)
}

// served is that the link has served all there was of f.
func (f *flow) served(now time.Duration) {
	f.busy, f.end = false, now
	all := &f.half.fluid
	if all.left > 0 {
		if f.leg == 0 && all.first < never {
			now = max(now, all.first)
			f.half.engine.Set(&all.next, now)
		}
		return
	}
	for i := range all.flows {
		if all.flows[i].busy || all.flows[i].more > 0 {
			return
		}
	}
	// The last segment, and the full one before it, link by link.
	first := f.half.legs[0]
	last := all.flows[0].end
	before := last - first.takes(last, all.tail)
	for i := 1; i < len(all.flows); i++ {
		l, link := f.half.legs[i], f.half.legs[i-1]
		last, before = later(last, link.delay(last)), later(before, link.delay(before))
		last = later(last, l.takes(last, all.tail))
		if all.segments > 1 {
			before = later(before, l.takes(before, payload+bare))
			last = max(last, later(before, l.takes(before, all.tail)))
		}
		last = max(last, all.flows[i].end)
	}
	end := f.half.legs[len(all.flows)-1]
	all.arrives(later(last, end.delay(last)))
}

// arrives is that the last segment does at a time.
func (f *fluid) arrives(at time.Duration) {
	f.grow()
	if at < never {
		f.half.engine.Set(&f.half.arrival, at)
	}
}

// grow has the window grow as the acknowledgements will have it: while segments
// wait for it, and to no more than twice what was under way.
func (f *fluid) grow() {
	w, now := &f.half.window, f.half.engine.now
	if !w.slow() {
		if f.left > 0 {
			w.acked(f.segments, now)
		}
		return
	}
	var within time.Duration
	for i := range f.flows {
		within = max(within, f.flows[i].end-f.flows[i].began)
	}
	w.fill(f.segments, within, f.first-f.begun)
	more := f.segments
	if f.left == 0 {
		more = min(more, max(2*f.segments-w.size, 0))
	}
	w.acked(more, now)
}

// stop forgets what is under way.
func (f *fluid) stop() {
	e := f.half.engine
	e.Stop(&f.next)
	for i := range f.flows {
		e.Stop(&f.flows[i].join)
		f.flows[i].busy, f.flows[i].more = false, 0
		f.half.legs[i].leave(&f.flows[i])
	}
}
