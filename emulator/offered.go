package emulator

import (
	"math"
	"math/big"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// Offered returns how many bytes, on the layer of the link, the bottleneck can
// pass in [from, to) of its clock, 0 ≤ from: by Rate, Trace or Rates, less the
// Outages, to the nearest byte. limited is false if at some time in there it
// has no limit, and then n is 0. An IdlePenalty is not counted, for it depends
// on the packets.
func (l Link) Offered(from, to time.Duration) (n unit.Bytes, limited bool) {
	if l.Trace != nil {
		return l.offeredByTrace(from, to), true
	}
	var sum, step big.Int // in billionths of a bit, so that nothing is rounded
	for from < to {
		rate, until := l.speed(from)
		if rate == unlimited {
			return 0, false
		}
		until = min(until, to)
		step.Mul(big.NewInt(int64(rate)), big.NewInt(int64(until-from)))
		sum.Add(&sum, &step)
		from = until
	}
	sum.Add(&sum, big.NewInt(nanobits/2)).Div(&sum, big.NewInt(nanobits))
	if !sum.IsInt64() {
		return math.MaxInt64, true
	}
	return unit.Bytes(sum.Int64()), true
}

// nanobits is a byte in billionths of a bit: what a rate in bit/s passes in a
// time in nanoseconds is a whole number of them.
const nanobits = 8 * int64(time.Second)

func (l *Link) offeredByTrace(from, to time.Duration) (n unit.Bytes) {
	for from < to {
		still, until := stands(l.Outages, from)
		until = min(until, to)
		if !still {
			n += unit.Bytes(l.Trace.Before(until)-l.Trace.Before(from)) * l.quantum()
		}
		from = until
	}
	return n
}

// quantum is what an opportunity of the Trace delivers, on the layer of the
// link: a packet that fills one fills one on every layer.
func (l *Link) quantum() unit.Bytes { return l.Layer.Size(l.Trace.Quantum) }

// MeanRate returns the average rate of the bottleneck on the layer of the link,
// over a Period if it has a Trace or Rates; 0 if it has no limit. Outages are
// not counted, nor what comes after a Period that is not repeated.
func (l Link) MeanRate() unit.BitRate {
	switch {
	case l.Trace != nil:
		return max(unit.Over(unit.Bytes(len(l.Trace.At))*l.quantum(), l.Trace.Period), 1)
	case l.Rates != nil:
		return bitRate(l.Rates.Mean())
	}
	return l.Rate
}
