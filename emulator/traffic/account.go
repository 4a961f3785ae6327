package traffic

import (
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// An account is what was asked and what has arrived. It is told the time, on
// any clock.
type account struct {
	traffic emulator.Traffic
	origin  time.Duration // of the trial
	at      time.Duration // until which asked counts
	asked   float64       // seconds at a share of 1
	kept    []entry       // oldest first; the first is at least span old, if any is
	first   entry         // the beginning
}

// arrived is what the receiver says once in a while.
type arrived struct {
	At    time.Duration // on CLOCK_MONOTONIC
	Bytes int64         // of payload, since it began
}

// An entry is how far both had come. bits are those of full frames.
type entry struct {
	at    time.Duration
	asked float64
	bits  float64
}

// newAccount begins to count now.
func newAccount(t emulator.Traffic, now, origin time.Duration) *account {
	first := entry{at: now}
	return &account{traffic: t, origin: origin, at: now, first: first, kept: []entry{first}}
}

// askedUntil counts what was asked until now.
func (a *account) askedUntil(now time.Duration) float64 {
	if now > a.at && !a.traffic.Bulk {
		a.asked += a.traffic.Integral(a.at-a.origin, now-a.origin)
		a.at = now
	}
	return a.asked
}

// rewind moves the origin of the trial.
func (a *account) rewind(now, origin time.Duration) {
	a.askedUntil(now)
	a.origin = origin
}

// add takes what has arrived by some time.
func (a *account) add(news arrived) {
	frames := float64(news.Bytes) / float64(payload(a.traffic))
	a.kept = append(a.kept, entry{news.At, a.askedUntil(news.At), frames * float64(emulator.FullFrame*8)})
	for len(a.kept) > 2 && news.At-a.kept[1].at >= span {
		a.kept = a.kept[1:]
	}
}

// status is of the time of the last add.
func (a *account) status() (s Status) {
	last := a.kept[len(a.kept)-1]
	s.Asked, s.Achieved = a.shares(a.kept[0], last)
	s.AskedTotal, s.Total = a.shares(a.first, last)
	s.Bps = unit.BitRate(s.Achieved * float64(a.traffic.Of))
	return s
}

// shares are the means between two entries.
func (a *account) shares(from, to entry) (asked, achieved float64) {
	took := (to.at - from.at).Seconds()
	if took <= 0 {
		return 0, 0
	}
	return (to.asked - from.asked) / took, (to.bits - from.bits) / took / float64(a.traffic.Of)
}
