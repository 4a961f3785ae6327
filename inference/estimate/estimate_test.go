package estimate

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

// TestPace: at 8 Mbit/s a byte takes 1 µs, the initial window of 14 480 bytes
// 14.48 ms, twice that 28.96 ms.
func TestPace(t *testing.T) {
	const us = time.Microsecond
	for _, tt := range []struct {
		name      string
		n         unit.Bytes
		took, rtt time.Duration
		want      float64 // in µs a byte; 0: it tells no rate
	}{
		{"it fits the window", 10_000, 10 * ms, 40 * ms, 1},
		{"just", 14_480, 14480 * us, 40 * ms, 1},
		// The sender waits until 40 ms have passed since it began, and then
		// sends what is left.
		{"one round stalls", 20_000, 40*ms + 5520*us, 40 * ms, 1},
		{"two do", 60_000, 80*ms + 16560*us, 40 * ms, 1},
		{"not the second: 28.96 ms fill a round trip of 20", 60_000, 20*ms + 45520*us, 20 * ms, 1},
		{"none do: the window is longer than the round trip", 60_000, 60 * ms, 10 * ms, 1},
		{"without a round trip", 60_000, 60 * ms, 0, 1},
		{"over as soon as slow start lets it", 60_000, 80 * ms, 40 * ms, 0},
		{"a little sooner", 60_000, 61 * ms, 40 * ms, 0},
		{"so soon that there was none", 60_000, 15 * ms, 40 * ms, 0.25},
		{"before it could", 10_000, -ms, 40 * ms, -0.1},
		{"long before it could", 60_000, -30 * ms, 40 * ms, 0},
	} {
		if got := 8e6 * pace(tt.n, tt.took, tt.rtt); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: %v µs a byte, want %v", tt.name, got, tt.want)
		}
	}
}

// TestItPredictsWhatItIsFrom: for any rate, size and round trip, the rate that is
// made of a predicted upload predicts that upload.
func TestItPredictsWhatItIsFrom(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	told := 0
	for range 20000 {
		rate := unit.BitRate(math.Exp(math.Log(1e5) + rng.Float64()*math.Log(1e4))) // 100 kbit/s to 1 Gbit/s
		n := unit.Bytes(math.Exp(math.Log(100) + rng.Float64()*math.Log(1e5)))      // 100 B to 10 MB
		rtt := time.Duration(rng.Int64N(int64(200 * ms)))
		upload := func(r unit.BitRate) time.Duration {
			o := selector.Observation{Upload: n, Devices: []selector.Device{{Name: "edge", Up: r, RTT: rtt}}}
			return expected(o).Upload
		}
		var p Path
		p.Probed(0, 0, rtt, 0)
		p.Add(Request{Arm: "a", Sent: n, Upload: upload(rate)})
		got := p.Of("a").Up
		if got == 0 { // rounding ate what was left of the last window
			continue
		}
		told++
		if again := upload(got); (again - upload(rate)).Abs() > 10*time.Microsecond {
			t.Fatalf("%d bytes at %v, round trip %v: %v; at the %v told: %v", n, rate, rtt, upload(rate), got, again)
		}
	}
	if told < 19900 {
		t.Errorf("%d of 20000 tell a rate", told)
	}
}

func expected(o selector.Observation) selector.Phases {
	return selector.Expected(o, selector.Option{Model: "m", Node: "edge"}, func(string) float64 { return 1 })
}

// TestRates: 1 MB in 1 s is 8 Mbit/s, in 4 s 2 Mbit/s; their harmonic mean is
// 2/(1/8 + 1/2) = 3.2 Mbit/s.
func TestRates(t *testing.T) {
	var r Rates
	check := func(when, arm string, want unit.BitRate, at time.Duration) {
		t.Helper()
		if got, when2 := r.Of(arm); got != want || when2 != at {
			t.Errorf("%s: %d as of %v, want %d as of %v", when, got, when2, want, at)
		}
	}
	check("of nothing", "a", 0, 0)
	r.Add("a", unit.MB, time.Second, 0, 1)
	r.Add("a", unit.MB, 4*time.Second, 0, 2)
	r.Add("a", 0, time.Second, 0, 3) // no transfer
	check("of two", "a", 3_200*unit.Kbps, 2)
	check("of another arm", "b", 0, 0)
	for i := range 5 {
		r.Add("a", 500*unit.KB, time.Second, 0, time.Duration(10+i))
	}
	check("of the last five", "a", 4*unit.Mbps, 14)
	r.Probed(2*unit.Mbps, 20)
	check("of a probe", "a", 2*unit.Mbps, 20)
	check("of a probe", "b", 2*unit.Mbps, 20)
	r.Add("a", unit.MB, time.Second, 0, 21)
	check("a transfer after a probe", "a", 8*unit.Mbps, 21)
	check("which is not the other arm's", "b", 2*unit.Mbps, 20)
	r.Add("b", unit.KB, -ms, 0, 22)
	check("a transfer that tells nothing", "b", 2*unit.Mbps, 20)
	r.Probed(0, 30)
	check("a probe that found no rate", "a", 0, 0)
}

