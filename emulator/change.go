package emulator

import (
	"math"
	"time"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// Varies reports whether anything about the link changes over time by itself.
func (l Link) Varies() bool {
	return l.Trace != nil || l.Rates != nil || l.Losses != nil || l.Delays != nil || len(l.Outages) > 0
}

// At returns the link as it stands at time t ≥ 0 of its clock, without what
// changes: Rates, Losses and Delays are replaced by their values, and Outages
// by stopped, which says that the bottleneck stands still, by an outage or a
// rate of 0. So it is until the time until, which is after t, or trace.Forever;
// what comes then need not differ.
//
// A Trace stays in place, for single opportunities are not a rate (see
// Offered). A stopped link may have a Rate of 0 that is no "no limit", and a
// link with Delays a Jitter above its Delay, which Check refuses; no packet
// gets less than no delay.
func (l Link) At(t time.Duration) (now Link, stopped bool, until time.Duration) {
	now = l
	stopped, until = stands(l.Outages, t)
	step := func(s *trace.Series) float64 {
		value, end := s.Step(t)
		until = min(until, end)
		return value
	}
	if l.Rates != nil {
		now.Rate, now.Rates = bitRate(step(l.Rates)), nil
		stopped = stopped || now.Rate == 0
	}
	if l.Losses != nil {
		now.Loss, now.Losses = step(l.Losses), nil
	}
	if l.Delays != nil {
		now.Delay, now.Delays = seconds(step(l.Delays)), nil
	}
	now.Outages = nil
	return now, stopped, until
}

// unlimited is the speed of a bottleneck without a rate.
const unlimited = unit.BitRate(math.MaxInt64)

// speed returns how fast a bottleneck that has no Trace is at time t, and until
// when it is so.
func (l *Link) speed(t time.Duration) (rate unit.BitRate, until time.Duration) {
	stopped, until := stands(l.Outages, t)
	switch {
	case stopped:
		return 0, until
	case l.Rates != nil:
		value, end := l.Rates.Step(t)
		return bitRate(value), min(until, end)
	case l.Rate > 0:
		return l.Rate, until
	}
	return unlimited, until
}

// bitRate returns a rate of a Series in whole bits per second, in which a
// bottleneck can count without rounding: the nearest, but only 0 is 0.
func bitRate(value float64) unit.BitRate {
	switch {
	case value == 0:
		return 0
	case value < 1:
		return 1
	case value >= float64(unlimited):
		return unlimited - 1
	}
	return unit.BitRate(math.Round(value))
}

// seconds returns that many seconds, or the end of time.
func seconds(s float64) time.Duration { return nanoseconds(s * float64(time.Second)) }

// nanoseconds returns ns as a Duration, rounded, within what that can hold.
func nanoseconds(ns float64) time.Duration {
	switch {
	case ns >= math.MaxInt64:
		return math.MaxInt64
	case ns <= math.MinInt64:
		return math.MinInt64
	}
	return time.Duration(math.Round(ns))
}

// A reading follows a Series, or a value that stays, along times that do not
// go back. It spares the search for the step that was found before.
type reading struct {
	series *trace.Series // nil if value stays
	value  float64
	until  time.Duration
}

// at returns the value at time t, and whether it may differ from that before.
func (r *reading) at(t time.Duration) (value float64, fresh bool) {
	if r.series == nil || t < r.until {
		return r.value, false
	}
	r.value, r.until = r.series.Step(t)
	return r.value, true
}
