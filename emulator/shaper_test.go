package emulator_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

const ms = time.Millisecond

// Three packets arrive at once at a 12 Mbps link of 10 ms: 1500 bytes take 1 ms
// each, so they leave 1 ms apart. The queue holds two; the third is dropped.
func ExampleShaper() {
	s := emulator.NewShaper(emulator.Link{Rate: 12 * unit.Mbps, Delay: 10 * ms, Queue: 3000}, nil)
	for range 3 {
		fmt.Println(s.Push(0, 1500))
	}
	fmt.Println(s.Queued(0), "wait")
	// Output:
	// 11ms delivered
	// 12ms delivered
	// 0s dropped
	// 3kB wait
}

// A push is one call of Push, and what it must answer.
type push struct {
	at     time.Duration
	n      unit.Bytes
	out    time.Duration
	fate   emulator.Fate
	queued unit.Bytes // after it; not checked if 0
}

func with(l emulator.Link, change func(*emulator.Link)) emulator.Link {
	change(&l)
	return l
}

func TestShaper(t *testing.T) {
	rate := emulator.Link{Rate: 12 * unit.Mbps} // 1500 bytes a millisecond
	steps := emulator.Link{Trace: &trace.Trace{Name: "steps", At: []time.Duration{2 * ms, 6 * ms}, Period: 10 * ms, Quantum: 1504}}
	pairs := emulator.Link{Trace: &trace.Trace{Name: "pairs", At: []time.Duration{0, 3 * ms, 3 * ms}, Period: 3 * ms, Quantum: 1000}}
	for _, tt := range []struct {
		name  string
		link  emulator.Link
		pushs []push
	}{
		{"a perfect wire", emulator.Link{}, []push{
			{at: 0, n: 1500, out: 0},
			{at: 5 * ms, n: 9000, out: 5 * ms},
		}},
		{"a queue alone does nothing", emulator.Link{Queue: 1514}, []push{
			{at: 0, n: 1500, out: 0},
			{at: 0, n: 9000, out: 0},
		}},
		{"back to back, packets queue", rate, []push{
			{at: 0, n: 1500, out: 1 * ms, queued: 1500},
			{at: 0, n: 1500, out: 2 * ms, queued: 3000},
			{at: 1 * ms, n: 750, out: 2500 * time.Microsecond, queued: 2250}, // the first has left
			{at: 10 * ms, n: 1500, out: 11 * ms, queued: 1500},               // idle again by then
		}},
		{"delay is added after the bottleneck, once", with(rate, func(l *emulator.Link) { l.Delay = 20 * ms }), []push{
			{at: 0, n: 1500, out: 21 * ms},
			{at: 0, n: 1500, out: 22 * ms},
			{at: 2 * ms, n: 1500, out: 23 * ms}, // what is on the way does not queue
		}},
		{"the queue drops at its tail and drains", with(rate, func(l *emulator.Link) { l.Queue = 3000 }), []push{
			{at: 0, n: 1500, out: 1 * ms},
			{at: 0, n: 1500, out: 2 * ms},
			{at: 0, n: 1, fate: emulator.Dropped},
			{at: 1*ms - 1, n: 1, fate: emulator.Dropped},
			{at: 1 * ms, n: 1500, out: 3 * ms}, // the first has left: room again
			{at: 1 * ms, n: 1, fate: emulator.Dropped, queued: 3000},
		}},
		{"a packet that would not fit whole is dropped, a smaller one is not", with(rate, func(l *emulator.Link) { l.Queue = 2000 }), []push{
			{at: 0, n: 1500, out: 1 * ms},
			{at: 0, n: 501, fate: emulator.Dropped},
			{at: 0, n: 450, out: 1300 * time.Microsecond}, // 450 · 8 / 12e6 s
		}},
		{"what is on the way takes no room in the queue", with(rate, func(l *emulator.Link) { l.Queue, l.Delay = 1514, time.Second }), []push{
			{at: 0, n: 1500, out: 1001 * ms},
			{at: 1 * ms, n: 1500, out: 1002 * ms},
		}},
		{"rounding does not add up: 8/3 ns a byte", emulator.Link{Rate: 3 * unit.Gbps}, []push{
			{at: 0, n: 1, out: 3}, // 2.67
			{at: 0, n: 1, out: 6}, // 5.33
			{at: 0, n: 1, out: 8}, // 8 exactly
			{at: 8, n: 1, out: 11},
			{at: 11, n: 1, out: 14}, // idle from 10.67, so a new start
		}},
		{"nothing takes no time", rate, []push{
			{at: 1 * ms, n: 0, out: 1 * ms},
		}},
		{"time that goes back counts as the latest", rate, []push{
			{at: 5 * ms, n: 1500, out: 6 * ms},
			{at: 1 * ms, n: 1500, out: 7 * ms},
			{at: 20 * ms, n: 1500, out: 21 * ms},
			{at: 1 * ms, n: 0, out: 21 * ms},
		}},
		{"a trace: an opportunity not used is gone", steps, []push{
			{at: 0, n: 752, out: 2 * ms},
			{at: 3 * ms, n: 752, out: 6 * ms}, // not from the half left at 2 ms
			{at: 7 * ms, n: 1, out: 12 * ms},
		}},
		{"a trace: small packets share an opportunity, up to its end", steps, []push{
			{at: 0, n: 752, out: 2 * ms},
			{at: 2 * ms, n: 752, out: 2 * ms}, // just in time
			{at: 2 * ms, n: 1, out: 6 * ms},
		}},
		{"a trace: a packet takes what is left and goes on", steps, []push{
			{at: 0, n: 1000, out: 2 * ms, queued: 1000},
			{at: 0, n: 1000, out: 6 * ms, queued: 2000},           // 504 + 496
			{at: 2 * ms, n: 1008, out: 6 * ms, queued: 2008},      // the rest exactly
			{at: 2 * ms, n: 3 * 1504, out: 22 * ms, queued: 6520}, // 12, 16 and 22 ms
		}},
		{"a trace: idle for many periods", steps, []push{
			{at: 1000*ms + 1, n: 1504, out: 1002 * ms},
			{at: 1002*ms + 1, n: 1504, out: 1006 * ms},
			{at: 1006 * ms, n: 1504, out: 1012 * ms}, // that of 1006 ms is used up
		}},
		{"a trace: several opportunities at one time, and the seam", pairs, []push{
			{at: 1, n: 2000, out: 3 * ms},
			{at: 1, n: 1000, out: 3 * ms}, // the first of the second period
			{at: 1, n: 1001, out: 6 * ms},
			{at: 1, n: 1999, out: 6 * ms},
			{at: 1, n: 1, out: 9 * ms},
		}},
		{"a trace: the queue", with(steps, func(l *emulator.Link) { l.Queue, l.Delay = 2000, 1*ms }), []push{
			{at: 0, n: 1504, out: 3 * ms},
			{at: 0, n: 497, fate: emulator.Dropped},
			{at: 0, n: 496, out: 7 * ms},
			{at: 2 * ms, n: 1504, out: 13 * ms}, // 1008 at 6 ms, 496 at 12 ms
		}},
		{"all is lost", emulator.Link{Loss: 1, Rate: 12 * unit.Mbps}, []push{
			{at: 0, n: 1500, fate: emulator.Lost},
			{at: 1 * ms, n: 1500, fate: emulator.Lost},
		}},
		{"longer than time lasts", emulator.Link{Rate: 1, Delay: math.MaxInt64}, []push{
			{at: 0, n: math.MaxInt64, out: math.MaxInt64},
			{at: 1, n: 1, out: math.MaxInt64},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := emulator.NewShaper(tt.link, rand.New(rand.NewPCG(1, 2)))
			for i, p := range tt.pushs {
				if out, fate := s.Push(p.at, p.n); out != p.out || fate != p.fate {
					t.Errorf("push %d: Push(%v, %d) = %v, %v; want %v, %v", i, p.at, p.n, out, fate, p.out, p.fate)
				}
				if got := s.Queued(p.at); p.queued != 0 && got != p.queued {
					t.Errorf("push %d: %d bytes queued, want %d", i, got, p.queued)
				}
			}
		})
	}
}

