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
	small := &trace.Trace{Name: "small", At: []time.Duration{1}, Period: 1, Quantum: 14}
	constant := func(name string, values ...float64) *trace.Series {
		s := series(trace.Loop, ms, values...)
		s.Name = name
		return s
	}
	zero, half, one, two, empty := constant("zero", 0), constant("half", 0.5, 0.1), constant("one", 0, 1), constant("two", 0, 2), constant("empty")
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

		{emulator.Link{Losses: one, LossBurst: 3}, "loss one: 1 in bursts of 3: want a loss of at most 0.75, or longer bursts: a burst ends with a packet that passes"},
		{emulator.Link{Losses: one}, ""},
		{emulator.Link{Losses: half, LossBurst: 1}, ""},
		{emulator.Link{Losses: two}, "loss two: 2: want probabilities from 0 to 1"},
		{emulator.Link{Losses: empty}, "loss empty: no values: want at least one"},
		{emulator.Link{Losses: one, Loss: 0.1}, "loss 0.1 and loss over time, one: want at most one of them"},
		{emulator.Link{LossBurst: 3}, ""},
		{emulator.Link{Loss: 0.75, LossBurst: 3}, ""}, // P(good→bad) = 1
		{emulator.Link{Loss: 2.0 / 3, LossBurst: 2}, ""},
		{emulator.Link{Loss: 0.76, LossBurst: 3}, "loss 0.76 in bursts of 3: want a loss of at most 0.75, or longer bursts: a burst ends with a packet that passes"},
		{emulator.Link{Loss: 0.1, LossBurst: 0.9}, "burst 0.9: want at least 1 packet, or 0 for independent losses"},
		{emulator.Link{Loss: 0.1, LossBurst: -2}, "burst -2: want at least 1 packet, or 0 for independent losses"},
		{emulator.Link{Loss: 0.1, LossBurst: math.NaN()}, "burst NaN: want at least 1 packet, or 0 for independent losses"},
		{emulator.Link{Loss: 0.1, LossBurst: math.Inf(1)}, "burst +Inf: want at most 1e+09 packets"},

		{emulator.Link{QueuePackets: 1, CoDel: &emulator.CoDel{Target: 1, Interval: 1}}, ""},
		{emulator.Link{QueueTime: 1}, ""},
		{emulator.Link{QueuePackets: -1}, "queue of -1 packets: want 1 or more, or 0 for no limit"},
		{emulator.Link{QueueTime: -ms}, "queue of -1ms: want more than 0, or 0 for no limit"},
		{emulator.Link{Queue: 15140, QueuePackets: 5}, "queue 15140B and 5 packets: want at most one limit"},
		{emulator.Link{QueuePackets: 5, QueueTime: ms}, "queue 5 packets and 1ms: want at most one limit"},
		{emulator.Link{CoDel: &emulator.CoDel{Interval: 100 * ms}}, "codel target 0s, interval 100ms: want both above 0, as 5ms and 100ms"},
		{emulator.Link{CoDel: &emulator.CoDel{Target: 5 * ms, Interval: -1}}, "codel target 5ms, interval -1ns: want both above 0, as 5ms and 100ms"},

		{emulator.Link{Rates: two}, ""},
		{emulator.Link{Rates: zero}, "rate zero: 0 all the time: want a rate at some time, or nothing passes"},
		{emulator.Link{Rates: empty}, "rate empty: no values: want at least one"},
		{emulator.Link{Rates: two, Rate: 5 * unit.Mbps}, "rate 5Mbps and rate over time, two: want at most one of them"},
		{emulator.Link{Rates: two, Trace: tr}, "trace tram.up and rate over time, two: want at most one of them"},
		{emulator.Link{Layer: emulator.Wire}, ""},
		{emulator.Link{Layer: 3}, "layer Layer(3): want ethernet, ip or wire"},
		{emulator.Link{Layer: -1}, "layer Layer(-1): want ethernet, ip or wire"},
		{emulator.Link{Layer: emulator.IP, Trace: small}, "trace small: quantum 14B on layer ip: want more than the header, 14B"},
		{emulator.Link{Trace: small}, ""},

		{emulator.Link{Outages: []emulator.Outage{{0, 1, 0}, {5, 7, 3}}}, ""},
		{emulator.Link{Outages: []emulator.Outage{{0, 1, 0}, {-1, 7, 0}}}, "outages: 2: from -1ns: want 0 or later"},
		{emulator.Link{Outages: []emulator.Outage{{5, 5, 0}}}, "outages: 1: from 5ns to 5ns: want an end after the begin"},
		{emulator.Link{Outages: []emulator.Outage{{5, 7, 2}}}, "outages: 1: 2ns long, every 2ns: want every longer than the outage, or 0 for once"},
		{emulator.Link{Outages: []emulator.Outage{{5, 7, -2}}}, "outages: 1: 2ns long, every -2ns: want every longer than the outage, or 0 for once"},
		{emulator.Link{IdlePenalty: ms, IdleAfter: 1}, ""},
		{emulator.Link{IdleAfter: 1}, ""},
		{emulator.Link{IdlePenalty: ms}, "idle: penalty 1ms: want also after which time without packets"},
		{emulator.Link{IdlePenalty: -ms, IdleAfter: 1}, "idle: penalty -1ms after 1ns: want 0 or more"},
		{emulator.Link{IdlePenalty: ms, IdleAfter: -1}, "idle: penalty 1ms after -1ns: want 0 or more"},

		{emulator.Link{Delays: two, Jitter: ms, JitterShape: emulator.Pareto}, ""},
		{emulator.Link{Delays: two, Jitter: -ms}, "jitter -1ms: want 0 or more"},
		{emulator.Link{Delays: empty}, "delay empty: no values: want at least one"},
		{emulator.Link{Delays: two, Delay: ms}, "delay 1ms and delay over time, two: want at most one of them"},
		{emulator.Link{JitterShape: 3}, "jitter Shape(3): want uniform, normal or pareto"},
		{emulator.Link{JitterShape: -1}, "jitter Shape(-1): want uniform, normal or pareto"},
		{emulator.Link{Reorder: 1.5}, "reorder 1.5: want a probability from 0 to 1"},
		{emulator.Link{Duplicate: -1}, "duplicate -1: want a probability from 0 to 1"},
		{emulator.Link{Corrupt: math.NaN()}, "corrupt NaN: want a probability from 0 to 1"},
	} {
		err := tt.link.Check()
		if err == nil && tt.want != "" || err != nil && err.Error() != tt.want {
			t.Errorf("%+v: %v, want %q", tt.link, err, tt.want)
		}
	}
}

