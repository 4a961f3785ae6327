//go:build linux

package load

import "time"

// maxDebt is how much CPU time a thread may be behind and still catch up: what
// an inference took away is given back while the node is idle, but a long
// spell of contention does not end in a burst that lasts as long.
const maxDebt = time.Second

// A regulator says how long a thread must burn so that its CPU time follows
// level. It is integral: it compares totals, so that errors of single periods
// (late wake-ups, time taken by others) do not add up. It is told the time.
type regulator struct {
	level  float64
	period time.Duration

	// forgiven is CPU time that was owed and will not be caught up.
	forgiven time.Duration
}

// next returns the thread's CPU time at which it is to stop, no later than
// end, when now is the wall time since the start and used its CPU time since
// then. end is where the period that now is in ends; periods are on a fixed
// grid, so that a late one does not move those after it.
func (r *regulator) next(now, used time.Duration) (stop, end time.Duration) {
	end = now.Truncate(r.period) + r.period
	if debt := r.owed(now) - used; debt > maxDebt {
		r.forgiven += debt - maxDebt
	}
	return r.owed(end), end
}

// owed returns the CPU time that should have been used by wall time t.
func (r *regulator) owed(t time.Duration) time.Duration {
	return time.Duration(r.level*float64(t)) - r.forgiven
}
