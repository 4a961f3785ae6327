package emulator_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// drops pushes n packets of 1000 bytes at the time at, and says which of them
// are dropped.
func drops(s *emulator.Shaper, at time.Duration, n int) (is []int) {
	for i := range n {
		if _, fate := s.Push(at, 1000); fate == emulator.Dropped {
			is = append(is, i)
		}
	}
	return is
}

// TestCoDelByHand: a packet a millisecond leaves a queue into which 500 packets
// fall at once. Packet i waits i ms, less one for each that is dropped.
//
//	packet   5 is the first to wait 5 ms: drop from 5 + 100 = 105 ms on
//	packet 105 is taken at 105 ms and dropped; the next at 105 + 100/√1 = 205
//	packet 206 is taken at 205 (206 less one dropped); next 205 + 100/√2 = 275.7
//	packet 278 at 276 (less two);                     next 275.7 + 100/√3 = 333.4
//	packet 337 at 334;                                next 333.4 + 100/√4 = 383.4
//	packet 388 at 384;                                next 383.4 + 100/√5 = 428.2
//	packet 434 at 429;                                next 428.2 + 100/√6 = 468.99
//	packet 475 at 469;                                next after all have left
func TestCoDelByHand(t *testing.T) {
	link := emulator.Link{Rate: 8 * unit.Mbps, CoDel: &emulator.CoDel{Target: 5 * ms, Interval: 100 * ms}}
	s := emulator.NewShaper(link, nil)
	if got, want := drops(s, 0, 500), []int{105, 206, 278, 337, 388, 434, 475}; !slices.Equal(got, want) {
		t.Errorf("dropped %v, want %v", got, want)
	}
	// The queue is empty at 493 ms. At 600 ms it begins again, within 16
	// intervals of the last drop: packet 105 is taken at 705 and dropped, and
	// the pace is that of the 7 − 1 = 6 drops of before: the next is at
	// 705 + 100/√6 = 745.8, packet 147, then 745.8 + 100/√7 = 783.6, packet 186.
	if got, want := drops(s, 600*ms, 200), []int{105, 147, 186}; !slices.Equal(got, want) {
		t.Errorf("then dropped %v, want %v", got, want)
	}
	// More than 16 intervals later it begins as at first.
	if got, want := drops(s, 9000*ms, 250), []int{105, 206}; !slices.Equal(got, want) {
		t.Errorf("at last dropped %v, want %v", got, want)
	}
}

// TestCoDelLeavesAFrameAlone: where a full frame takes longer than the target,
// a packet may wait for one, always; for more than that it may not.
func TestCoDelLeavesAFrameAlone(t *testing.T) {
	codel := &emulator.CoDel{Target: 5 * ms, Interval: 20 * ms}
	tr := &trace.Trace{Name: "12.112 ms", At: []time.Duration{12_112 * time.Microsecond}, Period: 12_112 * time.Microsecond, Quantum: 1514}
	for name, link := range map[string]emulator.Link{
		"rate":  {Rate: unit.Mbps, CoDel: codel}, // a frame in 12.112 ms
		"rates": {Rates: series(trace.Loop, 10*ms, 1e6), CoDel: codel},
		"trace": {Trace: tr, CoDel: codel},
	} {
		// ahead of the end of the packet before; at last as its sending begins
		for _, ahead := range []time.Duration{0, time.Microsecond, 12_112 * time.Microsecond} {
			s := emulator.NewShaper(link, nil)
			dropped := 0
			out, _ := s.Push(0, 1514)
			for range 100 { // always one more
				next, fate := s.Push(out-ahead, 1514)
				if fate == emulator.Dropped {
					dropped++
				} else {
					out = next
				}
			}
			if dropped > 0 {
				t.Errorf("%s, %v ahead: %d of 100 dropped", name, ahead, dropped)
			}
		}
		s := emulator.NewShaper(link, nil)
		if got := drops(s, 0, 100); len(got) < 5 {
			t.Errorf("%s: %v of a standing queue dropped", name, got)
		}
	}
}

