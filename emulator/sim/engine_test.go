package sim_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/sim"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// A call is an Event.
type call func()

func (c call) Happen() { c() }

// TestOrder: events happen by time, and those of one time in the order of
// scheduling; what is past happens now.
func TestOrder(t *testing.T) {
	e := sim.New()
	var got []int
	at := func(d time.Duration, n int) { e.Schedule(d, call(func() { got = append(got, n) })) }
	at(3, 4)
	at(1, 1)
	at(3, 5)
	at(1, 2)
	e.Schedule(2, call(func() { at(0, 3) }))
	e.Run()
	if !slices.Equal(got, []int{1, 2, 3, 4, 5}) || e.Now() != 3 {
		t.Errorf("%v at %v, want 1 to 5 at 3ns", got, e.Now())
	}
}

// TestTimers: random timers are set, put off and called off, and go off as a plain
// list says.
func TestTimers(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 0))
		e := sim.New()
		type plan struct {
			at    time.Duration
			order int
		}
		plans, timers := map[int]plan{}, make([]sim.Timer, 50)
		var got, want []int
		order := 0
		for i := range timers {
			timers[i].Event = call(func() { got = append(got, i) })
		}
		for range 300 {
			i := rng.IntN(len(timers))
			if rng.IntN(3) == 0 {
				e.Stop(&timers[i])
				delete(plans, i)
				continue
			}
			order++
			plans[i] = plan{time.Duration(rng.IntN(40)), order}
			e.Set(&timers[i], plans[i].at)
		}
		for i := range timers {
			if _, set := plans[i]; set != timers[i].Pending() {
				t.Fatalf("seed %d: timer %d is pending: %v, want %v", seed, i, !set, set)
			}
			if _, set := plans[i]; set {
				want = append(want, i)
			}
		}
		slices.SortFunc(want, func(a, b int) int {
			if d := plans[a].at - plans[b].at; d != 0 {
				return int(d)
			}
			return plans[a].order - plans[b].order
		})
		if e.Run(); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %v, want %v", seed, got, want)
		}
	}
}