// TestRatesDoNotLean: where delays vary by more than a transfer takes, half of
// the transfers seem to be over before they could. To leave these out would make
// the link slow. 1 kB at 8 Mbit/s takes 1 ms, give or take 3.
func TestRatesDoNotLean(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var inverse float64
	const n = 4000
	for range n {
		var r Rates
		for range Window {
			r.Add("a", unit.KB, ms+time.Duration(rng.NormFloat64()*3e6), 40*ms, 0)
		}
		mean := r.recent.arms["a"].mean()
		inverse += mean / n
	}
	// The standard error is 3 µs/byte·√(1/20000) = 0.021.
	if got := 8e6 * inverse; math.Abs(got-1) > 0.1 {
		t.Errorf("%v µs a byte, want 1", got)
	}
}

func TestTrips(t *testing.T) {
	var r Trips
	r.Probed(40*ms, 1)
	if got, at := r.Of("a"); got != 40*ms || at != 1 {
		t.Errorf("of a probe: %v as of %v", got, at)
	}
	r.Add("a", 0, 2) // not known
	for i, rtt := range []time.Duration{50, 30, 60, 70, 80} {
		r.Add("a", rtt*ms, time.Duration(3+i))
	}
	if got, at := r.Of("a"); got != 30*ms || at != 7 {
		t.Errorf("of five: %v as of %v, want the smallest as of the last", got, at)
	}
	r.Add("a", 90*ms, 8)
	r.Add("a", 90*ms, 9)
	if got, _ := r.Of("a"); got != 60*ms {
		t.Errorf("when the smallest is long ago: %v, want 60 ms", got)
	}
	if got, at := r.Of("b"); got != 40*ms || at != 1 {
		t.Errorf("of another arm: %v as of %v", got, at)
	}
}

// TestPath: 10 kB at 4 Mbit/s take 20 ms and half a round trip of 40 up; the
// first packet, of 1448 bytes, 2.896 ms, and the 9052 after it, of 500 that are
// not the image's, 18.104. An answer of 1 kB at 2 Mbit/s takes 4 ms and as much
// back.
func TestPath(t *testing.T) {
	const us = time.Microsecond
	var p Path
	if got := p.Of("a"); got != (Known{}) {
		t.Errorf("of nothing: %+v", got)
	}
	p.Probed(9*unit.Mbps, 2*unit.Mbps, 50*ms, ms)
	if got, want := p.Of("a"), (Known{9 * unit.Mbps, 2 * unit.Mbps, 50 * ms, ms, ms, ms}); got != want {
		t.Errorf("of a probe: %+v, want %+v", got, want)
	}
	r := Request{Arm: "a", At: 70 * ms, Sent: 10_000, Received: 1000, Upload: 40 * ms, Download: 24 * ms,
		Trip: 40*ms + 2896*us + 4*ms, Tail: 18104 * us}
	p.Add(r)
	want := Known{4 * unit.Mbps, 2 * unit.Mbps, 40 * ms, 70 * ms, 70 * ms, 70 * ms}
	if got := p.Of("a"); got != want {
		t.Errorf("of a request: %+v, want %+v", got, want)
	}
	r.Arm, r.Trip, r.At = "b", 0, 80*ms // a server that does not tell: the probe's 50 ms
	p.Add(r)
	if got := p.Of("b"); got.RTT != 50*ms || got.RTTAt != ms || got.Up != unit.Over(10_000, 15*ms) || got.UpAt != 80*ms || got.Back != 2*unit.Mbps || got.BackAt != ms {
		t.Errorf("of a request without a trip: %+v", got)
	}
	if got := p.Of("a"); got != want {
		t.Errorf("a, after a request of b: %+v", got)
	}
}

// TestEmptyTrips: what the packets of a request take to be sent is not of the
// round trip, whoever tells how long that is.
func TestEmptyTrips(t *testing.T) {
	const us = time.Microsecond
	for _, tt := range []struct {
		name     string
		up, back unit.BitRate // of a probe
		request  Request
		want     time.Duration
	}{
		// Of the tail, 3.6 ms for 3·1448 bytes, 1.2 ms.
		{"by its tail, and the probe", 0, 8 * unit.Mbps, Request{Sent: 4*1448 - 500, Received: 800, Trip: 42 * ms, Tail: 3600 * us}, 40 * ms},
		{"the way back as the way there", 0, 0, Request{Sent: 4*1448 - 500, Received: 1448, Trip: 42400 * us, Tail: 3600 * us}, 40 * ms},
		{"of one packet, by the probe", 8 * unit.Mbps, 8 * unit.Mbps, Request{Sent: 500, Received: 1000, Trip: 42 * ms}, 40 * ms},
		{"of one packet, by nothing", 0, 0, Request{Sent: 500, Received: 1000, Trip: 42 * ms}, 42 * ms},
		{"never less than half", 0, 8 * unit.Kbps, Request{Sent: 500, Received: 1000, Trip: 42 * ms}, 21 * ms},
	} {
		var p Path
		p.Probed(tt.up, tt.back, 0, 0)
		if got := p.empty(tt.request); (got - tt.want).Abs() > time.Microsecond {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
