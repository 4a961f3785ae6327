//go:build linux

package load

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const ms = time.Millisecond

// A shared CPU for tests, in virtual time: free says how much of a stretch of
// wall time the burning thread gets.
func simulate(r *regulator, until time.Duration, free func(now time.Duration) float64) (used time.Duration) {
	const step = 100 * time.Microsecond
	for now := time.Duration(0); now < until; {
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

func TestRegulator(t *testing.T) {
	for _, tt := range []struct {
		name  string
		level float64
		until time.Duration
		free  func(time.Duration) float64
		want  time.Duration
	}{
		{"idle", 0, time.Second, always, 0},
		{"a quarter", 0.25, 2 * time.Second, always, 500 * ms},
		{"all", 1, time.Second, always, time.Second},
		// Stolen from 1.0 to 1.5 s, 150 ms of debt, caught up by 2 s.
		{"what is stolen is caught up", 0.3, 2 * time.Second, func(now time.Duration) float64 {
			if now >= time.Second && now < 1500*ms {
				return 0
			}
			return 1
		}, 600 * ms},
		// Half of 4 s stolen is 2 s of debt, of which 1 s is caught up:
		// 0.5 · 10 s − 1 s.
		{"but not more than a second", 0.5, 10 * time.Second, func(now time.Duration) float64 {
			if now < 4*time.Second {
				return 0
			}
			return 1
		}, 4 * time.Second},
		// It asks for 0.8 and gets 0.5 of the CPU, always.
		{"no more than there is", 0.8, 4 * time.Second, func(time.Duration) float64 { return 0.5 }, 2 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &regulator{level: tt.level, period: 10 * ms}
			got := simulate(r, tt.until, tt.free)
			if diff := got - tt.want; diff < -2*ms || diff > 2*ms {
				t.Errorf("used %v in %v, want %v", got, tt.until, tt.want)
			}
		})
	}
}

// TestRegulatorIsEven: within any one period no more is burnt than the level,
// so that an inference meets the load that was asked and not bursts.
func TestRegulatorIsEven(t *testing.T) {
	r := &regulator{level: 0.3, period: 10 * ms}
	for now := time.Duration(0); now < time.Second; now += 10 * ms {
		used := time.Duration(0.3 * float64(now))
		stop, end := r.next(now, used)
		if stop-used != 3*ms || end != now+10*ms {
			t.Fatalf("at %v: burn %v until %v, want 3ms until %v", now, stop-used, end, now+10*ms)
		}
	}
	// A thread that is late does not shift the grid.
	if _, end := r.next(1013*ms, 300*ms); end != 1020*ms {
		t.Errorf("at 1.013s the period ends at %v, want 1.02s", end)
	}
}

func TestWindow(t *testing.T) {
	w := window{span: time.Second}
	for i, tt := range []struct {
		wall, cpu time.Duration
		want      float64
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
		if got := w.add(reading{tt.wall, tt.cpu}); math.Abs(got-tt.want) > 1e-6 {
			t.Errorf("reading %d: %v, want %v", i, got, tt.want)
		}
	}
	if len(w.kept) > 6 {
		t.Errorf("%d readings kept of a second", len(w.kept))
	}
}

// TestBurn holds a real load to what cannot depend on who else runs: it never
// burns more than asked, reports what it did, and ends when told.
func TestBurn(t *testing.T) {
	const level = 0.4
	ctx, cancel := context.WithTimeout(t.Context(), 3200*ms)
	defer cancel()
	var cpu0, cpu1 unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &cpu0); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	var all []Sample
	err := Burn(ctx, Options{CPUs: []int{firstCPU(t)}, Level: level}, func(s Sample) { all = append(all, s) })
	took := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Getrusage(unix.RUSAGE_SELF, &cpu1); err != nil {
		t.Fatal(err)
	}
	// Every 250 ms, and once at the start; a busy machine may skip some.
	if len(all) < 6 || len(all) > 14 {
		t.Fatalf("%d samples in %v", len(all), took)
	}
	for _, s := range all {
		if s.Elapsed < time.Second && s.Achieved != s.Total {
			t.Errorf("after %v: achieved %v and in total %v; want the same in the first second", s.Elapsed, s.Achieved, s.Total)
		}
	}
	last := all[len(all)-1]
	t.Logf("%+v after %v", last, took)
	if last.Asked != level {
		t.Errorf("asked %v, want %v", last.Asked, level)
	}
	if last.Total > level+0.01 || last.Total < level/4 {
		t.Errorf("burnt %v of the CPU, want %v", last.Total, level)
	}
	// What it says against what the kernel counted for this process.
	said := last.Total * last.Elapsed.Seconds()
	counted := seconds(cpu1) - seconds(cpu0)
	if said > counted+0.01 || said < counted*0.8-0.2 {
		t.Errorf("it says that it burnt %.3f s; the kernel counted %.3f s", said, counted)
	}
	if took < 3200*ms || took > 6*time.Second {
		t.Errorf("ended after %v, told to at 3.2s", took)
	}
}

func seconds(r unix.Rusage) float64 {
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

func firstCPU(t *testing.T) int {
	t.Helper()
	o := Options{}
	if err := o.fill(); err != nil || len(o.CPUs) == 0 {
		t.Fatalf("CPUs of this process: %v, %v", o.CPUs, err)
	}
	return o.CPUs[0]
}

func TestBurnRefuses(t *testing.T) {
	for _, tt := range []struct {
		options Options
		want    string
	}{
		{Options{Level: -0.1}, "load level -0.1: want a share from 0 to 1"},
		{Options{Level: 1.1}, "load level 1.1: want a share from 0 to 1"},
		{Options{Level: math.NaN()}, "load level NaN: want a share from 0 to 1"},
		{Options{Level: 0.5, Period: time.Second}, "load period 1s: want at most 20ms"},
		{Options{Level: 0.5, CPUs: []int{1000}}, "load on CPU 1000: "},
	} {
		err := Burn(t.Context(), tt.options, func(Sample) {})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s", tt.options, err, tt.want)
		}
	}
}
