package sim

import "time"

// What Linux starts with, and what a connection falls back to after a pause.
const (
	initial         = 10 // segments
	unlimitedWindow = 1 << 30
	minRTO          = 200 * time.Millisecond
)

// A window is how many segments may be under way: slow start with HyStart, and
// CUBIC as RFC 9438 has it, in whole segments and with Linux's choices where
// the RFC leaves them open. All is in whole numbers, so that it is the same on
// every machine.
type window struct {
	size      int // segments
	threshold int // of slow start
	credit    int // acknowledgements towards the next segment

	roundTrip time.Duration // the least there was; 0: none yet

	// CUBIC, since the last loss.
	running bool // the epoch has begun
	epoch   time.Duration
	plateau int           // the window at which there was loss, or less if it shrinks
	origin  int           // where the curve is flat
	flat    time.Duration // when, from epoch
	reno    int           // what Reno would have
	renoAck int

	hystart hystart
}

// reset is a new connection.
func (w *window) reset() { *w = window{size: initial, threshold: unlimitedWindow} }

// slow reports whether the window is in slow start.
func (w *window) slow() bool { return w.size < w.threshold }

// sample takes a round trip into account.
func (w *window) sample(roundTrip time.Duration) {
	if w.roundTrip == 0 || roundTrip < w.roundTrip {
		w.roundTrip = roundTrip
	}
}

// acked lets the window grow by n segments that have been acknowledged.
func (w *window) acked(n int, now time.Duration) {
	if w.slow() {
		more := min(n, w.threshold-w.size)
		w.size += more
		n -= more
	}
	if n > 0 {
		w.cubic(n, now)
	}
}

// cubic grows towards C(t − K)³ + W at one round trip from now: by one
// segment for each so many acknowledged.
func (w *window) cubic(n int, now time.Duration) {
	if !w.running {
		w.running, w.epoch = true, now
		w.reno, w.renoAck = w.size, 0
		w.origin, w.flat = w.size, 0
		if w.plateau > w.size {
			w.origin = w.plateau
			// K = ∛((W − cwnd)/C) in ms: C is 0.4 segments a second cubed.
			w.flat = time.Duration(cubeRoot(uint64(w.plateau-w.size)*2_500_000_000)) * time.Millisecond
		}
	}
	each := 100 * w.size
	if target := w.curve(now - w.epoch + w.roundTrip); target > w.size {
		each = w.size / (target - w.size)
	}
	if w.plateau == 0 {
		each = min(each, 20) // after slow start without a loss: at least 5 % a round trip
	}
	// Reno with the same β grows by 3(1−β)/(1+β) = 9/17 a round trip.
	w.renoAck += n
	for step := max(w.size*17/9, 1); w.renoAck > step; w.renoAck -= step {
		w.reno++
	}
	if w.reno > w.size {
		each = min(each, w.size/(w.reno-w.size))
	}
	each = max(each, 2)
	w.credit += n
	w.size += w.credit / each
	w.credit %= each
}

// curve is C(t − K)³ + W.
func (w *window) curve(t time.Duration) int {
	ms := min(max((t-w.flat).Milliseconds(), -1_000_000), 1_000_000)
	return w.origin + int(ms*ms*ms*4/10_000_000_000)
}

// loss shrinks the window to 0.7 of itself.
func (w *window) loss() {
	w.running, w.credit = false, 0
	if w.size < w.plateau {
		w.plateau = w.size * 17 / 20 // it gives way to who came later
	} else {
		w.plateau = w.size
	}
	w.threshold = max(w.size*7/10, 2)
	w.size = w.threshold
}

// timeout begins again with one segment, and slow start up to 0.7 of what was.
func (w *window) timeout() {
	w.loss()
	w.size = 1
	w.hystart = hystart{}
}

// idle is that nothing was sent for so long: the window halves for each timeout
// that has passed, but not below what a connection begins with (RFC 2861 as
// Linux has it), and slow start goes up to three quarters of it.
func (w *window) idle(since, timeout time.Duration) {
	if since > timeout {
		w.threshold = max(w.threshold, w.size*3/4)
		for ; since > timeout && w.size > initial; since -= timeout {
			w.size = max(w.size/2, initial)
		}
		w.credit = 0
	}
	w.epoch += since
}

// cubeRoot returns the greatest number whose cube is at most x.
func cubeRoot(x uint64) (root uint64) {
	for shift := 63; shift >= 0; shift -= 3 {
		root *= 2
		if next := 3*root*(root+1) + 1; x>>shift >= next {
			x -= next << shift
			root++
		}
	}
	return root
}

// hystart ends slow start where the acknowledgements of a round come for longer
// than half a round trip without a gap, or later than those before: then the
// pipe is full. After Linux's tcp_cubic, and RFC 9406.
type hystart struct {
	done    bool
	begun   time.Duration // the round
	last    time.Duration // the acknowledgement before, without a gap
	least   time.Duration // round trip of this round
	samples int
}

// The numbers of Linux's tcp_cubic.
const (
	hystartWindow  = 16 // segments; below, slow start does not end
	hystartSamples = 8
	hystartGap     = 2 * time.Millisecond
	hystartExtra   = time.Millisecond // for segments that are sent in bulk
)

// round begins another round.
func (h *hystart) round(now time.Duration) {
	h.begun, h.last, h.least, h.samples = now, now, 0, 0
}

// hear takes an acknowledgement of this round trip in slow start.
func (w *window) hear(now, roundTrip time.Duration) {
	h := &w.hystart
	if h.done || !w.slow() || w.size < hystartWindow {
		return
	}
	if now-h.last <= hystartGap {
		h.last = now
		h.done = now-h.begun > w.train()
	}
	if h.least == 0 || roundTrip < h.least {
		h.least = roundTrip
	}
	if h.samples < hystartSamples {
		h.samples++
	} else if h.least > w.roundTrip+w.late() {
		h.done = true
	}
	if h.done {
		w.threshold = w.size
	}
}

// train is how long acknowledgements come without a gap when slow start ends.
func (w *window) train() time.Duration { return (w.roundTrip + hystartExtra) / 2 }

// late is how much longer than the shortest a round trip is when slow start
// ends.
func (w *window) late() time.Duration {
	return min(max(w.roundTrip/8, 4*time.Millisecond), 16*time.Millisecond)
}

// fill is hear for a round of so many segments, whose acknowledgements come
// evenly within such a time, the first of them after such a round trip.
func (w *window) fill(segments int, within, first time.Duration) {
	h := &w.hystart
	if h.done || w.size < hystartWindow {
		return
	}
	each := within / time.Duration(segments)
	if each <= hystartGap && within > w.train() || max(within, first) > w.roundTrip+w.late() {
		h.done = true
		w.threshold = w.size + min(int(w.train()/max(each, 1))+1, segments)
	}
}
