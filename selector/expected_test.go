package selector

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/unit"
)

const ms = time.Millisecond

func TestTransfer(t *testing.T) {
	for _, tt := range []struct {
		name string
		n    unit.Bytes
		rate unit.BitRate
		rtt  time.Duration
		want time.Duration
	}{
		{"nothing takes no time", 0, unit.Mbps, 100 * ms, 0},
		{"one window: half a round trip and the bytes", 12500, 10 * unit.Mbps, 20 * ms, 20 * ms}, // 10 + 8·12500/10^7 s
		{"no limit, no round trip", 1 << 30, 0, 0, 0},
		// RTT 100 ms, 100 Mbit/s: IW = 14480 bytes take 1.1584 ms.
		// 31300 bytes: 50 + 2.504 + (100 − 1.1584) = 151.3456 ms; two windows more would be enough.
		{"31 kB in slow start", 31300, 100 * unit.Mbps, 100 * ms, 151345600},
		// 602112 bytes: 50 + 48.16896 + 5·100 − (1+2+4+8+16)·1.1584 = 562.25856 ms.
		{"602 kB in slow start", 602112, 100 * unit.Mbps, 100 * ms, 562258560},
		// 1 Mbit/s, 100 ms: IW takes 115.84 ms, longer than a round trip: no stall.
		{"a full pipe does not stall", 100_000, unit.Mbps, 100 * ms, 850 * ms},
		// 14480 bytes are out after one window, 14481 wait for a second.
		{"exactly one window", 14480, 0, 100 * ms, 50 * ms},
		{"a byte more than one window", 14481, 0, 100 * ms, 150 * ms},
		// Three windows are out after two rounds.
		{"exactly three windows", 3 * 14480, 0, 100 * ms, 150 * ms},
	} {
		if got := transfer(tt.n, tt.rate, tt.rtt); got != tt.want {
			t.Errorf("%s: transfer(%d, %v, %v) = %v, want %v", tt.name, tt.n, tt.rate, tt.rtt, got, tt.want)
		}
	}
}

func TestExpected(t *testing.T) {
	opt := Option{Model: "m", Size: 125_000, Load: 30 * ms, Preprocess: 1 * ms, Infer: 10 * ms}
	o := Observation{Down: unit.Mbps, Up: 2 * unit.Mbps, RTT: 20 * ms, Upload: 2500, Download: 1000}
	cold := Phases{
		Upload:     20 * ms, // 10 + 8·2500/2·10^6 s
		Fetch:      30*ms + 10*ms + time.Second,
		Load:       60 * ms,
		Preprocess: 2 * ms,
		Infer:      20 * ms,
		Download:   18 * ms, // 10 + 8·1000/10^6 s
	}
	held, loaded := cold, cold
	held.Fetch = 0
	loaded.Fetch, loaded.Load = 0, 0
	for _, tt := range []struct {
		name         string
		held, loaded []string
		want         Phases
	}{
		{"nothing there", []string{"other"}, []string{"other"}, cold},
		{"file there", []string{"other", "m"}, nil, held},
		{"session open", []string{"m"}, []string{"m"}, loaded},
		{"session open, file gone", nil, []string{"m"}, loaded},
	} {
		o.Held, o.Loaded = tt.held, tt.loaded
		if diff := cmp.Diff(tt.want, Expected(o, opt, 2)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if got := Expected(Observation{}, opt, 1).Total(); got != 41*ms {
		t.Errorf("knowing nothing: %v, want load, preprocess and infer alone, 41ms", got)
	}
}

func TestPrior(t *testing.T) {
	for _, tt := range []struct{ u, want float64 }{
		{-1, 1}, {0, 1}, {0.5, 1 / 0.675}, {0.72, 1 / 0.532}, {1, 1 / 0.532},
	} {
		if got := Prior(tt.u); got < tt.want-1e-9 || got > tt.want+1e-9 {
			t.Errorf("Prior(%v) = %v, want %v", tt.u, got, tt.want)
		}
	}
}

func TestSlowdown(t *testing.T) {
	opt := Option{Infer: 10 * ms}
	infer := func(d time.Duration) Outcome { return Outcome{Option: opt, Observed: Phases{Infer: d}} }
	var s slowdown
	step := func(what string, u, want float64, o Outcome) {
		t.Helper()
		if got := s.at(u); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
		s.learn(o)
	}
	failed := infer(100 * ms)
	failed.Failed = true
	step("nothing known: the prior", 0, 1, failed)
	step("a failure teaches nothing", 0, 1, Outcome{Option: opt})
	step("no observation teaches nothing", 0, 1, infer(15*ms))
	step("the first observation counts whole", 0, 1.5, infer(20*ms))
	step("then 0.3 of the difference", 0, 1.65, infer(time.Second)) // 1.5 + 0.3·(2−1.5)
	step("an outlier counts as twice", 0, 2.145, infer(1*ms))       // 1.65 + 0.3·(3.3−1.65)
	step("and a fluke as half", 0, 1.82325, infer(18*ms))           // 2.145 − 0.3·(2.145−1.0725)
	step("more load: the prior again", 0.5, Prior(0.5), infer(30*ms))
	step("then what was observed there, whole", 0.5, 3, infer(30*ms))
	step("a little more load is no change", 0.7, 3, infer(30*ms))
	s = slowdown{}
	s.learn(infer(10 * time.Second))
	step("no more than 20", 0, 20, Outcome{Option: Option{Infer: time.Nanosecond}, Observed: Phases{Infer: time.Second}})
	step("a profile of nothing teaches nothing", 0, 20, infer(1))
}
