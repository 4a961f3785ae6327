package load

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
)

const ms = time.Millisecond

// A shared CPU for tests, in virtual time: free says how much of a stretch of
// wall time the working thread gets.
func simulate(r *regulator, from, until time.Duration, free func(now time.Duration) float64) (used time.Duration) {
	const step = 100 * time.Microsecond
	r.begin(from)
	for now := from; now < until; {
		stop, end := r.next(now, used)
		for now < end {
			if used < stop {
				used += time.Duration(free(now) * float64(step))
			}
			now += step
		}
	}
	return used
}

func always(time.Duration) float64 { return 1 }

func flat(share float64) emulator.Level { return emulator.Level{Share: share} }

// over is a level with a step every so often, and 0 at the end.
func over(every time.Duration, shares ...float64) emulator.Level {
	s := &trace.Series{Value: shares, Period: every * time.Duration(len(shares)), Wrap: trace.Stop}
	for i := range shares {
		s.At = append(s.At, every*time.Duration(i))
	}
	return emulator.Level{Over: s}
}

func TestRegulator(t *testing.T) {
	for _, tt := range []struct {
		name  string
		level emulator.Level
		from  time.Duration
		until time.Duration
		free  func(time.Duration) float64
		want  time.Duration
	}{
		{"idle", flat(0), 0, time.Second, always, 0},
		{"a quarter", flat(0.25), 0, 2 * time.Second, always, 500 * ms},
		{"all", flat(1), 0, time.Second, always, time.Second},
		// Stolen from 1.0 to 1.5 s, 150 ms of debt, caught up by 2 s.
		{"what is stolen is caught up", flat(0.3), 0, 2 * time.Second, func(now time.Duration) float64 {
			if now >= time.Second && now < 1500*ms {
				return 0
			}
			return 1
		}, 600 * ms},
		// Half of 4 s stolen is 2 s of debt, of which 1 s is caught up:
		// 0.5 · 10 s − 1 s.
		{"but not more than a second", flat(0.5), 0, 10 * time.Second, func(now time.Duration) float64 {
			if now < 4*time.Second {
				return 0
			}
			return 1
		}, 4 * time.Second},
		// It asks for 0.8 and gets 0.5 of the CPU, always.
		{"no more than there is", flat(0.8), 0, 4 * time.Second, func(time.Duration) float64 { return 0.5 }, 2 * time.Second},
		{"over time", over(time.Second, 0.2, 0.8), 0, 2 * time.Second, always, time.Second},
		{"begun in the middle", over(time.Second, 0.2, 0.8, 0.5), 1500 * ms, 2500 * ms, always, 400*ms + 250*ms},
		{"after its end", over(time.Second, 0.2), 0, 3 * time.Second, always, 200 * ms},
		// 1 s at 0.8 of which nothing was to be had, then 1 s at 0.2: 200 ms
		// and the period's 10 ms of the 800 owed.
		{"what is owed ends with the level", over(time.Second, 0.8, 0.2), 0, 2 * time.Second, func(now time.Duration) float64 {
			if now < time.Second {
				return 0
			}
			return 1
		}, 210 * ms},
		// A period that is no more than a step of the same level.
		{"and only with the level", over(time.Second, 0.5, 0.5), 0, 2 * time.Second, func(now time.Duration) float64 {
			if now < 500*ms {
				return 0
			}
			return 1
		}, time.Second},
		// 200 periods of two levels each: what is lost at a step does not add up.
		{"steps within periods", over(5*ms, alternating(400, 0.2, 0.6)...), 0, 2 * time.Second, always, 800 * ms},
		// Averaged over a millisecond: 1000 · 1 ms · 0.5.
		{"steps that are too short to follow", over(ms/10, alternating(10000, 0, 1)...), 0, time.Second, always, 500 * ms},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &regulator{level: tt.level, period: 10 * ms}
			got := simulate(r, tt.from, tt.until, tt.free)
			if diff := got - tt.want; diff < -2*ms || diff > 2*ms {
				t.Errorf("used %v in %v, want %v", got, tt.until, tt.want)
			}
			r.count(tt.until)
			if want := r.due(tt.from, tt.until); r.asked < want-ms || r.asked > want+ms {
				t.Errorf("asked %v, want %v", r.asked, want)
			}
		})
	}
}

