package emulator_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// benchmarks are links that a full frame each 0.99 ms loads a little more than
// they carry.
func benchmarks() map[string]emulator.Link {
	at := make([]time.Duration, 1000)
	for i := range at {
		at[i] = time.Duration(i+1) * ms
	}
	rate := emulator.Link{Rate: 12_112 * unit.Kbps, Queue: 100 * 1514, Loss: 0.01, Delay: 20 * ms, Jitter: ms}
	rates := rate
	rates.Rate, rates.Rates = 0, series(trace.Loop, 50*ms, 20e6, 0, 16.336e6)
	return map[string]emulator.Link{
		"rate":  rate,
		"trace": {Trace: &trace.Trace{At: at, Period: time.Second, Quantum: 1514}, Queue: 100 * 1514},
		"rates": rates,
		"all": {
			Losses: series(trace.Loop, 70*ms, 0, 0.01, 0.02), LossBurst: 3, QueueTime: 100 * ms,
			CoDel: &emulator.CoDel{Target: 5 * ms, Interval: 100 * ms}, Rates: rates.Rates, Layer: emulator.Wire,
			Outages:     []emulator.Outage{{From: 200 * ms, To: 250 * ms, Every: time.Second}},
			IdlePenalty: 10 * ms, IdleAfter: 20 * ms, Delays: series(trace.Loop, 30*ms, 0.02, 0.03),
			Jitter: ms, JitterShape: emulator.Pareto, Reorder: 0.01, Duplicate: 0.01, Corrupt: 0.01,
		},
	}
}

func BenchmarkPush(b *testing.B) {
	for name, link := range benchmarks() {
		b.Run(name, func(b *testing.B) {
			s := emulator.NewShaper(link, rand.New(rand.NewPCG(1, 2)))
			now := time.Duration(0)
			b.ReportAllocs()
			for b.Loop() {
				s.Push(now, 1514)
				now += 990 * time.Microsecond // a little faster than it drains
			}
		})
	}
}
