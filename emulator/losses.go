package emulator

import "time"

// losses are the box of that name: independent ones, or in bursts after
// Gilbert, as a chain of two states of which the one loses all and the other
// nothing. One draw a packet decides about both state and loss, so that a link
// of more loss loses all that it loses with less, if a burst is not shorter
// than independent losses would make it, 1/(1 − Loss).
type losses struct {
	luck  stream
	on    bool
	loss  reading
	burst float64

	state state
	below [3]float64 // by state: the packet is lost if its draw is below this
}

// A state is what became of the packet before.
type state uint8

const (
	first state = iota // there was none: its chance is the mean, as anyone's
	good               // it passed
	bad                // it was lost
)

func newLosses(l *Link, luck stream) losses {
	b := losses{luck: luck, burst: l.LossBurst, loss: reading{series: l.Losses, value: l.Loss}}
	b.on = l.lossy()
	b.set(l.Loss)
	return b
}

// lossy reports whether packets may be lost on entry.
func (l *Link) lossy() bool { return l.Loss > 0 || l.Losses != nil }

// set makes loss the mean.
func (b *losses) set(loss float64) {
	b.below = [3]float64{first: loss, good: loss, bad: loss}
	if b.burst > 0 && loss > 0 {
		b.below[good] = enter(loss, b.burst)
		b.below[bad] = 1 - 1/b.burst
	}
}

// enter is P(good→bad) for this mean loss and mean burst.
func enter(loss, burst float64) float64 { return loss / (burst * (1 - loss)) }

// lost draws for the next packet, which enters at time now.
func (b *losses) lost(now time.Duration) bool {
	if !b.on {
		return false
	}
	if loss, fresh := b.loss.at(now); fresh {
		b.set(loss)
	}
	if b.luck.share() < b.below[b.state] {
		b.state = bad
		return true
	}
	b.state = good
	return false
}