func alternating(n int, values ...float64) (all []float64) {
	for i := range n {
		all = append(all, values[i%len(values)])
	}
	return all
}

// TestRegulatorIsEven: within any one period no more is used than the level, so
// that an inference meets the load that was asked and not bursts.
func TestRegulatorIsEven(t *testing.T) {
	r := &regulator{level: flat(0.3), period: 10 * ms}
	for now := time.Duration(0); now < time.Second; now += 10 * ms {
		used := time.Duration(0.3 * float64(now))
		stop, end := r.next(now, used)
		if stop-used != 3*ms || end != now+10*ms {
			t.Fatalf("at %v: work %v until %v, want 3ms until %v", now, stop-used, end, now+10*ms)
		}
	}
	// A thread that is late does not shift the grid.
	if _, end := r.next(1013*ms, 300*ms); end != 1020*ms {
		t.Errorf("at 1.013s the period ends at %v, want 1.02s", end)
	}
}

// TestRegulatorPhase: the grid of a thread whose turn comes later.
func TestRegulatorPhase(t *testing.T) {
	r := &regulator{level: flat(0.5), period: 10 * ms, phase: 4 * ms}
	for _, tt := range []struct{ now, want time.Duration }{
		{0, 4 * ms}, {3 * ms, 4 * ms}, {4 * ms, 14 * ms}, {13 * ms, 14 * ms}, {14 * ms, 24 * ms},
	} {
		if _, end := r.next(tt.now, 0); end != tt.want {
			t.Errorf("at %v the period ends at %v, want %v", tt.now, end, tt.want)
		}
	}
}

// TestRegulatorSteps: a step is applied when it is due, not at the next period,
// and by how much it was late is known.
func TestRegulatorSteps(t *testing.T) {
	r := &regulator{level: over(25*ms, 0, 1, 0), period: 10 * ms}
	for _, tt := range []struct{ now, used, stop, end, late time.Duration }{
		{0, 0, 0, 10 * ms, 0},
		{10 * ms, 0, 0, 20 * ms, 0},
		{20 * ms, 0, 0, 25 * ms, 0},                   // the step
		{26 * ms, 0, 5 * ms, 30 * ms, ms},             // a millisecond late
		{45 * ms, 0, 25 * ms, 50 * ms, ms},            // 20 ms owed, 5 more
		{50 * ms, 2 * ms, 12 * ms, 60 * ms, ms},       // 23 ms owed, of which 10 are not forgiven
		{75*ms + 3, 12 * ms, 12 * ms, 80 * ms, ms},    // after its end, in which nothing changes
		{90 * ms, 12 * ms, 12 * ms, 100 * ms, 1 * ms}, // for ever
	} {
		stop, end := r.next(tt.now, tt.used)
		if stop != tt.stop || end != tt.end || r.late != tt.late {
			t.Errorf("at %v: work up to %v until %v, late by %v; want %v, %v, %v", tt.now, stop, end, r.late, tt.stop, tt.end, tt.late)
		}
	}
}

// TestRegulatorRewinds: from another time on it is as if begun there, but that
// what was asked and used goes on being added up.
func TestRegulatorRewinds(t *testing.T) {
	r := &regulator{level: over(time.Second, 0.2, 0.8), period: 10 * ms}
	used := simulate(r, 0, 2*time.Second, always) // 1 s
	r.rewind(2*time.Second, 500*ms, used)
	stop, end := r.next(500*ms, used)
	if end != 510*ms || stop-used < ms || stop-used > 3*ms {
		t.Errorf("after rewinding to 0.5s: work %v until %v, want 2ms until 510ms", stop-used, end)
	}
	if want := time.Second; r.asked < want-ms || r.asked > want+ms {
		t.Errorf("asked %v, want %v", r.asked, want)
	}
	// Nothing was to be had for a second: no more than a period's worth stays.
	r.rewind(1500*ms, 0, used)
	if stop, _ := r.next(0, used); stop-used > 12*ms {
		t.Errorf("%v are carried over a rewinding, want 10ms and 2 of the new level", stop-used)
	}
}

