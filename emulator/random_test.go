package emulator_test

import (
	"math/rand/v2"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// grid is what all times of random links are multiples of.
const grid = 100 * time.Microsecond

// randomLink has each box half of the time.
func randomLink(rng *rand.Rand) (l emulator.Link) {
	maybe := func() bool { return rng.IntN(2) == 0 }
	if maybe() {
		l.Loss = rng.Float64() / 2
		if maybe() {
			l.LossBurst = 1 + 5*rng.Float64()
		}
	} else if maybe() {
		l.Losses = randomSeries(rng, 0.5)
	}
	switch rng.IntN(6) {
	case 0, 1:
		l.Queue = emulator.FullFrame + unit.Bytes(rng.IntN(10_000))
	case 2:
		l.QueuePackets = 1 + rng.IntN(10)
	case 3:
		l.QueueTime = time.Duration(1 + rng.IntN(int(10*ms)))
	}
	if rng.IntN(4) == 0 {
		l.CoDel = &emulator.CoDel{Target: time.Duration(1 + rng.IntN(int(3*ms))), Interval: time.Duration(1 + rng.IntN(int(20*ms)))}
	}
	switch rng.IntN(4) {
	case 0:
		l.Rate = unit.BitRate(100_000 + rng.IntN(50_000_000))
	case 1:
		l.Trace = randomTrace(rng)
	case 2:
		for l.Rates == nil || l.Rates.Mean() < 100_000 {
			l.Rates = randomSeries(rng, 20e6)
		}
		l.Rates.Wrap %= 2 // never 0 for good
		if n := len(l.Rates.Value); l.Rates.Wrap == trace.Hold {
			l.Rates.Value[n-1] = max(l.Rates.Value[n-1], 1e6)
		}
	}
	l.Layer = emulator.Layer(rng.IntN(3))
	for maybe() {
		from, length := time.Duration(rng.IntN(200))*grid, time.Duration(1+rng.IntN(30))*grid
		l.Outages = append(l.Outages, emulator.Outage{From: from, To: from + length})
		if maybe() && len(l.Outages) == 1 && l.Rates == nil { // so that something passes
			l.Outages[0].Every = length + time.Duration(11+rng.IntN(100))*grid
		}
	}
	if rng.IntN(4) == 0 {
		l.IdlePenalty, l.IdleAfter = time.Duration(rng.IntN(int(3*ms))), time.Duration(1+rng.IntN(int(3*ms)))
	}
	switch rng.IntN(3) {
	case 0:
		l.Delay = time.Duration(rng.IntN(int(30 * ms)))
		l.Jitter = time.Duration(rng.Int64N(int64(l.Delay)+1)) * time.Duration(rng.IntN(2))
	case 1:
		l.Delays = randomSeries(rng, 0.03)
		l.Jitter = time.Duration(rng.IntN(int(10*ms))) * time.Duration(rng.IntN(2))
	}
	l.JitterShape, l.Unordered = emulator.Shape(rng.IntN(3)), rng.IntN(4) == 0
	for _, p := range []*float64{&l.Reorder, &l.Duplicate, &l.Corrupt} {
		if rng.IntN(4) == 0 {
			*p = rng.Float64()
		}
	}
	return l
}

// randomSeries has values up to a most, and zeros among them.
func randomSeries(rng *rand.Rand, most float64) *trace.Series {
	s := &trace.Series{Name: "random", Wrap: trace.Wrap(rng.IntN(3))}
	for range 1 + rng.IntN(8) {
		s.At = append(s.At, s.Period)
		s.Value = append(s.Value, max(0, most*(rng.Float64()*1.25-0.25)))
		s.Period += time.Duration(1+rng.IntN(80)) * grid
	}
	return s
}

func randomTrace(rng *rand.Rand) *trace.Trace {
	tr := &trace.Trace{Name: "random", Period: ms * time.Duration(5+rng.IntN(20)), Quantum: unit.Bytes(15 + rng.IntN(3000))}
	at := time.Duration(0)
	for range 1 + rng.IntN(20) {
		at = min(at+ms*time.Duration(rng.IntN(3)), tr.Period)
		tr.At = append(tr.At, at)
	}
	return tr
}