// TestQueuedDrains: Queued follows time without a Push.
func TestQueuedDrains(t *testing.T) {
	s := emulator.NewShaper(emulator.Link{Rate: 12 * unit.Mbps, Delay: 50 * ms}, nil)
	for range 200 { // more than the queue's memory begins with
		s.Push(0, 1500)
	}
	for _, tt := range []struct {
		at   time.Duration
		want unit.Bytes
	}{{0, 300_000}, {1*ms - 1, 300_000}, {1 * ms, 298_500}, {150 * ms, 75_000}, {200 * ms, 0}} {
		if got := s.Queued(tt.at); got != tt.want {
			t.Errorf("at %v: %d bytes, want %d", tt.at, got, tt.want)
		}
	}
}

// TestQueueGrows while its memory is in use all around, and forgets nothing.
func TestQueueGrows(t *testing.T) {
	s := emulator.NewShaper(emulator.Link{Rate: 8 * unit.Mbps}, nil) // a byte a microsecond
	for i := range 50 {
		s.Push(0, unit.Bytes(1000+i))
	}
	// The first 40 take 40 · 1000 + (0 + … + 39) = 40780 µs.
	now := 40_780 * time.Microsecond
	want := s.Queued(now) // of the other 10: 10000 + (40 + … + 49) = 10445
	if want != 10_445 {
		t.Fatalf("%d bytes queued, want 10445", want)
	}
	for i := range 300 {
		s.Push(now, unit.Bytes(500+i))
		want += unit.Bytes(500 + i)
	}
	for ; want > 0; want-- {
		if got := s.Queued(now); got < want || got > want+1500 {
			t.Fatalf("at %v: %d bytes queued, want %d and the rest of a packet", now, got, want)
		}
		now += time.Microsecond
	}
	if got := s.Queued(now); got != 0 {
		t.Errorf("%d bytes queued, want none", got)
	}
}

