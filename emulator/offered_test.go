package emulator_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

func TestOffered(t *testing.T) {
	const s = time.Second
	up := emulator.Link{Rates: series(trace.Loop, 5*ms, 1e6, 2e6)}
	tr := &trace.Trace{Name: "pairs", At: []time.Duration{0, 3 * ms, 3 * ms}, Period: 5 * ms, Quantum: 1000}
	out := []emulator.Outage{{From: 2 * ms, To: 4 * ms}}
	for _, tt := range []struct {
		name     string
		link     emulator.Link
		from, to time.Duration
		n        unit.Bytes
		limited  bool
	}{
		{"no limit", emulator.Link{Queue: 1514, Delay: ms}, 0, s, 0, false},
		{"a rate", emulator.Link{Rate: 8 * unit.Mbps}, 1 * s, 3 * s, 2_000_000, true},
		{"a rate, of each layer", emulator.Link{Rate: 8 * unit.Mbps, Layer: emulator.Wire}, 1 * s, 3 * s, 2_000_000, true},
		{"to the nearest byte", emulator.Link{Rate: 8}, 0, 1*s + s/2, 2, true},
		{"below that", emulator.Link{Rate: 8}, 0, 1*s + s/2 - 1, 1, true},
		{"no time", emulator.Link{Rate: 8}, 5, 5, 0, true},
		{"less the outage", emulator.Link{Rate: 8 * unit.Mbps, Outages: out}, 1 * ms, 10 * ms, 7000, true},
		{"within the outage", emulator.Link{Rate: 8 * unit.Mbps, Outages: out}, 2 * ms, 4 * ms, 0, true},
		{"an outage alone", emulator.Link{Outages: out}, 2 * ms, 4 * ms, 0, true},
		{"an outage alone, and a moment after", emulator.Link{Outages: out}, 2 * ms, 4*ms + 1, 0, false},
		{"rates", up, 0, 10 * ms, 1875, true},                  // 5 ms of 125 and of 250 bytes
		{"rates, in part", up, 4 * ms, 6 * ms, 375, true},      // 125 + 250
		{"rates, again", up, 1010 * ms, 1026 * ms, 2750, true}, // 1875, 5 ms of 125 and one of 250
		{"a trace", emulator.Link{Trace: tr}, 0, 5 * ms, 3000, true},
		{"a trace, half open", emulator.Link{Trace: tr}, 3 * ms, 5 * ms, 2000, true},
		{"a trace, to just before", emulator.Link{Trace: tr}, 1, 3 * ms, 0, true},
		{"a trace on IP", emulator.Link{Trace: tr, Layer: emulator.IP}, 0, 5 * ms, 2958, true}, // 3 · 986
		{"a trace on the wire", emulator.Link{Trace: tr, Layer: emulator.Wire}, 0, 5 * ms, 3072, true},
		{"a trace less the outage", emulator.Link{Trace: tr, Outages: out}, 0, 10 * ms, 4000, true},
		{"more than can be counted", emulator.Link{Rate: math.MaxInt64 - 1}, 0, math.MaxInt64, math.MaxInt64, true},
	} {
		n, limited := tt.link.Offered(tt.from, tt.to)
		if n != tt.n || limited != tt.limited {
			t.Errorf("%s: %d, %v; want %d, %v", tt.name, n, limited, tt.n, tt.limited)
		}
	}
}

func TestMeanRate(t *testing.T) {
	tr := &trace.Trace{Name: "pairs", At: []time.Duration{0, 3 * ms, 3 * ms}, Period: 5 * ms, Quantum: 1000}
	for _, tt := range []struct {
		link emulator.Link
		want unit.BitRate
	}{
		{emulator.Link{}, 0},
		{emulator.Link{Outages: []emulator.Outage{{0, 1, 2}}}, 0},
		{emulator.Link{Rate: 5 * unit.Mbps, Outages: []emulator.Outage{{0, 1, 2}}}, 5 * unit.Mbps},
		{emulator.Link{Rates: series(trace.Loop, ms, 1e6, 2e6, 0)}, unit.Mbps},
		{emulator.Link{Rates: series(trace.Stop, ms, 1e6, 2e6, 0)}, unit.Mbps},
		{emulator.Link{Rates: series(trace.Loop, ms, 0, 1e-9)}, 1}, // 0 would be no limit
		{emulator.Link{Trace: tr}, 4800 * unit.Kbps},               // 24000 bits in 5 ms
		{emulator.Link{Trace: tr, Layer: emulator.IP}, 4732800},    // 3 · 986 · 8 bits
	} {
		if got := tt.link.MeanRate(); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.link, got, tt.want)
		}
	}
}

// TestOfferedIsWhatPasses: a link that always has something to send passes all
// that it offers but for a packet at each end, and what it offers in two
// parts is what it offers in one, to a byte of rounding.
func TestOfferedIsWhatPasses(t *testing.T) {
	const n = 1000
	compared := 0
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 5))
		link := randomLink(rng)
		plain := emulator.Link{Rate: link.Rate, Rates: link.Rates, Trace: link.Trace, Outages: link.Outages, Layer: link.Layer}
		from := time.Duration(rng.IntN(int(30 * ms)))
		to := from + time.Duration(rng.IntN(int(200*ms)))
		whole, limited := plain.Offered(from, to)
		middle := from + time.Duration(rng.Int64N(int64(to-from)+1))
		left, _ := plain.Offered(from, middle)
		right, _ := plain.Offered(middle, to)
		if !limited {
			continue
		}
		if d := left + right - whole; d < -1 || d > 1 || plain.Trace != nil && d != 0 {
			t.Fatalf("seed %d: %d and %d, in one %d (%+v)", seed, left, right, whole, plain)
		}
		s := emulator.NewShaper(plain, nil)
		var passed unit.Bytes
		for {
			out, _ := s.Push(from, n)
			if out >= to {
				break
			}
			passed += plain.Layer.Size(n)
		}
		if passed > whole+1 || passed+plain.Layer.Size(n) < whole-1 {
			t.Fatalf("seed %d: %d bytes pass from %v to %v, offered are %d (%+v)", seed, passed, from, to, whole, plain)
		}
		compared++
	}
	if compared < 250 {
		t.Errorf("only %d links compared", compared)
	}
}
