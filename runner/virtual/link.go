package virtual

import (
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/sim"
	"github.com/testbed/testbed/emulator/unit"
)

// A direction is one of a link, in use.
type direction struct {
	*sim.Link
	asked   emulator.Link
	traffic emulator.Traffic // of others
	seed    uint64
	zero    time.Duration // of the world, when the link's clock was at 0

	since   time.Duration // of the world, when it was last asked what it did
	told    time.Duration // or set, if that was later
	counted sim.Stats     // by then, since it was last set
	before  sim.Stats     // since it was asked, before it was set
	offered float64       // bits, likewise
	inside  unit.Bytes    // went in and has not come out, as far as was told
}

func newDirection(e *sim.Engine, l emulator.Link, seed uint64) *direction {
	return &direction{Link: sim.NewLink(e, l, seed, 0), asked: l, seed: seed}
}

// cross has others use the direction, too, from its clock's 0: of several the
// first.
func (d *direction) cross(t emulator.Traffic) {
	if d.traffic.IsZero() && !t.IsZero() {
		d.traffic = t
		d.SetTraffic(t)
	}
}

// varies says whether the direction changes over time, by itself or by others.
func (d *direction) varies() bool { return d.asked.Varies() || d.traffic.Over != nil }

// rewind has the direction stand as it did since after its begin, with an empty
// queue. What is random is drawn anew from each instant.
func (d *direction) rewind(now, since time.Duration) {
	d.before = gained(d.before, d.counted, d.Stats())
	d.offered += d.bits(now)
	d.Set(d.asked, d.seed+uint64(since), since)
	d.SetTraffic(d.traffic)
	d.counted, d.told, d.zero = sim.Stats{}, now, now-since
}

// travel is about how long a packet of n bytes of payload takes that meets no
// other.
func (d *direction) travel(now time.Duration, n unit.Bytes) time.Duration {
	clock, rate := now-d.zero, d.asked.MeanRate()
	if d.asked.Rates != nil {
		bps, _ := d.asked.Rates.Step(clock)
		rate = unit.BitRate(bps)
	}
	takes := d.delay(now)
	if rate > 0 {
		takes += rate.TimeToSend(d.asked.Layer.Size(n + headers))
	}
	return takes
}

// delay is that of the direction at a time.
func (d *direction) delay(now time.Duration) time.Duration {
	if d.asked.Delays == nil {
		return d.asked.Delay
	}
	seconds, _ := d.asked.Delays.Step(now - d.zero)
	return time.Duration(seconds * float64(time.Second))
}

// headers are those of a segment of TCP with timestamps on the Ethernet layer,
// and segment is what it carries at most.
const (
	headers unit.Bytes = 66
	segment unit.Bytes = 1448
)

// bits are those that the bottleneck could pass since it was last asked or set;
// 0 if it has no limit.
func (d *direction) bits(now time.Duration) float64 {
	from, to := d.told-d.zero, now-d.zero
	if d.asked.Rate > 0 && len(d.asked.Outages) == 0 {
		return float64(d.asked.Rate) * (to - from).Seconds()
	}
	n, limited := d.asked.Offered(from, to)
	if !limited {
		return 0
	}
	return 8 * float64(n)
}

// gained adds to sum what was counted between two readings.
func gained(sum, from, to sim.Stats) sim.Stats {
	sum.Packets += to.Packets - from.Packets
	sum.Bytes += to.Bytes - from.Bytes
	sum.Lost += to.Lost - from.Lost
	sum.Dropped += to.Dropped - from.Dropped
	return sum
}
