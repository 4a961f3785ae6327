package traffic

import (
	"math"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
)

// longest is how much a sender that was held up may send late, in time at the
// whole rate: a short stall is made up for, a long one does not end in a burst.
const longest = 100 * time.Millisecond

// A pacer says when frames are due, by how much should have been sent since it
// began: being late once does not delay the frames after. It is told the time,
// which is the trial's.
type pacer struct {
	level emulator.Level
	frame float64 // seconds that one takes at a share of 1

	now time.Duration
	due float64 // of frames, until now
}

func newPacer(t emulator.Traffic, now time.Duration) *pacer {
	return &pacer{level: t.Level, frame: float64(emulator.FullFrame*8) / float64(t.Of), now: now}
}

// rewind goes on at another time. What was due is not any more.
func (p *pacer) rewind(now time.Duration) { p.now, p.due = now, 0 }

// take returns how many whole frames are due now, which are then no longer.
func (p *pacer) take(now time.Duration) int {
	now = max(now, p.now)
	p.due += p.level.Integral(p.now, now) / p.frame
	p.due = min(p.due, max(longest.Seconds()/p.frame, 1))
	p.now = now
	n := math.Floor(p.due)
	p.due -= n
	return int(n)
}

// patience is how many steps of its level a pacer looks ahead.
const patience = 1000

// next returns when the next frame is due, after take, or a time before that
// at which to ask again; trace.Forever if never.
func (p *pacer) next() time.Duration {
	left := (1 - p.due) * p.frame // seconds at a share of 1
	t := p.now
	for i := 0; i < patience && t < trace.Forever; i++ {
		share, until := p.level.Step(t)
		if took := left / share * float64(time.Second); share > 0 && took < float64(until-t) {
			return t + time.Duration(math.Ceil(took))
		}
		left -= share * (until - t).Seconds()
		t = until
	}
	return t
}
