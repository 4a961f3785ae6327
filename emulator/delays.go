package emulator

import (
	"time"
)

// delays are the box of Delay, Delays and Jitter.
type delays struct {
	luck   stream
	delay  time.Duration
	series *reading // nil if delay stays
	jitter time.Duration
	shape  Shape
	free   bool // order need not be kept

	last time.Duration // when the latest packet leaves
}

func newDelays(l *Link, luck stream) delays {
	d := delays{luck: luck, delay: l.Delay, jitter: l.Jitter, shape: l.JitterShape, free: l.Unordered}
	if l.Delays != nil {
		d.series = &reading{series: l.Delays}
	}
	return d
}

// draw returns how much later than others the next packet is.
func (d *delays) draw() time.Duration {
	switch {
	case d.jitter == 0:
		return 0
	case d.shape == Uniform: // in whole nanoseconds, each as likely
		return time.Duration(d.luck.below(2*uint64(d.jitter)+1)) - d.jitter
	}
	return nanoseconds(d.shape.Quantile(d.luck.inside()) * float64(d.jitter))
}

// leave returns when a packet is through that enters at time t and is late by
// that much. t must not go back.
func (d *delays) leave(t, late time.Duration) time.Duration {
	if d.series != nil {
		if s, fresh := d.series.at(t); fresh {
			d.delay = seconds(s)
		}
	}
	out := later(t, max(plus(d.delay, late), 0))
	if d.free {
		return out
	}
	d.last = max(d.last, out)
	return d.last
}

// plus returns a + b for a ≥ 0, at most the end of time.
func plus(a, b time.Duration) time.Duration {
	if b < 0 {
		return a + b
	}
	return later(a, b)
}

// later returns t + d for t and d ≥ 0, or the end of time.
func later(t, d time.Duration) time.Duration {
	if t > never-d {
		return never
	}
	return t + d
}
