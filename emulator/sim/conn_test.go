package sim_test

import (
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/sim"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

const us = time.Microsecond

// packets is what has a link send packets and not a fluid, and does nothing else.
var packets = &emulator.CoDel{Target: time.Hour, Interval: time.Hour}

// over makes links of an engine, in this order, with seeds from the given one.
func over(e *sim.Engine, seed uint64, links ...emulator.Link) (all []*sim.Link) {
	for i, l := range links {
		all = append(all, sim.NewLink(e, l, seed+uint64(i), 0))
	}
	return all
}

// transfer is how long n bytes take there, over links there and back.
func transfer(seed uint64, n unit.Bytes, there, back []emulator.Link) time.Duration {
	e := sim.New()
	c := sim.NewConn(e, over(e, seed, there...), over(e, seed+100, back...))
	var done sim.Latch
	c.Send(n, &done)
	if !e.Await(&done) {
		return -1
	}
	return e.Now()
}

// asPackets are the same links, which send packets.
func asPackets(links []emulator.Link) (all []emulator.Link) {
	for _, l := range links {
		l.CoDel = packets
		all = append(all, l)
	}
	return all
}

// series is steps of the same length.
func series(wrap trace.Wrap, step time.Duration, values ...float64) *trace.Series {
	s := &trace.Series{Name: "test", Value: values, Period: time.Duration(len(values)) * step, Wrap: wrap}
	for i := range values {
		s.At = append(s.At, time.Duration(i)*step)
	}
	return s
}

// TestTransfer is worked out by hand, at a byte a microsecond: n bytes in
// ⌈n/1448⌉ segments of 66 more each, and then the delay; as a fluid and as
// packets.
func TestTransfer(t *testing.T) {
	link := func(rate unit.BitRate, delay time.Duration) emulator.Link {
		return emulator.Link{Rate: rate, Delay: delay}
	}
	a, far, b := link(8*unit.Mbps, 10*ms), link(8*unit.Mbps, 50*ms), link(4*unit.Mbps, 5*ms)
	with := func(l emulator.Link, change func(*emulator.Link)) emulator.Link {
		change(&l)
		return l
	}
	ip := with(a, func(l *emulator.Link) { l.Layer = emulator.IP })
	wire := with(a, func(l *emulator.Link) { l.Layer = emulator.Wire })
	for _, tt := range []struct {
		name        string
		n           unit.Bytes
		there, back []emulator.Link
		want        time.Duration
	}{
		{"a byte", 1, []emulator.Link{a}, []emulator.Link{a}, 10*ms + 67*us},
		{"a segment", 1448, []emulator.Link{a}, []emulator.Link{a}, 10*ms + 1514*us},
		{"a byte more is a segment more", 1449, []emulator.Link{a}, []emulator.Link{a}, 10*ms + (1514+67)*us},
		{"the first window", 14480, []emulator.Link{a}, []emulator.Link{a}, 10*ms + 15140*us},
		{"on the layer of IP", 1449, []emulator.Link{ip}, []emulator.Link{a}, 10*ms + (1500+53)*us},
		{"on the wire", 1449, []emulator.Link{wire}, []emulator.Link{a}, 10*ms + (1538+91)*us},
		// The first acknowledgement is back after 1514 + 10000 + 66 + 10000 µs
		// = 21.58 ms; then the other five.
		{"half a window more", 15 * 1448, []emulator.Link{a}, []emulator.Link{a}, 21580*us + 5*1514*us + 10*ms},
		// 20 segments take 30.28 ms, more than the round trip: from then on the
		// link is never idle.
		{"until the pipe is full", 40 * 1448, []emulator.Link{a}, []emulator.Link{a}, 21580*us + 30*1514*us + 10*ms},
		{"and long after", 1000 * 1448, []emulator.Link{a}, []emulator.Link{a}, 21580*us + 990*1514*us + 10*ms},
		// Round trips of 101.58 ms; windows of 10, 20, 40, and of 80 for the rest,
		// which fill the pipe: 80 · 1.514 = 121 ms.
		{"windows double", 30*1448 + 1, []emulator.Link{far}, []emulator.Link{far}, 2*101580*us + 67*us + 50*ms},
		{"three times", 71 * 1448, []emulator.Link{far}, []emulator.Link{far}, 3*101580*us + 1514*us + 50*ms},
		{"and are full", 200 * 1448, []emulator.Link{far}, []emulator.Link{far}, 3*101580*us + 130*1514*us + 50*ms},
		// The other way is slower: 66 bytes take 132 µs and 5 ms.
		{"acknowledgements come by the other way", 11 * 1448, []emulator.Link{a}, []emulator.Link{b}, 1514*us + 10*ms + 5132*us + 1514*us + 10*ms},
		// Each segment takes 3028 µs of the second link, which the first is not behind.
		{"two links", 2 * 1448, []emulator.Link{a, b}, []emulator.Link{a}, 1514*us + 10*ms + 2*3028*us + 5*ms},
		{"the slower first", 2 * 1448, []emulator.Link{b, a}, []emulator.Link{a}, 2*3028*us + 5*ms + 1514*us + 10*ms},
		{"a short tail", 1449, []emulator.Link{a, b}, []emulator.Link{a}, 1514*us + 10*ms + (3028+134)*us + 5*ms},
		{"that waits for the segment before it", 1449, []emulator.Link{b, a}, []emulator.Link{a}, 3028*us + 5*ms + (1514+67)*us + 10*ms},
		{"without a limit, windows cost round trips", 31 * 1448, []emulator.Link{{Delay: 10 * ms}}, []emulator.Link{{Delay: 10 * ms}}, 50 * ms},
		{"no distance", 1 << 40, nil, nil, 0},
		{"perfect wires", 1 << 20, []emulator.Link{{}}, []emulator.Link{{}}, 0},
	} {
		if got := transfer(1, tt.n, tt.there, tt.back); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if got := transfer(1, tt.n, asPackets(tt.there), asPackets(tt.back)); got != tt.want {
			t.Errorf("%s: as packets %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestChanges: capacity over time, inverted by hand.
func TestChanges(t *testing.T) {
	for _, tt := range []struct {
		name string
		link emulator.Link
		at   time.Duration // of sending 1500 bytes, headers included
		want time.Duration
	}{
		{"rates", emulator.Link{Rates: series(trace.Hold, 6*ms, 1e6, 2e6)}, 0, 9 * ms}, // 6000 bits, and 6000 at 2 Mbps
		{"a rate of 0", emulator.Link{Rates: series(trace.Loop, ms, 8e6, 0)}, 0, 2500 * us},
		{"an outage", emulator.Link{Rate: 8 * unit.Mbps, Outages: []emulator.Outage{{From: 2 * ms, To: 10 * ms}}}, 1 * ms, 10*ms + 500*us},
		{"an outage without a rate", emulator.Link{Outages: []emulator.Outage{{From: 2 * ms, To: 10 * ms}}}, 3 * ms, 10 * ms},
		{"within an outage that comes again", emulator.Link{Rate: 8 * unit.Mbps,
			Outages: []emulator.Outage{{From: 1 * ms, To: 4 * ms, Every: 5 * ms}}}, 7 * ms, 10*ms + 500*us}, // 9 to 11, but at 8 Mbps 1.5 ms
		{"opportunities", emulator.Link{Trace: &trace.Trace{Name: "t", At: []time.Duration{ms, 4 * ms}, Period: 5 * ms, Quantum: 800}}, 2 * ms, 6 * ms},
		{"that are within an outage", emulator.Link{Outages: []emulator.Outage{{From: 3 * ms, To: 5 * ms}},
			Trace: &trace.Trace{Name: "t", At: []time.Duration{ms, 4 * ms}, Period: 5 * ms, Quantum: 800}}, 2 * ms, 9 * ms},
		{"delay over time, when it leaves", emulator.Link{Rate: 8 * unit.Mbps, Delays: series(trace.Hold, 10*ms, 0.02, 0.03)}, 9 * ms, 10*ms + 500*us + 30*ms},
		{"asleep", emulator.Link{Rate: 8 * unit.Mbps, IdlePenalty: 20 * ms, IdleAfter: 50 * ms}, 50 * ms, 71*ms + 500*us},
		{"awake", emulator.Link{Rate: 8 * unit.Mbps, IdlePenalty: 20 * ms, IdleAfter: 50 * ms}, 49 * ms, 50*ms + 500*us},
		{"never", emulator.Link{Rates: series(trace.Stop, ms, 1e6)}, 0, -1},
	} {
		for _, as := range []*emulator.CoDel{nil, packets} {
			tt.link.CoDel = as
			e := sim.New()
			c := sim.NewConn(e, over(e, 1, tt.link), over(e, 2, emulator.Link{}))
			var done sim.Latch
			e.RunUntil(tt.at)
			c.Send(1500-66, &done)
			for e.Now() < time.Minute && !done.Happened() && e.Step() {
			}
			got := e.Now()
			if !done.Happened() {
				got = -1
			}
			if got != tt.want {
				t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
			}
		}
	}
}

// TestSince: a link's clock goes on from where it is set.
func TestSince(t *testing.T) {
	e := sim.New()
	e.RunUntil(100 * ms)
	l := sim.NewLink(e, emulator.Link{Rates: series(trace.Hold, 6*ms, 1e6, 2e6)}, 1, 5*ms)
	c := sim.NewConn(e, []*sim.Link{l}, nil)
	var done sim.Latch
	c.Send(184, &done) // 2000 bits: 1000 at 1 Mbps and 1000 at 2
	e.Await(&done)
	if got := e.Now() - 100*ms; got != 1500*us {
		t.Errorf("%v, want 1.5ms", got)
	}
}

// TestConnect: 74 bytes there and 74 back, at a byte a microsecond.
func TestConnect(t *testing.T) {
	for _, as := range []*emulator.CoDel{nil, packets} {
		l := emulator.Link{Rate: 8 * unit.Mbps, Delay: 10 * ms, CoDel: as}
		e := sim.New()
		c := sim.NewConn(e, over(e, 1, l), over(e, 2, l))
		var done sim.Latch
		c.Connect(&done)
		e.Await(&done)
		if e.Now() != 20148*us {
			t.Errorf("connected after %v, want 20.148ms", e.Now())
		}
		if got := c.RoundTrip(); got != 20132*us {
			t.Errorf("round trip %v, want 20.132ms", got)
		}
	}
	// A frame lost on its way there, and one on its way back: again after 1 s, and 2 s more.
	lossy := emulator.Link{Delay: 10 * ms, Losses: series(trace.Hold, 500*ms, 1, 0)}
	back := emulator.Link{Delay: 10 * ms, Losses: series(trace.Hold, 2*time.Second, 1, 0)}
	e := sim.New()
	c := sim.NewConn(e, over(e, 1, lossy), over(e, 2, back))
	var done sim.Latch
	c.Connect(&done)
	e.Await(&done)
	if e.Now() != 3020*ms {
		t.Errorf("connected after %v, want 3.02s", e.Now())
	}
}

// TestWindowStays from one transfer to the next, and shrinks after a pause: with
// a round trip of 20 ms, 220 ms is its timeout.
func TestWindowStays(t *testing.T) {
	l := emulator.Link{Delay: 10 * ms}
	for _, tt := range []struct {
		pause time.Duration
		want  time.Duration
	}{
		// 70 segments leave a window of 80 after 10, 20 and 40.
		{0, 10 * ms},
		{220 * ms, 10 * ms},
		{221 * ms, 30 * ms},           // 40, and 40 more
		{2*220*ms + ms, 50 * ms},      // 20, 40 and 20
		{10 * time.Second, 70 * ms},   // 10, 20, 40 and 10
		{1000 * time.Second, 70 * ms}, // not below 10
	} {
		for _, as := range []*emulator.CoDel{nil, packets} {
			l.CoDel = as
			e := sim.New()
			c := sim.NewConn(e, over(e, 1, l), over(e, 2, l))
			var done sim.Latch
			c.Send(70*1448, &done)
			e.Await(&done)
			if e.Now() != 50*ms {
				t.Fatalf("70 segments took %v, want 50ms", e.Now())
			}
			e.Sleep(tt.pause)
			begun := e.Now()
			done.Reset()
			c.Send(80*1448, &done)
			e.Await(&done)
			if got := e.Now() - begun; got != tt.want {
				t.Errorf("after %v: %v, want %v", tt.pause, got, tt.want)
			}
		}
	}
}

// TestWindowNeedsUse: 15 segments are a window of 10 and 5 of the next, 20, which
// then stays 20: a transfer of 25 takes another round trip.
func TestWindowNeedsUse(t *testing.T) {
	for _, as := range []*emulator.CoDel{nil, packets} {
		l := emulator.Link{Delay: 10 * ms, CoDel: as}
		e := sim.New()
		c := sim.NewConn(e, over(e, 1, l), over(e, 2, l))
		var done sim.Latch
		c.Send(15*1448, &done)
		e.Await(&done)
		begun := e.Now()
		done.Reset()
		c.Send(25*1448, &done)
		if e.Await(&done); e.Now()-begun != 30*ms {
			t.Errorf("%v, want 30ms", e.Now()-begun)
		}
	}
}

// TestClose: what is under way never is done, and the other transfer has the link alone.
func TestClose(t *testing.T) {
	for _, as := range []*emulator.CoDel{nil, packets} {
		e := sim.New()
		links := over(e, 1, emulator.Link{Rate: 8 * unit.Mbps, CoDel: as})
		a, b := sim.NewConn(e, links, nil), sim.NewConn(e, links, nil)
		var never, done sim.Latch
		a.Send(5*1448, &never)
		b.Send(5*1448, &done)
		e.Sleep(2 * 1514 * us) // one segment of each
		a.Close()
		e.Await(&done)
		want := 2*1514*us + 4*1514*us
		if as != nil {
			want = 10 * 1514 * us // its packets are in the queue
		}
		if e.Now() != want || never.Happened() {
			t.Errorf("%v, want %v; the other is done: %v", e.Now(), want, never.Happened())
		}
		a.Send(1448, &never)
		if e.Run(); !never.Happened() {
			t.Error("a closed connection does not send again")
		}
	}
}

func TestSendPanics(t *testing.T) {
	for name, f := range map[string]func(c *sim.Conn){
		"two at once": func(c *sim.Conn) { c.Send(1, &sim.Latch{}); c.Send(1, &sim.Latch{}) },
		"nothing":     func(c *sim.Conn) { c.Reply(0, &sim.Latch{}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f(sim.NewConn(sim.New(), nil, nil))
		})
	}
}
