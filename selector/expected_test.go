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

func twice(string) float64 { return 2 }

func TestExpected(t *testing.T) {
	opt := Option{Model: "m", Node: "edge", Size: 125_000, Load: 30 * ms, Preprocess: 1 * ms, Infer: 10 * ms}
	d := Device{Name: "edge", Down: unit.Mbps, Up: 2 * unit.Mbps, Back: 4 * unit.Mbps, RTT: 20 * ms, FetchRTT: 40 * ms}
	cold := Phases{
		Upload:     20 * ms,                     // 10 + 8·2500/2·10^6 s
		Fetch:      60*ms + 20*ms + time.Second, // 3/2 of 40 ms; half of 40 ms and 8·125000/10^6 s, the pipe is full
		Load:       60 * ms,
		Preprocess: 2 * ms,
		Infer:      20 * ms,
		Download:   12 * ms, // 10 + 8·1000/4·10^6 s
	}
	held, loaded := cold, cold
	held.Fetch = 0
	loaded.Fetch, loaded.Load = 0, 0
	batch := cold
	batch.Upload, batch.Preprocess, batch.Infer, batch.Download = 60*ms, 6*ms, 60*ms, 36*ms
	for _, tt := range []struct {
		name         string
		held, loaded []string
		images       int
		want         Phases
	}{
		{"nothing there", []string{"other"}, []string{"other"}, 0, cold},
		{"file there", []string{"other", "m"}, nil, 1, held},
		{"session open", []string{"m"}, []string{"m"}, 1, loaded},
		{"session open, file gone", nil, []string{"m"}, 1, loaded},
		{"three images, one after the other", nil, nil, 3, batch},
	} {
		d.Held, d.Loaded = tt.held, tt.loaded
		other := Device{Name: "cloud", Up: 1, Held: []string{"m"}, Loaded: []string{"m"}}
		o := Observation{Upload: 2500, Download: 1000, Batch: tt.images, Devices: []Device{other, d}}
		if diff := cmp.Diff(tt.want, Expected(o, opt, twice)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if got := Expected(Observation{Upload: 1, Download: 1}, opt, func(string) float64 { return 1 }).Total(); got != 41*ms {
		t.Errorf("knowing nothing: %v, want load, preprocess and infer alone, 41ms", got)
	}
}

// TestExpectedIsFinite: what never ends does not end before it began.
func TestExpectedIsFinite(t *testing.T) {
	opt := Option{Model: "m", Node: "edge", Size: 1 << 50, Load: 1 << 60, Infer: 1 << 60, Preprocess: 1 << 60}
	second := opt
	opt.Second, opt.Placement, opt.Unsure = &second, Cascade, 1
	o := Observation{Upload: 1 << 40, Download: 1 << 40, Batch: 1000, Devices: []Device{{Name: "edge", Down: 1, Up: 1, Back: 1, RTT: time.Hour, FetchRTT: time.Hour}}}
	if got := Expected(o, opt, func(string) float64 { return 20 }).Total(); got < 100*365*24*time.Hour {
		t.Errorf("%v, want a century at least", got)
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
