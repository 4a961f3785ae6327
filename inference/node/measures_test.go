package node

import (
	"errors"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/unit"
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

// TestGoodput: 1 MB in 1 s is 8 Mbit/s, in 4 s 2 Mbit/s; their harmonic mean is
// 2/(1/8 + 1/2) = 3.2 Mbit/s.
func TestGoodput(t *testing.T) {
	g := goodput{byArm: make(map[string][]sample)}
	if got := g.of("a"); got != 0 {
		t.Errorf("of nothing: %d", got)
	}
	g.add("a", sample{unit.MB, time.Second})
	g.add("a", sample{unit.MB, 4 * time.Second})
	g.add("a", sample{unit.MB, 0})  // tells no rate
	g.add("a", sample{unit.MB, -1}) // nor does this
	if got := g.of("a"); got != 3_200*unit.Kbps {
		t.Errorf("of two: %d, want 3.2 Mbit/s", got)
	}
	if got := g.of("b"); got != 0 {
		t.Errorf("of another arm: %d, want 0", got)
	}
	for range 5 {
		g.add("a", sample{500 * unit.KB, time.Second})
	}
	if got := g.of("a"); got != 4*unit.Mbps {
		t.Errorf("of the last five: %d, want 4 Mbit/s", got)
	}
	g.probed(2 * unit.Mbps)
	g.add("a", sample{unit.MB, time.Second})
	if a, b := g.of("a"), g.of("b"); a != 3_200*unit.Kbps || b != 2*unit.Mbps {
		t.Errorf("after a probe: %d and %d, want 3.2 and 2 Mbit/s", a, b)
	}
	for range 5 {
		g.add("b", sample{unit.MB, time.Second})
	}
	if got := g.of("b"); got != 8*unit.Mbps {
		t.Errorf("five after a probe: %d, want 8 Mbit/s", got)
	}
}

// TestUsage reads made-up counters of two CPUs, 250 ms apart: one CPU is busy
// with others throughout, and from 2 s on this process uses half of the other.
func TestUsage(t *testing.T) {
	at := 0.0
	u := newUsage(func() (cpuSample, error) {
		own := 0.5 * max(0, at-2)
		s := cpuSample{at: time.Unix(0, 0).Add(time.Duration(at * 1e9)), total: 2 * at, busy: at + own, own: own}
		return s, nil
	})
	check := func(wantOthers, wantBusy float64) {
		t.Helper()
		others, busy, err := u.shares()
		if err != nil || math.Abs(others-wantOthers) > 1e-9 || math.Abs(busy-wantBusy) > 1e-9 {
			t.Errorf("at %v s: others %v, busy %v, %v; want %v, %v", at, others, busy, err, wantOthers, wantBusy)
		}
	}
	step := func(to float64) {
		for at < to {
			at += 0.25
			u.sample()
		}
	}
	check(0, 0) // no time has passed
	step(2)
	check(0.5, 0.5)
	step(2.5)
	check(0.5, 0.625) // in 1 s, 1 s of others and 0.25 s of ours, of 2 s
	step(4)
	check(0.5, 0.75)
	if n := len(u.samples); n > 7 {
		t.Errorf("%d samples are kept of 4 s", n)
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
	if others, _, err := u.shares(); others != 0 || err != nil {
		t.Errorf("others = %v, %v; want 0 where a tick is missing", others, err)
	}
	broken := errors.New("no counters")
	u = newUsage(func() (cpuSample, error) { return cpuSample{}, broken })
	if _, _, err := u.shares(); !errors.Is(err, broken) {
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
	read, err := cpuReader(cpus)
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