// TestTogether: parts wait for each other's time alone.
func TestTogether(t *testing.T) {
	e := sim.New()
	var got []string
	say := func(s string) { got = append(got, s+" "+e.Now().String()) }
	e.Together(
		func() {
			say("a")
			e.Sleep(2 * ms)
			say("a")
			e.Together(func() { e.Sleep(ms); say("a1") }, func() { say("a2") })
			say("a")
		},
		func() { e.Sleep(ms); say("b"); e.Sleep(ms); say("b") },
		func() {},
	)
	say("all")
	want := []string{"a 0s", "b 1ms", "a 2ms", "a2 2ms", "b 2ms", "a1 3ms", "a 3ms", "all 3ms"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestInVain: who waits for what never happens is told, outside and inside of Together.
func TestInVain(t *testing.T) {
	e := sim.New()
	var never sim.Latch
	if e.Await(&never) {
		t.Error("it has happened")
	}
	told := 0
	e.Together(func() {
		if !e.Await(&never) {
			told++
		}
	}, func() { e.Sleep(ms) }, func() {
		if !e.Await(new(sim.Latch)) {
			told++
		}
	})
	if told != 2 || e.Now() != ms {
		t.Errorf("%d were told at %v, want 2 at 1ms", told, e.Now())
	}
}

// TestShare: transfers that meet have equal shares as fluids, and as packets shares
// like their windows.
func TestShare(t *testing.T) {
	for _, as := range []*emulator.CoDel{nil, packets} {
		l := emulator.Link{Rate: 8 * unit.Mbps, CoDel: as}
		e := sim.New()
		links, back := over(e, 1, l), over(e, 2, emulator.Link{CoDel: as})
		var ends [3]time.Duration
		send := func(i int, n unit.Bytes) {
			sim.NewConn(e, links, back).Send(n, call(func() { ends[i] = e.Now() }))
		}
		send(0, 1000*1448) // alone for 100 segments, as one of two for 1000, then of three
		e.Schedule(151400*us, call(func() { send(1, 500*1448) }))
		e.Run()
		// The second has 500 in the time of 1000: from 151.4 to 1665.4 ms. The first
		// has had 600 by then, and 400 are left: 1665.4 + 605.6 ms.
		want := [3]time.Duration{2271 * ms, 1665400 * us, 0}
		for i := range 2 {
			if d := (ends[i] - want[i]).Abs(); as == nil && d > 10 || d > want[i]/5 {
				t.Errorf("transfer %d as %v: done at %v, want %v", i, as, ends[i], want[i])
			}
		}
	}
}

// TestTraffic: what others take is not there.
func TestTraffic(t *testing.T) {
	const n = 1_000_000
	level := emulator.Level{Share: 0.25}
	of := 8 * unit.Mbps
	whole := (8 * unit.Mbps).TimeToSend(n / 1448 * 1514)
	for _, tt := range []struct {
		name    string
		traffic emulator.Traffic
		want    float64 // times as long
	}{
		{"a quarter", emulator.Traffic{Level: level, Of: of}, 4. / 3},
		{"a quarter by TCP", emulator.Traffic{Level: level, Of: of, TCP: true}, 4. / 3},
		{"more than its share by TCP", emulator.Traffic{Level: emulator.Level{Share: 0.8}, Of: of, TCP: true}, 2},
		{"bulk", emulator.Traffic{Of: of, TCP: true, Bulk: true}, 2},
		{"over time", emulator.Traffic{Level: emulator.Level{Over: series(trace.Loop, 50*ms, 0.5, 0)}, Of: of}, 4. / 3},
		{"none", emulator.Traffic{}, 1},
	} {
		for _, as := range []*emulator.CoDel{nil, packets} {
			e := sim.New()
			links := over(e, 1, emulator.Link{Rate: of, Delay: ms, CoDel: as})
			links[0].SetTraffic(tt.traffic)
			var done sim.Latch
			sim.NewConn(e, links, over(e, 2, emulator.Link{})).Send(n, &done)
			e.Await(&done)
			if got := float64(e.Now()) / float64(whole); math.Abs(got-tt.want) > 0.1*tt.want || as == nil && math.Abs(got-tt.want) > 0.02*tt.want {
				t.Errorf("%s, as %v: %.3f times as long as alone, want %.3f", tt.name, as, got, tt.want)
			}
		}
	}
	// Datagrams that fill the link leave little, but something.
	e := sim.New()
	links := over(e, 1, emulator.Link{Rate: of, Queue: 100_000})
	links[0].SetTraffic(emulator.Traffic{Level: emulator.Level{Share: 1}, Of: of})
	var done sim.Latch
	sim.NewConn(e, links, over(e, 2, emulator.Link{})).Send(100_000, &done)
	if !e.Await(&done) || e.Now() < 2*of.TimeToSend(100_000) {
		t.Errorf("100 kB beside as much as the link carries are there at %v", e.Now())
	}
}

// TestServer: queues in order, two at a time, and a speed that changes.
func TestServer(t *testing.T) {
	e := sim.New()
	s := sim.NewServer(e, 2)
	jobs := make([]sim.Job, 4)
	var ends []time.Duration
	for i, work := range []time.Duration{4 * ms, ms, 2 * ms, ms} {
		jobs[i] = sim.Job{Work: work, Done: call(func() { ends = append(ends, e.Now()) })}
		s.Do(&jobs[i])
	}
	e.Run()
	// The second ends at 1 ms, the third has its place until 3, the fourth until 4.
	if want := []time.Duration{ms, 3 * ms, 4 * ms, 4 * ms}; !slices.Equal(ends, want) || jobs[2].Began != ms || jobs[3].Began != 3*ms {
		t.Errorf("ends %v, want %v; began %v and %v", ends, want, jobs[2].Began, jobs[3].Began)
	}
	// Twice as long until 10 ms, three times until 20, at a standstill until 30: 8 ms of
	// work from 4 ms on have 3 by 10, 3⅓ by 20, and 1⅔ after 30.
	s.SetSlowdown(func(at time.Duration) (float64, time.Duration) {
		switch {
		case at < 10*ms:
			return 2, 10 * ms
		case at < 20*ms:
			return 3, 20 * ms
		case at < 30*ms:
			return math.Inf(1), 30 * ms
		}
		return 1, math.MaxInt64
	})
	jobs[0].Work = 8 * ms
	s.Do(&jobs[0])
	e.Run()
	if want := 30*ms + 1666667; e.Now() != want {
		t.Errorf("done at %v, want %v", e.Now(), want)
	}
}

// TestQueueingTheory: mean waiting times of M/M/1, M/D/1 and M/M/3 at Poisson
// arrivals. With load ρ and mean work 1/μ, M/M/1 waits ρ/(1−ρ)/μ, M/D/1 half of
// that, and M/M/c by Erlang's formula C(c, a)/(c(1−ρ))/μ.
func TestQueueingTheory(t *testing.T) {
	const n, work = 400_000, float64(ms)
	erlang := func(c int, a float64) float64 {
		term, sum := 1.0, 0.0
		for k := range c {
			sum += term
			term *= a / float64(k+1)
		}
		last := term / (1 - a/float64(c))
		return last / (sum + last)
	}
	for _, tt := range []struct {
		name   string
		places int
		load   float64
		random bool
		want   float64 // in means of work
	}{
		{"M/M/1", 1, 0.5, true, 1},
		{"M/M/1", 1, 0.8, true, 4},
		{"M/D/1", 1, 0.8, false, 2},
		{"M/M/3", 3, 0.8, true, erlang(3, 2.4) / (3 * 0.2)},
	} {
		rng := rand.New(rand.NewPCG(3, 4))
		e := sim.New()
		s := sim.NewServer(e, tt.places)
		var waited float64
		var arrive func()
		left := n
		arrive = func() {
			if left--; left > 0 {
				e.Schedule(e.Now()+time.Duration(rng.ExpFloat64()*work/tt.load/float64(tt.places)), call(arrive))
			}
			j := &sim.Job{Work: time.Duration(work)}
			if tt.random {
				j.Work = time.Duration(rng.ExpFloat64() * work)
			}
			came := e.Now()
			j.Done = call(func() { waited += float64(j.Began - came) })
			s.Do(j)
		}
		arrive()
		e.Run()
		if got := waited / n / work; math.Abs(got-tt.want) > 0.05*tt.want {
			t.Errorf("%s at %v: waits %.3f, want %.3f", tt.name, tt.load, got, tt.want)
		}
	}
}

// TestDeterminism: the same requests, the same times, lossy or not; another
// seed, other losses.
func TestDeterminism(t *testing.T) {
	lossy := upload
	lossy.Loss = 0.02
	for _, up := range []emulator.Link{upload, lossy} {
		a, b := newDesk(up, download, 2000), newDesk(up, download, 2000)
		a.engine.Run()
		b.engine.Run()
		if a.total != b.total || a.engine.Now() != b.engine.Now() || a.done != 2000 {
			t.Errorf("%v and %v for the same", a.total, b.total)
		}
	}
	there := []emulator.Link{{Rate: 10 * unit.Mbps, Delay: 10 * ms, Loss: 0.02}}
	if a, b := transfer(1, 1_000_000, there, nil), transfer(2, 1_000_000, there, nil); a == b {
		t.Errorf("%v with both seeds", a)
	}
}

// TestMemory: after ten times as many requests no more memory is in use. Give
// -requests 100000000 for a long run.
func TestMemory(t *testing.T) {
	heap := func(d *desk, until int) uint64 {
		for d.done < until && d.engine.Step() {
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	lossy := upload
	lossy.Loss = 0.001
	for _, up := range []emulator.Link{upload, lossy} {
		n := *requests
		if up.Loss > 0 {
			n /= 10
		}
		d := newDesk(up, download, n)
		few := heap(d, n/10)
		all := heap(d, n)
		if d.done != n || all > few+few/10+100_000 {
			t.Errorf("%d bytes after %d requests, %d after %d", few, n/10, all, d.done)
		}
		runtime.KeepAlive(d)
	}
}