// TestTimeStays: who asked about a time has made it the latest.
func TestTimeStays(t *testing.T) {
	s := emulator.NewShaper(emulator.Link{Rate: 12 * unit.Mbps}, nil)
	s.Queued(300 * ms)
	if out, _ := s.Push(1*ms, 1500); out != 301*ms {
		t.Errorf("out at %v, want 301ms", out)
	}
	s = emulator.NewShaper(emulator.Link{Rate: 12 * unit.Mbps, Queue: 1514}, nil)
	s.Push(0, 1500)
	s.Push(500*time.Microsecond, 1500) // dropped
	s.Push(2*ms, 1515)                 // dropped, and the latest
	if out, _ := s.Push(1*ms, 1500); out != 3*ms {
		t.Errorf("out at %v, want 3ms", out)
	}
}

func TestNewShaperPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"a link that cannot be":    func() { emulator.NewShaper(emulator.Link{Loss: 2}, rand.New(rand.NewPCG(1, 2))) },
		"loss without a source":    func() { emulator.NewShaper(emulator.Link{Loss: 0.5}, nil) },
		"jitter without a source":  func() { emulator.NewShaper(emulator.Link{Delay: ms, Jitter: ms}, nil) },
		"bursts without a source":  func() { emulator.NewShaper(emulator.Link{Losses: series(0, ms, 0.1)}, nil) },
		"marks without a source":   func() { emulator.NewShaper(emulator.Link{Corrupt: 0.1}, nil) },
		"a bit of a header":        func() { emulator.NewShaper(emulator.Link{}, nil).Bit(14) },
		"a packet of less than 0 ": func() { emulator.NewShaper(emulator.Link{}, nil).Push(0, -1) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}
