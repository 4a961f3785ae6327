package worldtest

import (
	"math"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// A sending is packets that were sent over a link, and what came of them.
type sending struct {
	*run
	link     emulator.Link
	packets  []Packet
	sent     []time.Duration
	arrivals []Arrival
	first    []time.Duration // when each came first
}

// never is when a packet came that did not.
const never = time.Duration(-1)

// burst are n packets of one size, all at one time.
func burst(n int, size unit.Bytes, at time.Duration) []Packet { return paced(n, size, at, 0) }

// paced are n packets of one size, one after the other.
func paced(n int, size unit.Bytes, at, every time.Duration) []Packet {
	packets := make([]Packet, n)
	for i := range packets {
		packets[i] = Packet{at + time.Duration(i)*every, size}
	}
	return packets
}

// came returns the packets that arrived, by index.
func (s *sending) came() (indexes []int) {
	for i, at := range s.first {
		if at != never {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// all ends the test unless each packet came once and whole.
func (s *sending) all() *sending {
	if n := len(s.came()); n != len(s.packets) {
		s.Fatalf("%d of %d packets came", n, len(s.packets))
	}
	for _, a := range s.arrivals {
		if a.Copy != 0 || a.Corrupt {
			s.Fatalf("packet %d: copy %d, corrupt %v", a.Index, a.Copy, a.Corrupt)
		}
	}
	return s
}

// inOrder fails the test if a packet overtook another.
func (s *sending) inOrder() *sending {
	for k := 1; k < len(s.arrivals); k++ {
		if s.arrivals[k].Index < s.arrivals[k-1].Index {
			s.Errorf("packet %d came after packet %d", s.arrivals[k].Index, s.arrivals[k-1].Index)
			break
		}
	}
	return s
}

// at holds the arrivals, by index, to when they should be. Those that did not
// come are left out.
func (s *sending) at(what string, want []time.Duration) {
	late, counted := 0, 0
	early := s.early()
	worst := 0
	for i, got := range s.first {
		if got == never {
			continue
		}
		counted++
		off := got - want[i]
		if off < -early-rounding {
			s.Errorf("%s: packet %d, sent at %v, came at %v, want %v: early by %v", what, i, s.sent[i], got, want[i], -off)
			return
		}
		if off > s.Late+rounding {
			late++
		}
		if off > s.first[worst]-want[worst] || s.first[worst] == never {
			worst = i
		}
	}
	allowed := 0
	if s.Late > 0 {
		allowed = int((1 - lateShare) * float64(counted))
	}
	if late > allowed {
		s.Errorf("%s: %d of %d packets late by more than %v; packet %d, sent at %v, came at %v, want %v",
			what, late, counted, s.Late, worst, s.sent[worst], s.first[worst], want[worst])
	}
}

// early is by how much a packet may be early: more, where there is a bucket. Of
// a rate that changes it is what the bucket holds at the highest, at the
// lowest.
func (s *sending) early() time.Duration {
	least, most := s.link.Rate, s.link.Rate
	if series := s.link.Rates; series != nil {
		low, high := series.Range()
		least, most = unit.BitRate(low), unit.BitRate(high)
	}
	if s.Bucket == nil || least == 0 {
		return s.Early
	}
	return s.Early + least.TimeToSend(s.Bucket(most))
}

// many is how many packets are sent where so many would do: in virtual time,
// which costs nothing, enough to see small errors of what is drawn.
func (r *run) many(n int) int {
	if r.Late == 0 {
		return 50 * n
	}
	return n
}

// share holds a number of packets to n times p, within the 99 % interval of
// the binomial distribution. widened is the factor by which events that are
// not independent widen its variance, 1 if they are.
func (r *run) share(what string, got, n int, p, widened float64) {
	half := z99 * math.Sqrt(float64(n)*p*(1-p)*widened)
	if math.Abs(float64(got)-float64(n)*p) > half {
		r.Errorf("%s: %d of %d, want %.0f ± %.0f", what, got, n, float64(n)*p, half)
	}
}

// A pace is the rate of a bottleneck from a time on, in bit/s.
type pace struct {
	from time.Duration
	rate float64
}

// served returns when each packet has left a bottleneck whose rate is as paces
// say, without a limit to what waits: the plainest way to say what Link says of
// Rate, Rates and Outages. counts says what of a packet takes time.
func served(sent []time.Duration, packets []Packet, paces []pace, counts func(unit.Bytes) unit.Bytes) []time.Duration {
	done := make([]time.Duration, len(sent))
	free := time.Duration(0)
	exact := 0.0 // nanoseconds after free
	for i := range sent {
		if sent[i] > free {
			free, exact = sent[i], 0
		}
		left := 8 * float64(counts(packets[i].Size))
		now := float64(free) + exact
		for left > 1e-9 {
			rate, until := paceAt(paces, now)
			can := rate * (until - now) / 1e9
			if can >= left || math.IsInf(until, 1) {
				now += left / rate * 1e9
				break
			}
			left -= can
			now = until
		}
		free, exact = time.Duration(now), now-math.Floor(now)
		done[i] = time.Duration(math.Round(now))
	}
	return done
}

func paceAt(paces []pace, t float64) (rate, until float64) {
	k := 0
	for k+1 < len(paces) && float64(paces[k+1].from) <= t {
		k++
	}
	if k+1 < len(paces) {
		return paces[k].rate, float64(paces[k+1].from)
	}
	return paces[k].rate, math.Inf(1)
}

// steady is one rate.
func steady(r unit.BitRate) []pace { return []pace{{0, float64(r)}} }

func whole(n unit.Bytes) unit.Bytes { return n }

// later adds to times.
func later(times []time.Duration, by time.Duration) []time.Duration {
	out := slices.Clone(times)
	for i := range out {
		out[i] += by
	}
	return out
}

// fates are what became of each packet: how often it came, and how often
// corrupt.
func (s *sending) fates() [][2]int {
	all := make([][2]int, len(s.packets))
	for _, a := range s.arrivals {
		all[a.Index][0]++
		if a.Corrupt {
			all[a.Index][1]++
		}
	}
	return all
}

// lost are the packets that did not come.
func (s *sending) lost() (indexes []int) {
	for i, at := range s.first {
		if at == never {
			indexes = append(indexes, i)
		}
	}
	return indexes
}
