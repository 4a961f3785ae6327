package emulator_test

import (
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

func TestQueueInPacketsAndTime(t *testing.T) {
	rate := emulator.Link{Rate: 12 * unit.Mbps} // 1500 bytes a millisecond
	two := with(rate, func(l *emulator.Link) { l.QueuePackets = 2 })
	short := with(rate, func(l *emulator.Link) { l.QueueTime = 2 * ms })
	every := &trace.Trace{Name: "4 ms", At: []time.Duration{4 * ms}, Period: 4 * ms, Quantum: 1000}
	for _, tt := range []struct {
		name  string
		link  emulator.Link
		pushs []push
	}{
		{"packets, of whatever size", two, []push{
			{at: 0, n: 1500, out: 1 * ms},
			{at: 0, n: 0, out: 1 * ms},
			{at: 0, n: 0, fate: emulator.Dropped},
			{at: 1*ms - 1, n: 1, fate: emulator.Dropped},
			{at: 1 * ms, n: 15_000, out: 11 * ms}, // both are gone
			{at: 1 * ms, n: 15_000, out: 21 * ms},
			{at: 1 * ms, n: 1, fate: emulator.Dropped},
		}},
		{"one packet: who is being sent counts", with(two, func(l *emulator.Link) { l.QueuePackets = 1 }), []push{
			{at: 0, n: 1500, out: 1 * ms},
			{at: 500_000, n: 1500, fate: emulator.Dropped},
			{at: 1 * ms, n: 1500, out: 2 * ms},
		}},
		{"time until the sending begins", short, []push{
			{at: 0, n: 1500, out: 1 * ms},
			{at: 0, n: 1500, out: 2 * ms},
			{at: 0, n: 150_000, out: 102 * ms}, // waits 2 ms
			{at: 0, n: 1, fate: emulator.Dropped},
			{at: 100*ms - 1, n: 1, fate: emulator.Dropped},
			{at: 100 * ms, n: 1500, out: 103 * ms},
		}},
		{"time, to the fraction of a nanosecond", emulator.Link{Rate: 3 * unit.Gbps, QueueTime: 5}, []push{
			{at: 0, n: 1, out: 3}, // 2.67 ns
			{at: 0, n: 1, out: 6}, // 5.33: more than 5
			{at: 0, n: 1, fate: emulator.Dropped},
			{at: 1, n: 1, out: 8}, // waits 4.33
		}},
		{"time, with a stop of the rate", emulator.Link{Rates: series(trace.Loop, 4*ms, 8e6, 0), QueueTime: 3 * ms}, []push{
			{at: 3 * ms, n: 1000, out: 4 * ms},
			{at: 3 * ms, n: 1000, fate: emulator.Dropped}, // 5 ms
			{at: 5 * ms, n: 1000, out: 9 * ms},
			{at: 7 * ms, n: 1000, out: 10 * ms},
			{at: 7 * ms, n: 2000, out: 12 * ms},           // waits 3 ms
			{at: 10 * ms, n: 1, fate: emulator.Dropped},   // from 12 on it stops: 6 ms
			{at: 13*ms - 1, n: 1, fate: emulator.Dropped}, // 3 ms and 1 ns
			{at: 13 * ms, n: 2000, out: 18 * ms},
			{at: 15 * ms, n: 1000, out: 19 * ms}, // 3 ms
		}},
		{"time, by a trace: to the opportunity that begins it", emulator.Link{Trace: every, QueueTime: 6 * ms}, []push{
			{at: 0, n: 500, out: 4 * ms},
			{at: 0, n: 1500, out: 8 * ms},              // begins at 4 ms
			{at: 0, n: 1, fate: emulator.Dropped},      // 8 ms
			{at: 4 * ms, n: 1, fate: emulator.Dropped}, // and not 4 ms: that at 8 ms is used up
			{at: 6 * ms, n: 1000, out: 12 * ms},        // 6 ms
		}},
		{"a queue of time without a bottleneck", emulator.Link{QueueTime: 1, QueuePackets: 0, Delay: ms}, []push{
			{at: 0, n: 1500, out: ms},
			{at: 0, n: 1500, out: ms},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) { run(t, tt.link, tt.pushs) })
	}
}