func TestPerfect(t *testing.T) {
	one := series(trace.Loop, ms, 1)
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
		{emulator.Link{QueuePackets: 1, CoDel: &emulator.CoDel{Target: 1, Interval: 1}, Layer: emulator.Wire, LossBurst: 2,
			IdleAfter: 1, JitterShape: emulator.Normal, Unordered: true, Reorder: 1}, true},
		{emulator.Link{QueueTime: 1}, true},
		{emulator.Link{Losses: one}, false},
		{emulator.Link{Rates: one}, false},
		{emulator.Link{Delays: one}, false},
		{emulator.Link{Outages: []emulator.Outage{{0, 1, 0}}}, false},
		{emulator.Link{IdlePenalty: 1, IdleAfter: 1}, false},
		{emulator.Link{Duplicate: 1e-12}, false},
		{emulator.Link{Corrupt: 1e-12}, false},
	} {
		if got := tt.link.Perfect(); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.link, got, tt.want)
		}
	}
}

func TestFateString(t *testing.T) {
	for f, want := range map[emulator.Fate]string{
		emulator.Delivered:                       "delivered",
		emulator.Lost:                            "lost",
		emulator.Dropped:                         "dropped",
		emulator.Duplicated:                      "delivered+duplicated",
		emulator.Corrupted:                       "delivered+corrupted",
		emulator.Duplicated | emulator.Corrupted: "delivered+duplicated+corrupted",
	} {
		if got := f.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got := f.Arrives(); got != (want[0] == 'd' && want[1] == 'e') {
			t.Errorf("%s arrives: %v", want, got)
		}
	}
}
