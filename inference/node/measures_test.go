package node

import (
	"errors"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/host"
	"github.com/testbed/testbed/inference/oip"
	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

func TestPhases(t *testing.T) {
	times := oip.Times{Received: 110 * ms, Started: 130 * ms, Fetched: 160 * ms, Loaded: 200 * ms, Preprocessed: 250 * ms, Inferred: 310 * ms}
	got, err := phases(100*ms, times, 380*ms)
	want := selector.Phases{Upload: 10 * ms, Queue: 20 * ms, Fetch: 30 * ms, Load: 40 * ms, Preprocess: 50 * ms, Infer: 60 * ms, Download: 70 * ms}
	if err != nil || got != want || got.Total() != 280*ms {
		t.Errorf("phases = %+v, %v; want %+v", got, err, want)
	}
	for name, bad := range map[string]func(*oip.Times){
		"received before it was sent":      func(t *oip.Times) { t.Received = 99 * ms },
		"loaded before it was fetched":     func(t *oip.Times) { t.Loaded = 159 * ms },
		"inferred after the answer":        func(t *oip.Times) { t.Inferred = 381 * ms },
		"a server that tells no times":     func(t *oip.Times) { *t = oip.Times{} },
		"a server with a clock of its own": func(t *oip.Times) { t.Received += time.Hour },
	} {
		changed := times
		bad(&changed)
		if _, err := phases(100*ms, changed, 380*ms); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestUsage reads made-up counters of two CPUs, 250 ms apart: one CPU is busy
// with others throughout; from 2 s on this process uses half of the other,
// something waits for a CPU for 0.3 of the time, and a quota holds it back for
// 0.4 of the CPU time of both.
func TestUsage(t *testing.T) {
	at := 0.0
	u := newUsage(func() (cpuSample, error) {
		late := max(0, at-2)
		own := 0.5 * late
		s := cpuSample{at: time.Unix(0, 0).Add(time.Duration(at * 1e9)), total: 2 * at, busy: at + own, own: own, waited: 0.3 * late, throttled: 0.8 * late}
		return s, nil
	})
	check := func(others, busy, pressure, throttled float64) {
		t.Helper()
		got, err := u.shares()
		for _, x := range [][2]float64{{got.others, others}, {got.busy, busy}, {got.pressure, pressure}, {got.throttled, throttled}} {
			if err != nil || math.Abs(x[0]-x[1]) > 1e-9 {
				t.Errorf("at %v s: %+v, %v; want %v, %v, %v, %v", at, got, err, others, busy, pressure, throttled)
				return
			}
		}
		if want := time.Unix(0, 0).Add(time.Duration(at * 1e9)); !got.at.Equal(want) {
			t.Errorf("at %v s: as of %v", at, got.at)
		}
	}
	step := func(to float64) {
		for at < to {
			at += 0.25
			u.sample()
		}
	}
	check(0, 0, 0, 0) // no time has passed
	step(2)
	check(0.5, 0.5, 0, 0)
	step(2.5)
	// In 1 s, 1 s of others and 0.25 s of ours, of 2 s; 0.15 s of waiting; 0.4 s of 2 held back.
	check(0.5, 0.625, 0.15, 0.2)
	step(4)
	check(0.5, 0.75, 0.3, 0.4)
	if n := len(u.samples); n > 7 {
		t.Errorf("%d samples are kept of 4 s", n)
	}
	// What is asked of it does not read anything.
	at = 9
	if got, _ := u.shares(); !got.at.Equal(time.Unix(4, 0)) {
		t.Errorf("asked at 9 s, it says what was at %v", got.at)
	}
}

func TestUsageOfTicks(t *testing.T) {
	samples := []cpuSample{{}, {at: time.Unix(1, 0), busy: 0.29, total: 1, own: 0.3}}
	u := newUsage(func() (cpuSample, error) {
		s := samples[0]
		samples = samples[1:]
		return s, nil
	})
	u.sample()
	if got, err := u.shares(); got.others != 0 || err != nil {
		t.Errorf("%+v, %v; want 0 where a tick is missing", got, err)
	}
	broken := errors.New("no counters")
	u = newUsage(func() (cpuSample, error) { return cpuSample{}, broken })
	if _, err := u.shares(); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

// TestCounters burns CPU and finds it in both counters, in seconds.
func TestCounters(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("Linux only")
	}
	cpus, err := affinity()
	if err != nil || len(cpus) == 0 {
		t.Fatal(cpus, err)
	}
	read, err := cpuReader(cpus, host.NewMeter(cpus))
	if err != nil {
		t.Fatal(err)
	}
	before, err := read()
	if err != nil {
		t.Fatal(err)
	}
	after := before
	for after.own-before.own < 0.3 {
		for i, x := 0, 1.0; i < 1e6; i++ {
			x = math.Sqrt(x + float64(i))
		}
		if after, err = read(); err != nil {
			t.Fatal(err)
		}
	}
	wall := after.at.Sub(before.at).Seconds()
	if busy := after.busy - before.busy; busy < 0.2 {
		t.Errorf("busy for %v s, of which we used 0.3", busy)
	}
	if total, want := after.total-before.total, wall*float64(len(cpus)); total < want/2 || total > 2*want+0.1 {
		t.Errorf("%v s of CPU time in all, want about %v", total, want)
	}
	if rss, err := residentBytes(); err != nil || rss < 1<<20 || rss > 1<<36 {
		t.Errorf("residentBytes = %d, %v", rss, err)
	}
}

func TestMedianOf(t *testing.T) {
	for _, tt := range []struct {
		ds   []time.Duration
		want time.Duration
	}{{nil, 0}, {[]time.Duration{3}, 3}, {[]time.Duration{9, 1, 5}, 5}, {[]time.Duration{4, 1, 3, 2}, 2}} {
		if got := medianOf(tt.ds); got != tt.want {
			t.Errorf("medianOf(%v) = %d, want %d", tt.ds, got, tt.want)
		}
	}
}

// BenchmarkSample is what it costs a node to look at its machine, which it does
// four times a second.
func BenchmarkSample(b *testing.B) {
	cpus, err := affinity()
	if err != nil {
		b.Skip(err)
	}
	meter := host.NewMeter(cpus)
	read, err := cpuReader(cpus, meter)
	if err != nil {
		b.Fatal(err)
	}
	s, u := newSurroundings(b.Context(), meter), newUsage(read)
	for b.Loop() {
		s.sample()
		u.sample()
	}
}