// TestCoDelCountsInTheQueue until it is taken from there.
func TestCoDelCountsInTheQueue(t *testing.T) {
	link := emulator.Link{Rate: 8 * unit.Mbps, CoDel: &emulator.CoDel{Target: 2 * ms, Interval: 2 * ms}, QueuePackets: 6}
	run(t, link, []push{
		{at: 0, n: 1000, out: 1 * ms},
		{at: 0, n: 1000, out: 2 * ms},
		{at: 0, n: 1000, out: 3 * ms}, // waits 2 ms: drop from 4 ms on
		{at: 0, n: 1000, out: 4 * ms},
		{at: 0, n: 1000, fate: emulator.Dropped},               // at 4 ms
		{at: 0, n: 1000, out: 5 * ms, queued: 6000},            // at 4 ms, too
		{at: 0, n: 1000, fate: emulator.Dropped, queued: 6000}, // no room
		{at: 4*ms - 1, n: 1000, out: 6 * ms, queued: 4000},     // 4 to 6, and it
		{at: 4 * ms, n: 1000, out: 7 * ms, queued: 3000},
	})
}

// rfc is the queue of RFC 8289, section 5, as it is written there: packets are
// taken when the bottleneck is free, and it looks at nothing but them.
type rfc struct {
	target, interval, frame time.Duration

	arrivals []time.Duration // of packets not yet taken
	index    int             // of the first of them
	dropped  []int

	firstAbove, dropNext time.Duration
	count, lastCount     uint32
	dropping             bool
}

func (q *rfc) dodequeue(now time.Duration) (packet int, ok bool) {
	if q.index == len(q.arrivals) || q.arrivals[q.index] > now {
		q.firstAbove = 0
		return -1, false
	}
	packet = q.index
	q.index++
	if sojourn := now - q.arrivals[packet]; sojourn < q.target || sojourn <= q.frame {
		q.firstAbove = 0
	} else if q.firstAbove == 0 {
		q.firstAbove = now + q.interval
	} else if now >= q.firstAbove {
		ok = true
	}
	return packet, ok
}

func (q *rfc) deque(now time.Duration) (packet int) {
	packet, ok := q.dodequeue(now)
	if q.dropping {
		if !ok {
			q.dropping = false
		}
		for now >= q.dropNext && q.dropping {
			q.dropped = append(q.dropped, packet)
			q.count++
			if packet, ok = q.dodequeue(now); !ok {
				q.dropping = false
			} else {
				q.dropNext = q.law(q.dropNext)
			}
		}
	} else if ok {
		q.dropped = append(q.dropped, packet)
		packet, _ = q.dodequeue(now)
		q.dropping = true
		delta := q.count - q.lastCount
		q.count = 1
		if delta > 1 && now-q.dropNext < 16*q.interval {
			q.count = delta
		}
		q.dropNext = q.law(now)
		q.lastCount = q.count
	}
	return packet
}

func (q *rfc) law(t time.Duration) time.Duration {
	return t + time.Duration(float64(q.interval)/math.Sqrt(float64(q.count)))
}

// TestCoDelIsTheRFC: deciding packet by packet as they come drops what a queue
// drops that decides as they leave.
func TestCoDelIsTheRFC(t *testing.T) {
	total := 0
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 6))
		link := emulator.Link{Rate: 8 * unit.Mbps, CoDel: &emulator.CoDel{
			Target: time.Duration(1+rng.IntN(6)) * ms, Interval: time.Duration(5+rng.IntN(50)) * ms}}
		q := &rfc{target: link.CoDel.Target, interval: link.CoDel.Interval, frame: 1514 * time.Microsecond}
		s := emulator.NewShaper(link, nil)
		var got []int
		var sizes []unit.Bytes
		var now time.Duration
		for i := range 1500 {
			if phase := i / 150 % 3; phase > 0 || rng.IntN(3) == 0 { // a load of about 3, 1.1 and 0.6
				now += time.Duration(rng.Int64N(int64(phase+1) * int64(900*time.Microsecond)))
			}
			n := unit.Bytes(60 + rng.IntN(1455))
			q.arrivals, sizes = append(q.arrivals, now), append(sizes, n)
			if _, fate := s.Push(now, n); fate == emulator.Dropped {
				got = append(got, i)
			}
		}
		for free := time.Duration(0); q.index < len(q.arrivals); {
			if packet := q.deque(free); packet >= 0 {
				free += time.Duration(sizes[packet]) * time.Microsecond
			} else if q.index < len(q.arrivals) {
				free = max(free, q.arrivals[q.index])
			}
		}
		if !slices.Equal(got, q.dropped) {
			t.Fatalf("seed %d: dropped %v, want %v", seed, got, q.dropped)
		}
		total += len(got)
	}
	if total < 3000 {
		t.Errorf("only %d packets dropped", total)
	}
}
