package emulator_test

import (
	"math"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

func TestCheck(t *testing.T) {
	tr := &trace.Trace{Name: "tram.up", At: []time.Duration{1}, Period: 1, Quantum: 1514}
	for _, tt := range []struct {
		link emulator.Link
		want string // empty: nothing is wrong
	}{
		{emulator.Link{}, ""},
		{emulator.Link{Loss: 1, Queue: 1514, Rate: 1, Delay: 5, Jitter: 5}, ""},
		{emulator.Link{Trace: tr, Loss: 0.5}, ""},
		{emulator.Link{Loss: 1.5}, "loss 1.5: want a probability from 0 to 1"},
		{emulator.Link{Loss: -0.1}, "loss -0.1: want a probability from 0 to 1"},
		{emulator.Link{Loss: math.NaN()}, "loss NaN: want a probability from 0 to 1"},
		{emulator.Link{Queue: 1513}, "queue 1513B: want at least one full frame, 1514B, or 0 for no limit"},
		{emulator.Link{Queue: -1}, "queue -1B: want at least one full frame, 1514B, or 0 for no limit"},
		{emulator.Link{Rate: -5 * unit.Mbps}, "rate -5Mbps: want a positive rate, or 0 for no limit"},
		{emulator.Link{Rate: 5 * unit.Mbps, Trace: tr}, "rate 5Mbps and trace tram.up: want at most one of them"},
		{emulator.Link{Delay: -ms}, "delay -1ms: want 0 or more"},
		{emulator.Link{Jitter: ms}, "jitter 1ms: want 0 up to the delay, 0s"},
		{emulator.Link{Delay: 2 * ms, Jitter: -ms}, "jitter -1ms: want 0 up to the delay, 2ms"},
		{emulator.Link{Trace: &trace.Trace{Name: "bus.up"}}, "trace bus.up: no delivery opportunity"},
	} {
		err := tt.link.Check()
		if err == nil && tt.want != "" || err != nil && err.Error() != tt.want {
			t.Errorf("%+v: %v, want %q", tt.link, err, tt.want)
		}
	}
}

func TestPerfect(t *testing.T) {
	for _, tt := range []struct {
		link emulator.Link
		want bool
	}{
		{emulator.Link{}, true},
		{emulator.Link{Queue: 1514}, true},
		{emulator.Link{Loss: 1e-12}, false},
		{emulator.Link{Rate: 100 * unit.Gbps}, false},
		{emulator.Link{Trace: &trace.Trace{}}, false},
		{emulator.Link{Delay: 1}, false},
		{emulator.Link{Jitter: 1}, false},
	} {
		if got := tt.link.Perfect(); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.link, got, tt.want)
		}
	}
}

func TestFateString(t *testing.T) {
	for f, want := range map[emulator.Fate]string{
		emulator.Delivered: "delivered", emulator.Lost: "lost", emulator.Dropped: "dropped", 7: "Fate(7)",
	} {
		if got := f.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