// TestRegulatorKeepsItsPromises: on CPUs and levels nobody thought of, it never
// uses more than what is asked for in the whole and a turn's inaccuracy, never
// plans for longer than a period, or for less than a millisecond but to its end.
func TestRegulatorKeepsItsPromises(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var shares []float64
		for range 1 + rng.IntN(20) {
			shares = append(shares, rng.Float64())
		}
		level := over(time.Duration(1+rng.IntN(int(200*ms))), shares...)
		level.Over.Wrap = trace.Wrap(rng.IntN(3))
		r := &regulator{level: level, period: ms + time.Duration(rng.IntN(int(19*ms)))}
		r.phase = time.Duration(rng.Int64N(int64(r.period)))
		now := time.Duration(rng.IntN(int(time.Second)))
		r.begin(now)
		begin, used := now, time.Duration(0)
		for range 500 {
			stop, end := r.next(now, used)
			if end <= now || end > now+r.period || end < now+minPeriod && (end-r.phase)%r.period != 0 {
				t.Fatalf("seed %d: at %v plans until %v, with a period of %v", seed, now, end, r.period)
			}
			if most := r.due(begin, end) + time.Microsecond; stop > most {
				t.Fatalf("seed %d: at %v is to use %v by %v, more than the %v asked for", seed, now, stop, end, most)
			}
			used = max(used, used+time.Duration(float64(stop-used)*min(1, 1.2*rng.Float64())))
			now = end + time.Duration(max(0, rng.NormFloat64())*float64(ms))
		}
		r.count(now)
		if want := r.due(begin, now); math.Abs(float64(r.asked-want)) > float64(time.Microsecond) {
			t.Errorf("seed %d: asked %v, want %v", seed, r.asked, want)
		}
	}
}

func TestWindow(t *testing.T) {
	w := window{span: time.Second}
	for i, tt := range []struct {
		wall, used time.Duration
		want       float64
	}{
		{0, 0, 0},
		{500 * ms, 100 * ms, 0.2},          // since the start
		{1000 * ms, 300 * ms, 0.3},         // since the start
		{1500 * ms, 500 * ms, 0.4},         // since 500 ms
		{2000 * ms, 1000 * ms, 0.7},        // since 1 s
		{3500 * ms, 1000 * ms, 0},          // since 2 s
		{3500*ms + 1, 1000 * ms, 0},        // since 2 s, still: 3.5 s is not a second ago
		{4000 * ms, 2000 * ms, 0.5},        // since 2 s
		{4500 * ms, 2000*ms + 500*ms, 1.5}, // since 3.5 s
	} {
		asked, used := w.add(reading{wall: tt.wall, asked: 2 * tt.used, used: tt.used})
		if math.Abs(used-tt.want) > 1e-6 || asked != 2*used {
			t.Errorf("reading %d: asked %v and used %v, want %v and %v", i, asked, used, 2*tt.want, tt.want)
		}
	}
	if len(w.kept) > 6 {
		t.Errorf("%d readings kept of a second", len(w.kept))
	}
}

func TestMean(t *testing.T) {
	got := mean([]reading{{wall: 10, asked: 4, used: 2, late: 1}, {wall: 20, asked: 8, used: 0, late: 3}})
	if want := (reading{wall: 15, asked: 6, used: 1, late: 3}); got != want {
		t.Errorf("mean = %+v, want %+v", got, want)
	}
	if got := mean(nil); got != (reading{}) {
		t.Errorf("mean of none = %+v", got)
	}
}
