package trace

import (
	"fmt"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// Check says what is wrong with t, if anything: the ranges are beside the
// fields of Trace. A trace that ParseMahimahi returned has nothing wrong.
func (t *Trace) Check() error {
	switch {
	case len(t.At) == 0:
		return fmt.Errorf("%s: %w", t.Name, ErrEmpty)
	case t.Period <= 0:
		return fmt.Errorf("%s: %w", t.Name, ErrPeriod)
	case t.Period > longest:
		return fmt.Errorf("%s: period %v: want at most %v", t.Name, t.Period, longest)
	case t.Quantum <= 0:
		return fmt.Errorf("%s: quantum %d: want a positive size", t.Name, t.Quantum)
	case !slices.IsSorted(t.At):
		return fmt.Errorf("%s: %w", t.Name, ErrBackwards)
	case t.At[0] < 0 || t.At[len(t.At)-1] > t.Period:
		return fmt.Errorf("%s: opportunity outside of 0 to %v", t.Name, t.Period)
	}
	return nil
}

// Opportunity returns when opportunity k ≥ 0 is, counted from 0 through all
// repetitions of the trace. It does not decrease with k.
func (t *Trace) Opportunity(k int64) time.Duration {
	n := int64(len(t.At))
	return time.Duration(k/n)*t.Period + t.At[k%n]
}

// Before returns how many opportunities there are before the time at, which is
// also the number of the first one that is not.
func (t *Trace) Before(at time.Duration) int64 {
	if at <= 0 {
		return 0
	}
	// An opportunity at the very end of one pass coincides with the start of
	// the next, so the pass before the current one may not be over yet.
	pass := int64(at / t.Period)
	into := at % t.Period
	count := pass*int64(len(t.At)) + t.within(into)
	if pass > 0 {
		count -= int64(len(t.At)) - t.within(into+t.Period)
	}
	return count
}

// within counts the opportunities of one pass before the time at.
func (t *Trace) within(at time.Duration) int64 {
	i, _ := slices.BinarySearch(t.At, at) // the first of equals
	return int64(i)
}

// Capacity returns the bytes that t offers in [from, to). It is additive:
// Capacity(a, c) = Capacity(a, b) + Capacity(b, c) for a ≤ b ≤ c. Before 0
// there is nothing.
func (t *Trace) Capacity(from, to time.Duration) unit.Bytes {
	return unit.Bytes(t.Before(to)-t.Before(from)) * t.Quantum
}

// Mean returns the average rate over a Period.
func (t *Trace) Mean() unit.BitRate {
	return unit.Over(unit.Bytes(len(t.At))*t.Quantum, t.Period)
}
