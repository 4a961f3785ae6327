package trace

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// A Series is a quantity over time, in steps: from At[i] on it is Value[i],
// until the next step or the end.
//
//	Value  ──────┐        ┌────│ Period: start over (Loop), stay (Hold)
//	             └────────┘    │         or be 0 (Stop)
//	At     0     1        2
//
// What the values are (bit/s, seconds, a probability, a share of a CPU) is
// said where a Series is used. A Series is read-only once made, and may be
// shared by goroutines.
type Series struct {
	Name   string          // where it came from, as records show it
	At     []time.Duration // strictly increasing from 0; at least one
	Value  []float64       // as many; finite and not negative
	Period time.Duration   // above the last of At
	Wrap   Wrap            // what comes after Period
}

// A Wrap is what a Series is after its end.
type Wrap int

// The wraps. The zero Wrap is Loop.
const (
	Loop Wrap = iota // it starts over
	Hold             // the last value stays
	Stop             // 0
)

// Forever is the time until which a step lasts that nothing ends.
const Forever = time.Duration(math.MaxInt64)

// Check says what is wrong with s, if anything: the ranges are beside the
// fields of Series.
func (s *Series) Check() error {
	switch {
	case len(s.At) == 0:
		return fmt.Errorf("%s: no values: want at least one", s.Name)
	case len(s.Value) != len(s.At):
		return fmt.Errorf("%s: %d times and %d values: want as many", s.Name, len(s.At), len(s.Value))
	case s.At[0] != 0:
		return fmt.Errorf("%s: begins at %v: want 0", s.Name, s.At[0])
	case s.Wrap < Loop || s.Wrap > Stop:
		return fmt.Errorf("%s: wrap %d: want loop, hold or stop", s.Name, s.Wrap)
	}
	for i := range s.At {
		if i > 0 && s.At[i] <= s.At[i-1] {
			return fmt.Errorf("%s: %w: %v after %v", s.Name, ErrBackwards, s.At[i], s.At[i-1])
		}
		if v := s.Value[i]; math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
			return fmt.Errorf("%s: value %v at %v: want a number, 0 or more", s.Name, v, s.At[i])
		}
	}
	if last := s.At[len(s.At)-1]; s.Period <= last || s.Period > longest {
		return fmt.Errorf("%s: period %v: want above %v and at most %v", s.Name, s.Period, last, longest)
	}
	return nil
}

// Step returns the value at time t and until when it stays, which is after t:
// Forever if nothing ends it. Before 0 it is the first value.
func (s *Series) Step(t time.Duration) (value float64, until time.Duration) {
	t = max(t, 0)
	base := time.Duration(0)
	if t >= s.Period {
		switch s.Wrap {
		case Hold:
			return s.Value[len(s.Value)-1], Forever
		case Stop:
			return 0, Forever
		}
		base = t - t%s.Period
	}
	i, found := slices.BinarySearch(s.At, t-base)
	if !found {
		i--
	}
	end := s.Period
	switch {
	case i+1 < len(s.At):
		end = s.At[i+1]
	case s.Wrap == Hold:
		return s.Value[i], Forever
	}
	if base > Forever-end {
		return s.Value[i], Forever
	}
	return s.Value[i], base + end
}

// Integral returns the sum of value times seconds over [from, to), from ≥ 0. It
// takes time for each step of at most two Periods, however many lie between.
func (s *Series) Integral(from, to time.Duration) (sum float64) {
	if s.Wrap == Loop && to-from > s.Period { // whole periods at once
		whole := (to - from) / s.Period
		sum = float64(whole) * s.Integral(0, s.Period)
		from += whole * s.Period
	}
	for from < to {
		v, until := s.Step(from)
		until = min(until, to)
		sum += v * (until - from).Seconds()
		from = until
	}
	return sum
}

// Mean returns the average over a Period.
func (s *Series) Mean() float64 { return s.Integral(0, s.Period) / s.Period.Seconds() }

// Range returns the smallest and the largest value.
func (s *Series) Range() (least, most float64) { return slices.Min(s.Value), slices.Max(s.Value) }
