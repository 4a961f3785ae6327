package estimate

import (
	"math"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// Window is how many of the last transfers count.
const Window = 5

// A Rates is the goodput one way, as the last transfers of each arm showed it:
// their harmonic mean. An arm does not learn from the transfers of another. A
// probe is everybody's, makes what was before it worthless, and counts until
// there is a transfer that tells a rate. It is for one goroutine at a time; the
// zero Rates knows nothing.
type Rates struct{ recent recent }

// Probed takes in the rate that a probe found at a time; 0: none.
func (r *Rates) Probed(rate unit.BitRate, at time.Duration) {
	r.recent.probed(at)
	if rate > 0 {
		r.recent.probe.add(1/float64(rate), at)
	}
}

// Add takes in a transfer of an arm that was done at a time: of n bytes, which
// arrived within took: from half a round trip after the first was sent, or a
// whole one after they were asked for, to the last.
func (r *Rates) Add(arm string, n unit.Bytes, took, rtt, at time.Duration) {
	if n > 0 {
		r.recent.of(arm).add(pace(n, took, rtt), at)
	}
}

// Of is the rate that an arm knows, and when the last transfer of it was done; 0
// if it knows none.
func (r *Rates) Of(arm string) (unit.BitRate, time.Duration) {
	for _, s := range []*seen{r.recent.arms[arm], &r.recent.probe} {
		if mean := s.mean(); mean > 0 {
			return unit.BitRate(math.Round(1 / mean)), s.at
		}
	}
	return 0, 0
}

// A Trips is the round trip of a path, as Rates is its goodput: the smallest of
// the last ones, for what is longer waited for something.
type Trips struct{ recent recent }

// Probed takes in the round trip that a probe found at a time; 0: none.
func (t *Trips) Probed(rtt, at time.Duration) {
	t.recent.probed(at)
	if rtt > 0 {
		t.recent.probe.add(rtt.Seconds(), at)
	}
}

// Add takes in a round trip of an arm at a time; 0 is none.
func (t *Trips) Add(arm string, rtt, at time.Duration) {
	if rtt > 0 {
		t.recent.of(arm).add(rtt.Seconds(), at)
	}
}

// Of is the round trip that an arm knows, and when the last one was; 0 if it
// knows none.
func (t *Trips) Of(arm string) (rtt, at time.Duration) {
	for _, s := range []*seen{t.recent.arms[arm], &t.recent.probe} {
		if s != nil && len(s.values) > 0 {
			return time.Duration(math.Round(slices.Min(s.values) * float64(time.Second))), s.at
		}
	}
	return 0, 0
}

// A recent is what a probe, and then each arm, has seen of late.
type recent struct {
	probe seen
	arms  map[string]*seen
}

// A seen is the last Window values, oldest first, and when the last one was.
type seen struct {
	values []float64
	at     time.Duration
}

func (r *recent) probed(at time.Duration) { r.probe, r.arms = seen{at: at}, nil }

// of is what an arm has seen, to be added to.
func (r *recent) of(arm string) *seen {
	if r.arms == nil {
		r.arms = make(map[string]*seen)
	}
	s := r.arms[arm]
	if s == nil {
		s = &seen{}
		r.arms[arm] = s
	}
	return s
}

func (s *seen) add(value float64, at time.Duration) {
	s.values, s.at = append(s.values, value), at
	s.values = s.values[max(0, len(s.values)-Window):]
}

// mean is 0 of none.
func (s *seen) mean() (sum float64) {
	if s == nil || len(s.values) == 0 {
		return 0
	}
	for _, v := range s.values {
		sum += v
	}
	return sum / float64(len(s.values))
}
