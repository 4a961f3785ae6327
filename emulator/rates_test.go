package emulator_test

import (
	"math"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// run pushes and compares.
func run(t *testing.T, link emulator.Link, pushs []push) {
	t.Helper()
	s := emulator.NewShaper(link, nil)
	for i, p := range pushs {
		if out, fate := s.Push(p.at, p.n); out != p.out || fate != p.fate {
			t.Errorf("push %d: Push(%v, %d) = %v, %v; want %v, %v", i, p.at, p.n, out, fate, p.out, p.fate)
		}
		if got := s.Queued(p.at); p.queued != 0 && got != p.queued {
			t.Errorf("push %d: %d bytes queued, want %d", i, got, p.queued)
		}
	}
}

func TestRates(t *testing.T) {
	const us, s = time.Microsecond, time.Second
	up := emulator.Link{Rates: series(trace.Hold, 6*ms, 1e6, 2e6)}
	stop := emulator.Link{Rates: &trace.Series{Name: "stop", At: []time.Duration{0, 6 * ms, 100 * ms},
		Value: []float64{1e6, 0, 1e6}, Period: 200 * ms, Wrap: trace.Hold}}
	loop := emulator.Link{Rates: series(trace.Loop, 1*ms, 8e6, 0)} // 1000 bytes every other millisecond
	for _, tt := range []struct {
		name  string
		link  emulator.Link
		pushs []push
	}{
		{"what is left of a packet goes on at the new rate", up, []push{
			{at: 0, n: 1500, out: 9 * ms},           // 12000 bits: 6 ms · 1 Mbps = 6000, and 6000 / 2 Mbps = 3 ms
			{at: 0, n: 1500, out: 15 * ms},          // 12000 / 2 Mbps
			{at: 100 * ms, n: 1, out: 100_004 * us}, // 8 / 2 Mbps
		}},
		{"a packet that ends with the rate", up, []push{
			{at: 0, n: 750, out: 6 * ms}, // 6000 bits
			{at: 0, n: 250, out: 7 * ms}, // 2000 bits at 2 Mbps
		}},
		{"rate 0 is an outage: the packet on the way waits", stop, []push{
			{at: 0, n: 1500, out: 106 * ms},                   // 6000 bits, and from 100 ms on the other 6000
			{at: 1 * ms, n: 125, out: 107 * ms, queued: 1625}, // 1000 bits
			{at: 106 * ms, n: 125, out: 108 * ms, queued: 250},
		}},
		{"a packet that ends as the outage begins is through", stop, []push{
			{at: 0, n: 750, out: 6 * ms},
			{at: 6 * ms, n: 125, out: 101 * ms},
			{at: 50 * ms, n: 125, out: 102 * ms},
		}},
		{"many steps for one packet", loop, []push{
			{at: 0, n: 9000, out: 17 * ms},   // the last of nine at 16 to 17 ms
			{at: 0, n: 1, out: 18*ms + 1*us}, // not before 18 ms
			{at: 1001 * ms, n: 500, out: 1002*ms + 500*us},
		}},
		{"after the end, nothing", emulator.Link{Rates: series(trace.Stop, 1*ms, 8e6)}, []push{
			{at: 0, n: 1000, out: 1 * ms},
			{at: 0, n: 1, out: math.MaxInt64},
			{at: 5 * s, n: 0, out: math.MaxInt64},
		}},
		{"less than one bit a second is one", emulator.Link{Rates: series(trace.Loop, s, 0.2, 0)}, []push{
			{at: 0, n: 1, out: 15 * s}, // eight bits, every other second
		}},
		{"a rate in whole bits a second", emulator.Link{Rates: series(trace.Loop, s, 7.6)}, []push{
			{at: 0, n: 1, out: 1 * s}, // 8 bit/s
		}},
		{"as fast as can be counted", emulator.Link{Rates: series(trace.Loop, s, 1e300)}, []push{
			{at: 0, n: 1e9, out: 1}, // 8e9 bits in 0.87 ns
			{at: 0, n: 1e9, out: 2},
		}},
		{"a lower rate, a fraction of a nanosecond into the packet", emulator.Link{Rates: &trace.Series{
			Name: "fine", At: []time.Duration{0, 4}, Value: []float64{3e9, 1e9}, Period: 100, Wrap: trace.Hold}}, []push{
			{at: 0, n: 1, out: 3}, // 8/3 = 2.67 ns
			// 4 bits by 4 ns, as (4 − 8/3) · 3 = 4, and 4 at 1 bit/ns.
			{at: 0, n: 1, out: 8},
			{at: 0, n: 1, out: 16},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) { run(t, tt.link, tt.pushs) })
	}
}

func TestOutages(t *testing.T) {
	const us = time.Microsecond
	once := []emulator.Outage{{From: 2 * ms, To: 10 * ms}}
	flap := []emulator.Outage{{From: 1 * ms, To: 4 * ms, Every: 5 * ms}} // up in 0–1, 4–6, 9–11 …
	for _, tt := range []struct {
		name  string
		link  emulator.Link
		pushs []push
	}{
		{"the packet on the way waits, and those behind it", emulator.Link{Rate: 8 * unit.Mbps, Outages: once}, []push{
			{at: 1 * ms, n: 1500, out: 10*ms + 500*us}, // 1000 bytes by 2 ms
			{at: 3 * ms, n: 1000, out: 11*ms + 500*us},
			{at: 20 * ms, n: 1000, out: 21 * ms},
		}},
		{"again and again", emulator.Link{Rate: 8 * unit.Mbps, Outages: flap}, []push{
			{at: 0, n: 3500, out: 9*ms + 500*us}, // 1000, 2000 and 500 bytes
			{at: 0, n: 1500, out: 11 * ms},
			{at: 5004 * ms, n: 3000, out: 5010 * ms}, // 2000 to 5006 ms, the rest from 5009 ms
		}},
		{"with a rate over time", emulator.Link{Rates: series(trace.Loop, 3*ms, 8e6, 16e6), Outages: once}, []push{
			// 2000 bytes by 2 ms; 10 ms is within 16 Mbps of 9 to 12 ms.
			{at: 0, n: 4000, out: 11 * ms},
		}},
		{"without a rate, all wait for the end and then leave at once", emulator.Link{Outages: once, Queue: 3000, Delay: ms}, []push{
			{at: 0, n: 9000, fate: emulator.Dropped}, // it does not fit whole
			{at: 0, n: 3000, out: 1 * ms},
			{at: 0, n: 3000, out: 1 * ms}, // the first has left
			{at: 2 * ms, n: 1500, out: 11 * ms},
			{at: 3 * ms, n: 1500, out: 11 * ms, queued: 3000},
			{at: 9 * ms, n: 1, fate: emulator.Dropped},
			{at: 10 * ms, n: 1500, out: 11 * ms},
		}},
		{"opportunities within are gone", emulator.Link{Outages: once,
			Trace: &trace.Trace{Name: "2 ms", At: []time.Duration{2 * ms}, Period: 2 * ms, Quantum: 1000}}, []push{
			{at: 0, n: 1000, out: 10 * ms}, // the one at 2 ms is within, the one at 10 ms is not
			{at: 0, n: 2500, out: 16 * ms}, // 12, 14 and half of 16
			{at: 0, n: 501, out: 18 * ms},
		}},
		{"a packet that the trace begins to send before", emulator.Link{Outages: []emulator.Outage{{From: 3 * ms, To: 7 * ms}},
			Trace: &trace.Trace{Name: "1 ms", At: []time.Duration{1 * ms}, Period: 1 * ms, Quantum: 1000}}, []push{
			{at: 0, n: 4000, out: 8 * ms}, // 1, 2, 7 and 8 ms
		}},
		{"that overlap", emulator.Link{Rate: 8 * unit.Mbps, Outages: []emulator.Outage{
			{From: 1 * ms, To: 3 * ms}, {From: 2 * ms, To: 5 * ms}, {From: 5 * ms, To: 6 * ms}}}, []push{
			{at: 0, n: 2000, out: 7 * ms},
		}},
		{"for good, by a trace that meets them each time", emulator.Link{Outages: []emulator.Outage{{From: 0, To: 1 * ms, Every: 2 * ms}},
			Trace: &trace.Trace{Name: "even", At: []time.Duration{0}, Period: 2 * ms, Quantum: 1000}}, []push{
			{at: 0, n: 1, out: math.MaxInt64},
			{at: 9 * ms, n: 1000, out: math.MaxInt64},
			{at: 11 * ms, n: 1000, out: math.MaxInt64},
		}},
		{"a trace: longer than time lasts, and it stays so", emulator.Link{Unordered: true,
			Trace: &trace.Trace{Name: "1 ms", At: []time.Duration{1 * ms}, Period: 1 * ms, Quantum: 1000}}, []push{
			{at: 0, n: 3000, out: 3 * ms},
			{at: 0, n: math.MaxInt64, out: math.MaxInt64},
			{at: 0, n: 1000, out: math.MaxInt64},
			{at: 9 * ms, n: 1000, out: math.MaxInt64},
		}},
		{"a trace: more opportunities than can be counted", emulator.Link{
			Trace: &trace.Trace{Name: "1 ns", At: []time.Duration{1}, Period: 1, Quantum: 1}}, []push{
			{at: 0, n: 3, out: 3},
			{at: 0, n: math.MaxInt64, out: math.MaxInt64},
		}},
		{"for good, by rates that meet them each time", emulator.Link{Outages: []emulator.Outage{{From: 0, To: 1 * ms, Every: 2 * ms}},
			Rates: series(trace.Loop, ms, 1e6, 0)}, []push{
			{at: 0, n: 1, out: math.MaxInt64},
			{at: 9 * ms, n: 1000, out: math.MaxInt64},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) { run(t, tt.link, tt.pushs) })
	}
}

func TestIdlePenalty(t *testing.T) {
	const us = time.Microsecond
	sleepy := emulator.Link{Rate: 8 * unit.Mbps, IdlePenalty: 50 * ms, IdleAfter: 20 * ms}
	for _, tt := range []struct {
		name  string
		link  emulator.Link
		pushs []push
	}{
		{"only after so long with nothing to send", sleepy, []push{
			{at: 0, n: 1000, out: 1 * ms},            // awake when the link is set
			{at: 21*ms - 1, n: 1000, out: 22*ms - 1}, // 20 ms less a nanosecond after
			{at: 42*ms - 1, n: 1000, out: 93*ms - 1}, // 20 ms after: 50 to wake, and 1
			{at: 60 * ms, n: 1000, out: 94*ms - 1},   // waits with it
			{at: 95 * ms, n: 1000, out: 96 * ms},
		}},
		{"from the start", sleepy, []push{{at: 20 * ms, n: 1000, out: 71 * ms}}},
		{"a long packet is no pause", sleepy, []push{
			{at: 0, n: 100_000, out: 100 * ms},
			{at: 119 * ms, n: 1000, out: 120 * ms},
		}},
		{"a packet that is dropped wakes it, too", with(sleepy, func(l *emulator.Link) { l.QueueTime = 30 * ms }), []push{
			{at: 100 * ms, n: 1000, fate: emulator.Dropped}, // would wait 50 ms
			{at: 119 * ms, n: 1000, fate: emulator.Dropped}, // 31 ms
			{at: 120 * ms, n: 1000, out: 151 * ms},          // 30 ms
			{at: 150 * ms, n: 1000, out: 152 * ms},
		}},
		{"without a rate", emulator.Link{IdlePenalty: 5 * ms, IdleAfter: 10 * ms, Delay: 1 * ms}, []push{
			{at: 0, n: 1000, out: 1 * ms},
			{at: 10 * ms, n: 1000, out: 16 * ms},
			{at: 12 * ms, n: 1000, out: 16 * ms, queued: 2000},
			{at: 15 * ms, n: 1000, out: 16 * ms},
			{at: 25*ms - 1, n: 1000, out: 26*ms - 1},
			{at: 36 * ms, n: 1000, out: 42 * ms},
		}},
		{"with a trace", emulator.Link{IdlePenalty: 5 * ms, IdleAfter: 10 * ms,
			Trace: &trace.Trace{Name: "2 ms", At: []time.Duration{2 * ms}, Period: 2 * ms, Quantum: 1000}}, []push{
			{at: 10 * ms, n: 1000, out: 16 * ms}, // awake at 15 ms
			{at: 10 * ms, n: 1000, out: 18 * ms},
		}},
		{"into an outage", with(sleepy, func(l *emulator.Link) { l.Outages = []emulator.Outage{{From: 60 * ms, To: 80 * ms}} }), []push{
			{at: 20 * ms, n: 500, out: 80*ms + 500*us},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) { run(t, tt.link, tt.pushs) })
	}
}
