package sim_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/sim"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// calmLink is one on which nothing is lost, of any kind.
func calmLink(rng *rand.Rand) (l emulator.Link) {
	l.Delay = time.Duration(rng.IntN(60)) * ms
	l.Layer = emulator.Layer(rng.IntN(3))
	switch rng.IntN(4) {
	case 0:
		values := make([]float64, 1+rng.IntN(6))
		for i := range values {
			values[i] = float64(rng.IntN(20_000_000))
		}
		values[0] = 5e6
		l.Rates = series(trace.Wrap(rng.IntN(2)), time.Duration(1+rng.IntN(50_000))*us, values...)
	case 1:
		at := make([]time.Duration, 1+rng.IntN(20))
		for i := range at {
			at[i] = time.Duration(i/2*3) * ms
		}
		l.Trace = &trace.Trace{Name: "t", At: at, Period: at[len(at)-1] + ms, Quantum: unit.Bytes(500 + rng.IntN(2000))}
	default:
		l.Rate = unit.BitRate(math.Exp(rng.Float64()*math.Log(1000)) * 100_000) // 100 kbps to 100 Mbps
	}
	if rng.IntN(4) == 0 {
		l.Outages = []emulator.Outage{{From: time.Duration(rng.IntN(100)) * ms, To: 100*ms + time.Duration(rng.IntN(50))*ms, Every: 300 * ms}}
	}
	if rng.IntN(4) == 0 {
		l.IdlePenalty, l.IdleAfter = 30*ms, 40*ms
	}
	return l
}

// TestShaperTwin: a window over one link is out when the real Shaper has the
// last of its packets out, to the nanosecond, whatever changes on the link.
func TestShaperTwin(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 0))
		link := calmLink(rng)
		if seed%2 == 0 {
			link.Delay = 0 // so that one may begin in the moment in which another ends
		}
		shaper := emulator.NewShaper(link, nil)
		e := sim.New()
		c := sim.NewConn(e, over(e, 1, link), nil)
		for i := range 5 {
			n := unit.Bytes(1 + rng.IntN(10*1448))
			at := e.Now() + max(time.Duration(rng.IntN(400)-200), 0)*ms/4
			e.RunUntil(at)
			var want time.Duration
			for left := n; left > 0; left -= min(left, 1448) {
				want, _ = shaper.Push(at, min(left, 1448)+66)
			}
			var done sim.Latch
			c.Send(n, &done)
			e.Await(&done)
			if e.Now() != want {
				t.Fatalf("seed %d, transfer %d of %d bytes at %v: %v, want %v (%+v)", seed, i, n, at, e.Now(), want, link)
			}
		}
	}
}

// TestFluidIsPackets: the same transfer as a fluid and as packets through real
// Shapers takes the same time, within 1 % or 1 ms, over any links without loss.
func TestFluidIsPackets(t *testing.T) {
	sizes := []unit.Bytes{1000, 20_000, 100_000, 1_000_000, 10_000_000}
	var worst float64
	for seed := range uint64(600) {
		rng := rand.New(rand.NewPCG(seed, 1))
		constant := func() emulator.Link {
			l := calmLink(rng)
			l.Rates, l.Trace, l.Outages, l.IdlePenalty, l.IdleAfter = nil, nil, nil, 0, 0
			l.Rate = unit.BitRate(math.Exp(rng.Float64()*math.Log(1000)) * 100_000)
			return l
		}
		there, back := []emulator.Link{constant()}, []emulator.Link{constant()}
		if rng.IntN(2) == 0 {
			there, back = append(there, constant()), append(back, constant())
		}
		// Acknowledgements of 66 bytes must not be what holds a transfer up.
		for i := range back {
			back[i].Rate += there[0].Rate / 2
		}
		n := sizes[rng.IntN(len(sizes))]
		fluid, packet := transfer(seed, n, there, back), transfer(seed, n, asPackets(there), asPackets(back))
		off := float64((fluid - packet).Abs()) / max(float64(packet)/100, float64(ms))
		worst = max(worst, off)
		if off > 1 {
			t.Errorf("seed %d: %d bytes: %v as a fluid, %v as packets (%+v, %+v)", seed, n, fluid, packet, there, back)
		}
	}
	t.Logf("at most %.3f of max(1 %%, 1 ms)", worst)
}

// TestChangingFluidIsPackets: over links that change, the mean of many is the
// same within 1 %, and nine of ten transfers within 5 %.
func TestChangingFluidIsPackets(t *testing.T) {
	sizes := []unit.Bytes{1000, 20_000, 100_000, 1_000_000}
	var fluids, all time.Duration
	far, count := 0, 0
	for seed := range uint64(600) {
		rng := rand.New(rand.NewPCG(seed, 2))
		there := []emulator.Link{calmLink(rng)}
		back := []emulator.Link{{Delay: there[0].Delay, Rate: 100 * unit.Mbps}}
		n := sizes[rng.IntN(len(sizes))]
		fluid, packet := transfer(seed, n, there, back), transfer(seed, n, asPackets(there), asPackets(back))
		fluids, all, count = fluids+fluid, all+packet, count+1
		if d := (fluid - packet).Abs(); d > max(packet/20, ms) {
			far++
			t.Logf("seed %d: %d bytes: %v as a fluid, %v as packets (%+v) %+v", seed, n, fluid, packet, there[0], there[0].Rates)
		}
	}
	if d := (fluids - all).Abs(); d > all/100 || far > count/10 {
		t.Errorf("%v as fluids, %v as packets; %d of %d are further off than 5 %%", fluids, all, far, count)
	}
}
