package tc

import (
	"math"
	"sync"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/tc/wire"
)

// keepOrder is a rate of 100 Gbit/s, in bytes/s: no limit, but netem with a
// rate sends in order.
const keepOrder = 100_000_000_000 / 8

// netemOptions returns netem with its own rate. A bottleneck that stands still
// drops all: netem cannot hold what comes.
func netemOptions(l emulator.Link, stopped bool, o Options) *wire.Netem {
	n := &wire.Netem{
		Latency:   l.Delay,
		Jitter:    l.Jitter,
		Table:     table(l),
		Limit:     netemLimit(l, o),
		Reorder:   wire.Probability(l.Reorder),
		Duplicate: wire.Probability(l.Duplicate),
		Corrupt:   wire.Probability(l.Corrupt),
		Rate:      bytesPerSecond(l.Rate),
		Seed:      o.Seed,
	}
	switch {
	case stopped:
		n.Loss = math.MaxUint32
	case l.LossBurst != 0:
		n.Gilbert = gilbert(l.Loss, l.LossBurst)
	default:
		n.Loss = wire.Probability(l.Loss)
	}
	switch {
	case n.Rate != 0:
		overhead, _ := overheads(l.Layer)
		n.Overhead = int32(overhead)
	case !l.Unordered:
		n.Rate = keepOrder
	}
	return n
}

// gilbert returns the model with that mean loss, in [0, 1), and that many
// losses in a row, at least 1 (reference F12): all are lost in bad, none in
// good.
func gilbert(loss, burst float64) *wire.Gilbert {
	r := 1 / burst
	p := math.Min(loss*r/(1-loss), 1)
	return &wire.Gilbert{P: wire.Probability(p), R: wire.Probability(r)}
}

// netemLimit returns netem's limit in packets: what the queue holds and what
// is on its way, in full frames (reference F5).
func netemLimit(l emulator.Link, o Options) uint32 {
	if o.Limit != 0 {
		return uint32(o.Limit)
	}
	if l.Rate == 0 || l.Queue == 0 && l.QueuePackets == 0 && l.QueueTime == 0 {
		return manyPackets
	}
	longest := l.Delay + l.Jitter
	if l.JitterShape != emulator.Uniform {
		longest += 3 * l.Jitter // their quantiles end at 4
	}
	flight := float64(l.Rate) / 8 * longest.Seconds()
	n := math.Ceil(flight/float64(frame)) + queueFrames(l)
	return uint32(min(n, manyPackets))
}

// queueFrames is the queue of l in full frames, the one being sent included.
func queueFrames(l emulator.Link) float64 {
	switch {
	case l.QueuePackets != 0:
		return float64(l.QueuePackets)
	case l.QueueTime != 0:
		return math.Ceil(float64(l.Rate)/8*l.QueueTime.Seconds()/float64(frame)) + 1
	}
	return math.Ceil(float64(l.Queue) / float64(frame))
}

// table returns the quantiles of the jitter's shape as netem draws from them,
// nil for the uniform one, which netem has itself.
func table(l emulator.Link) []int16 {
	switch {
	case l.Jitter == 0:
		return nil
	case l.JitterShape == emulator.Normal:
		return normal()
	case l.JitterShape == emulator.Pareto:
		return pareto()
	}
	return nil
}

var (
	normal = sync.OnceValue(func() []int16 { return quantiles(emulator.Normal) })
	pareto = sync.OnceValue(func() []int16 { return quantiles(emulator.Pareto) })
)

// quantiles returns as many quantiles as iproute2's own tables have.
func quantiles(s emulator.Shape) []int16 {
	t := make([]int16, 4096)
	for i := range t {
		q := s.Quantile((float64(i) + 0.5) / float64(len(t)))
		t[i] = int16(min(math.Round(q*wire.TableScale), math.MaxInt16))
	}
	return t
}
