package sim_test

import (
	"math"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/sim"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// TestLoss is worked out by hand, at a byte a microsecond and 10 ms each way: a
// segment takes 1.514 ms, and its acknowledgement is back 20.066 ms later, so
// that the round trip is 21.58 ms.
func TestLoss(t *testing.T) {
	link := emulator.Link{Rate: 8 * unit.Mbps, Delay: 10 * ms}
	between := func(from, to time.Duration) emulator.Link {
		l := link
		l.Losses = &trace.Series{Name: "t", At: []time.Duration{0, from, to}, Value: []float64{0, 1, 0}, Period: time.Hour, Wrap: trace.Hold}
		if from == 0 {
			l.Losses.At, l.Losses.Value = []time.Duration{0, to}, []float64{1, 0}
		}
		return l
	}
	short := link
	short.QueuePackets = 5
	for _, tt := range []struct {
		name     string
		link     emulator.Link
		segments unit.Bytes
		want     time.Duration
	}{
		// The n-th acknowledgement of the first window, at 21.58 + 1.514(n−1) ms,
		// sends two of the second. The two of 23.094 are lost, and the link goes on
		// with those of 24.608. The third of those is acknowledged at 24.608 +
		// 3·1.514 + 20.066 = 49.216 ms: that three have overtaken them gives the two
		// up, and 13 are under way of a window of 0.7 · 24, so both are sent.
		{"two of the second window", between(23*ms, 24*ms), 30, 49216*us + 2*1514*us + 10*ms},
		// Five of ten fit into the queue. The fifth acknowledgement is back at 5 ·
		// 1.514 + 20.066 = 27.636 ms, and two round trips and 2 ms later, at 72.796,
		// the last is sent again. What that brings, at 94.376, gives up the four
		// before it; two are sent, and two more 21.58 ms later.
		{"the tail", short, 10, 94376*us + 21580*us + 2*1514*us + 10*ms},
		// One alone is sent again after a round trip and 200 ms.
		{"the only one", between(0, 100*ms), 1, 221580*us + 11514*us},
		{"and again after as long", between(0, 300*ms), 1, 2*221580*us + 11514*us},
		{"and again after twice as long", between(0, 500*ms), 1, 4*221580*us + 11514*us},
	} {
		if got := transfer(1, tt.segments*1448, []emulator.Link{tt.link}, []emulator.Link{link}); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	// A lost acknowledgement costs nothing if there is one after it.
	if got, want := transfer(1, 11*1448, []emulator.Link{link}, []emulator.Link{between(0, 12*ms)}), (21580+1514+1514)*us+10*ms; got != want {
		t.Errorf("the first acknowledgement: %v, want %v", got, want)
	}
}

// TestGivenUp: what never arrives is given up: a transfer after fifteen timeouts, a
// connection after 1 + 2 + … + 64 s.
func TestGivenUp(t *testing.T) {
	dead := []emulator.Link{{Loss: 1}}
	if got := transfer(1, 1448, dead, dead); got >= 0 {
		t.Errorf("it arrives after %v", got)
	}
	e := sim.New()
	var done sim.Latch
	sim.NewConn(e, over(e, 1, dead...), nil).Connect(&done)
	if e.Await(&done) || e.Now() != 127*time.Second {
		t.Errorf("%v after %v, want given up after 127s", done.Happened(), e.Now())
	}
}

// TestSpurious: a timeout in an outage shrinks no window, for nothing was lost.
func TestSpurious(t *testing.T) {
	l := emulator.Link{Rate: 80 * unit.Mbps, Delay: 10 * ms, CoDel: packets, Outages: []emulator.Outage{{From: 1 * ms, To: time.Second}}}
	e := sim.New()
	c := sim.NewConn(e, over(e, 1, l), over(e, 2, emulator.Link{Delay: 10 * ms}))
	var done sim.Latch
	c.Send(10*1448, &done)
	e.Await(&done)
	begun := e.Now()
	// Ten take 1.514 ms, of which 1 was before the outage.
	if want := time.Second + 514*us + 10*ms; begun != want {
		t.Errorf("%v, want %v", begun, want)
	}
	done.Reset()
	c.Send(10*1448, &done)
	e.Await(&done)
	if got, want := e.Now()-begun, 10*ms+1514*us; got < want || got > want+5*1514*us/10 {
		t.Errorf("the next window: %v, want %v and what was sent for nothing", got, want)
	}
}

// TestThroughput: with random losses, a long transfer has the window that RFC
// 9438 gives for them (§5.1): that of CUBIC, ∜(C(3+β)/(4(1−β))) · ∜(RTT³/p³), or
// if larger that of Reno, √(3/2p). That is for losses at even distances: random ones
// leave a little more, and who has the best of both is above either.
func TestThroughput(t *testing.T) {
	for _, tt := range []struct {
		loss  float64
		delay time.Duration
	}{{0.001, 10 * ms}, {0.01, 10 * ms}, {0.001, 50 * ms}, {0.01, 50 * ms}, {0.0005, 100 * ms}} {
		e := sim.New()
		c := sim.NewConn(e, over(e, 1, emulator.Link{Loss: tt.loss, Delay: tt.delay}), over(e, 2, emulator.Link{Delay: tt.delay}))
		segments := 300 / tt.loss
		var begun time.Duration
		for range 2 { // once to forget slow start
			begun = e.Now()
			var done sim.Latch
			c.Send(unit.Bytes(segments)*1448, &done)
			e.Await(&done)
		}
		rtt := 2 * tt.delay.Seconds()
		cubic := math.Pow(0.4*3.7/(4*0.3), 0.25) * math.Pow(rtt/tt.loss, 0.75)
		want := max(cubic, math.Sqrt(1.5/tt.loss))
		got := segments / (e.Now() - begun).Seconds() * rtt
		t.Logf("loss %v, round trip %v: a window of %.1f segments, %.1f by the formula", tt.loss, 2*tt.delay, got, want)
		if got < 0.95*want || got > 1.5*want {
			t.Errorf("loss %v, round trip %v: a window of %.1f segments, want %.1f to half as much more", tt.loss, 2*tt.delay, got, want)
		}
	}
}

// TestQueueOverflows: a long transfer over a link with a common queue loses some
// and still fills it: a packet is there for each it could send.
func TestQueueOverflows(t *testing.T) {
	for _, rate := range []unit.BitRate{unit.Mbps, 10 * unit.Mbps, 100 * unit.Mbps} {
		l := emulator.Link{Rate: rate, Delay: 20 * ms, Queue: max(unit.Bytes(rate/80), 64*1514)}
		e := sim.New()
		there := over(e, 1, l)
		c := sim.NewConn(e, there, over(e, 2, emulator.Link{Delay: 20 * ms}))
		var done sim.Latch
		n := unit.Bytes(rate / 8 * 20)
		c.Send(n, &done)
		e.Await(&done)
		least := rate.TimeToSend(n / 1448 * 1514)
		if got := e.Now(); got < least || got > least+least/50 {
			t.Errorf("%v: %v, want %v and at most 2 %% more", rate, got, least)
		}
		if s := there[0].Stats(); s.Dropped == 0 || s.Dropped > s.Packets/50 || s.Lost > 0 {
			t.Errorf("%v: %+v, want some dropped", rate, s)
		}
	}
}

// TestRandomBoxes: whatever a link does to packets, all arrives, and not before
// it could.
func TestRandomBoxes(t *testing.T) {
	base := emulator.Link{Rate: 10 * unit.Mbps, Delay: 20 * ms, Queue: 100_000}
	for name, change := range map[string]func(*emulator.Link){
		"bursts":    func(l *emulator.Link) { l.Loss, l.LossBurst = 0.02, 3 },
		"jitter":    func(l *emulator.Link) { l.Jitter = 10 * ms },
		"unordered": func(l *emulator.Link) { l.Jitter, l.Unordered = 10*ms, true },
		"reorder":   func(l *emulator.Link) { l.Reorder = 0.05 },
		"corrupt":   func(l *emulator.Link) { l.Corrupt = 0.02 },
		"duplicate": func(l *emulator.Link) { l.Duplicate, l.Loss = 0.1, 0.01 },
		"codel":     func(l *emulator.Link) { l.CoDel = &emulator.CoDel{Target: 5 * ms, Interval: 100 * ms} },
		"both ways": func(l *emulator.Link) { l.Loss = 0.1 },
	} {
		l := base
		change(&l)
		const n = 2_000_000
		for seed := range uint64(5) {
			got := transfer(seed, n, []emulator.Link{l}, []emulator.Link{l})
			if least := base.Rate.TimeToSend(n / 1448 * 1514); got < least || got > 60*least {
				t.Errorf("%s: %v, want %v or not much more", name, got, least)
			}
		}
	}
}

// TestSeedsStay: a seed means the same losses and times in every version and on
// every machine.
func TestSeedsStay(t *testing.T) {
	l := emulator.Link{Rate: 20 * unit.Mbps, Delay: 15 * ms, Jitter: 2 * ms, Loss: 0.01, LossBurst: 2, Queue: 200_000}
	for seed, want := range []time.Duration{2880518781, 2985434306, 3700574113} {
		if got := transfer(uint64(seed), 5_000_000, []emulator.Link{l}, []emulator.Link{l}); got != want {
			t.Errorf("seed %d: %d, want %d", seed, got, want)
		}
	}
}
