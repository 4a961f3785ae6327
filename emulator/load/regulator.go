package load

import (
	"time"

	"github.com/testbed/testbed/emulator"
)

// maxDebt is how much a thread may be behind and still catch up: what an
// inference took away is given back while the node is idle, but a long spell of
// contention does not end in a burst that lasts as long.
const maxDebt = time.Second

// minPeriod is the least time for which a thread plans ahead: levels that
// change more often than that are averaged over it.
const minPeriod = time.Millisecond

// A regulator says how long a thread must work so that what it has used of its
// resource follows a level. It is integral: it compares totals, so that errors
// of single periods (late wake-ups, time taken by others) do not add up. It is
// told the time, which is that of the trial.
//
// Where the level changes, no more than one period's worth of what is owed for
// the old one is carried over: a step down must not begin with a burst. That
// little is carried so that errors do not add up over levels that change often.
type regulator struct {
	level  emulator.Level
	period time.Duration
	phase  time.Duration // by which the grid of periods is shifted; below period

	at    time.Duration // until which owed and asked are counted
	owed  time.Duration // what should have been used, less what is forgiven
	asked time.Duration // what should have been used, since the start
	late  time.Duration // by how much a step was applied late, at most
}

// begin starts to count at a time of the trial.
func (r *regulator) begin(now time.Duration) { r.at = now }

// rewind goes on from another time of the trial, as at a step: old is when the
// time was set, as it was counted until then, and now what it was set to.
func (r *regulator) rewind(old, now, used time.Duration) {
	if old > r.at {
		r.count(old)
	}
	r.settle(used)
	r.at = now
}

// settle forgives all but a little of what is owed.
func (r *regulator) settle(used time.Duration) { r.owed = min(r.owed, used+r.period) }

// next returns how much the thread is to have used when it stops working, no
// later than end, when now is the time and used what it has used so far. At end,
// next is to be called again: periods are on a fixed grid, so that a late one
// does not move those after it, and end early where the level changes.
func (r *regulator) next(now, used time.Duration) (stop, end time.Duration) {
	for r.at < now {
		share, until := r.level.Step(r.at)
		if until > now {
			r.count(now)
			break
		}
		r.count(until)
		if after, _ := r.level.Step(until); after != share {
			r.settle(used)
			r.late = max(r.late, now-until)
		}
	}
	r.owed = min(r.owed, used+maxDebt)
	end = (now + r.period - r.phase).Truncate(r.period) + r.phase
	if _, until := r.level.Step(now); until < end {
		end = min(end, max(until, now+minPeriod))
	}
	return r.owed + r.due(now, end), end
}

// count adds what is owed from r.at to t.
func (r *regulator) count(t time.Duration) {
	more := r.due(r.at, t)
	r.owed += more
	r.asked += more
	r.at = t
}

// due is what the level asks for over [from, to), from ≥ 0.
func (r *regulator) due(from, to time.Duration) time.Duration {
	return time.Duration(r.level.Integral(from, to) * float64(time.Second))
}
