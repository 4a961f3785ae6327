package emulator

import (
	"fmt"

	"github.com/testbed/testbed/emulator/unit"
)

// FullFrame is the size of a full packet on the Ethernet layer: 1500 bytes of
// IP and 14 of header.
const FullFrame unit.Bytes = 1514

// Check says which field of the link is impossible, and what was wanted; nil
// if none is. Fields are called as scenarios call them: loss, queue, rate,
// trace, delay, jitter.
func (l Link) Check() error {
	switch {
	case !(l.Loss >= 0 && l.Loss <= 1): // so that NaN fails
		return fmt.Errorf("loss %v: want a probability from 0 to 1", l.Loss)
	case l.Queue != 0 && l.Queue < FullFrame:
		return fmt.Errorf("queue %v: want at least one full frame, %v, or 0 for no limit", l.Queue, FullFrame)
	case l.Rate < 0:
		return fmt.Errorf("rate %v: want a positive rate, or 0 for no limit", l.Rate)
	case l.Rate > 0 && l.Trace != nil:
		return fmt.Errorf("rate %v and trace %s: want at most one of them", l.Rate, l.Trace.Name)
	case l.Delay < 0:
		return fmt.Errorf("delay %v: want 0 or more", l.Delay)
	case l.Jitter < 0 || l.Jitter > l.Delay:
		return fmt.Errorf("jitter %v: want 0 up to the delay, %v", l.Jitter, l.Delay)
	}
	if l.Trace != nil {
		if err := l.Trace.Check(); err != nil {
			return fmt.Errorf("trace %w", err)
		}
	}
	return nil
}

// Perfect reports whether the link does nothing to packets. A Queue alone does
// nothing, for without a bottleneck nothing waits.
func (l Link) Perfect() bool {
	return l.Loss == 0 && l.Rate == 0 && l.Trace == nil && l.Delay == 0 && l.Jitter == 0
}

// String returns "delivered", "lost" or "dropped", and the flags after it:
// "delivered+duplicated+corrupted".
func (f Fate) String() string {
	text := "delivered"
	switch {
	case f&Lost != 0:
		text = "lost"
	case f&Dropped != 0:
		text = "dropped"
	}
	if f&Duplicated != 0 {
		text += "+duplicated"
	}
	if f&Corrupted != 0 {
		text += "+corrupted"
	}
	return text
}
