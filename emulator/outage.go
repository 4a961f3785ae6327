package emulator

import (
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

// at reports whether time t is within the outage, and until when that stays.
func (o Outage) at(t time.Duration) (within bool, until time.Duration) {
	if t < o.From {
		return false, o.From
	}
	begin := o.From
	if o.Every > 0 {
		begin = t - (t-o.From)%o.Every
	}
	length := o.To - o.From
	switch {
	case t-begin < length:
		return true, later(begin, length)
	case o.Every > 0:
		return false, later(begin, o.Every)
	}
	return false, trace.Forever
}

// stands reports whether the bottleneck stands still at time t for one of the
// outages, and until when that stays, at least: outages may overlap.
func stands(outages []Outage, t time.Duration) (still bool, until time.Duration) {
	until = trace.Forever
	var end time.Duration // the latest of those that t is within
	for _, o := range outages {
		within, edge := o.at(t)
		switch {
		case within:
			still, end = true, max(end, edge)
		default:
			until = min(until, edge)
		}
	}
	if still {
		return true, end
	}
	return false, until
}
