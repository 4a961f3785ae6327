package tc

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/tc/wire"
	"github.com/testbed/testbed/emulator/unit"
)

func TestBurst(t *testing.T) {
	for _, tt := range []struct {
		rate unit.BitRate
		want unit.Bytes
	}{
		{8 * unit.Kbps, 1515},      // a frame and 1 byte a millisecond
		{1 * unit.Mbps, 1639},      // 125
		{100 * unit.Mbps, 14_014},  // 12 500
		{10 * unit.Gbps, 1251_514}, // 1 250 000
	} {
		if got := burst(tt.rate); got != tt.want {
			t.Errorf("burst(%v) = %d, want %d", tt.rate, got, tt.want)
		}
	}
}

func TestQueues(t *testing.T) {
	for _, tt := range []struct {
		link    emulator.Link
		bytes   unit.Bytes
		packets uint32
	}{
		{emulator.Link{}, 1<<31 - 1, 1 << 20},               // no limit
		{emulator.Link{Queue: 1514}, 1514, 1},               // one frame must always fit
		{emulator.Link{Queue: 15_140}, 13_626, 9},           // the one that HTB has let go
		{emulator.Link{Queue: 1 << 40}, 1<<31 - 1, 1 << 20}, // more than the kernel counts
		{emulator.Link{Queue: 2000}, 1514, 1},               // not less than a frame
		{emulator.Link{Queue: 3028 + 1514}, 2 * 1514, 2},    // two behind the one being sent
		{emulator.Link{QueuePackets: 10}, 9 * 1514, 9},
		{emulator.Link{QueuePackets: 1}, 1514, 1},
		{emulator.Link{QueuePackets: math.MaxInt32}, 1<<31 - 1, 1 << 20},
		{emulator.Link{QueueTime: 100 * ms, Rate: 8 * unit.Mbps}, 100_000, 67}, // 1 000 000 · 0.1; 66.05 frames
		{emulator.Link{QueueTime: 1, Rate: 8 * unit.Mbps}, 1514, 1},
	} {
		if got := queueBytes(tt.link); got != tt.bytes {
			t.Errorf("%+v: %d bytes, want %d", tt.link, got, tt.bytes)
		}
		if got := queuePackets(tt.link); got != tt.packets {
			t.Errorf("%+v: %d packets, want %d", tt.link, got, tt.packets)
		}
	}
}

func TestNetemOptions(t *testing.T) {
	for _, tt := range []struct {
		name    string
		link    emulator.Link
		stopped bool
		options Options
		want    wire.Netem
	}{
		{"delay alone", emulator.Link{Delay: 20 * ms}, false, Options{},
			wire.Netem{Latency: 20 * ms, Limit: 1 << 20, Rate: keepOrder}},
		{"one percent", emulator.Link{Loss: 0.01}, false, Options{Seed: 7},
			wire.Netem{Loss: 42_949_673, Limit: 1 << 20, Rate: keepOrder, Seed: 7}}, // 42949672.95
		{"all is lost", emulator.Link{Loss: 1}, false, Options{},
			wire.Netem{Loss: 1<<32 - 1, Limit: 1 << 20, Rate: keepOrder}},
		// r = 1/4; p = 0.05 · 0.25 / 0.95 = 1/76 (reference F12), of 2^32-1: 56512727.6.
		{"losses in bursts", emulator.Link{Loss: 0.05, LossBurst: 4}, false, Options{},
			wire.Netem{Gilbert: &wire.Gilbert{P: 56_512_728, R: 1 << 30}, Limit: 1 << 20, Rate: keepOrder}},
		{"each loss alone", emulator.Link{Loss: 0.5, LossBurst: 1}, false, Options{},
			wire.Netem{Gilbert: &wire.Gilbert{P: 1<<32 - 1, R: 1<<32 - 1}, Limit: 1 << 20, Rate: keepOrder}},
		{"a bottleneck that stands still", emulator.Link{Loss: 0.05, LossBurst: 4, Rate: unit.Mbps}, true, Options{},
			wire.Netem{Loss: 1<<32 - 1, Limit: 1 << 20, Rate: 125_000}},
		{"jitter keeps order by a rate", emulator.Link{Delay: 20 * ms, Jitter: 4 * ms}, false, Options{},
			wire.Netem{Latency: 20 * ms, Jitter: 4 * ms, Limit: 1 << 20, Rate: 12_500_000_000}},
		{"jitter that does not", emulator.Link{Delay: 20 * ms, Jitter: 4 * ms, Unordered: true}, false, Options{},
			wire.Netem{Latency: 20 * ms, Jitter: 4 * ms, Limit: 1 << 20}},
		// In flight: 10 Mbit/s · 24 ms = 30 000 bytes, 19.8 frames; waiting: 10.
		{"all at once", emulator.Link{Rate: 10 * unit.Mbps, Delay: 20 * ms, Jitter: 4 * ms, Queue: 15_140, Loss: 0.5,
			Reorder: 0.25, Duplicate: 0.125, Corrupt: 0.0625}, false, Options{},
			wire.Netem{Latency: 20 * ms, Jitter: 4 * ms, Limit: 30, Rate: 1_250_000, Loss: 1 << 31,
				Reorder: 1 << 30, Duplicate: 1 << 29, Corrupt: 1 << 28}},
		{"a queue in packets", emulator.Link{Rate: 10 * unit.Mbps, Delay: 20 * ms, QueuePackets: 5}, false, Options{},
			wire.Netem{Latency: 20 * ms, Limit: 22, Rate: 1_250_000}}, // 16.5 in flight
		{"a queue in time", emulator.Link{Rate: 10 * unit.Mbps, Delay: 20 * ms, QueueTime: 20 * ms}, false, Options{},
			wire.Netem{Latency: 20 * ms, Limit: 35, Rate: 1_250_000}}, // 17 in flight, 16.5 before one that is sent
		{"a limit that is given", emulator.Link{Rate: 10 * unit.Mbps, Delay: 20 * ms, Queue: 15_140}, false, Options{Limit: 3},
			wire.Netem{Latency: 20 * ms, Limit: 3, Rate: 1_250_000}},
		{"a rate without a queue limit", emulator.Link{Rate: 10 * unit.Mbps, Delay: ms}, false, Options{},
			wire.Netem{Latency: ms, Limit: 1 << 20, Rate: 1_250_000}},
		{"the IP layer", emulator.Link{Rate: 10 * unit.Mbps, Delay: ms, Layer: emulator.IP}, false, Options{},
			wire.Netem{Latency: ms, Limit: 1 << 20, Rate: 1_250_000, Overhead: -14}},
		{"the wire", emulator.Link{Rate: 10 * unit.Mbps, Delay: ms, Layer: emulator.Wire}, false, Options{},
			wire.Netem{Latency: ms, Limit: 1 << 20, Rate: 1_250_000, Overhead: 24}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := []wire.Object{{Handle: rootHandle, Parent: wire.Root, Options: &tt.want}}
			if diff := cmp.Diff(want, netem.objects(tt.link, tt.stopped, tt.options)); diff != "" {
				t.Errorf("netem (-want +got):\n%s", diff)
			}
		})
	}
}

// TestShapedNetem: with a shape, jitter comes from a table, and up to 4 times
// of it count as in flight.
func TestShapedNetem(t *testing.T) {
	l := emulator.Link{Rate: 10 * unit.Mbps, Delay: 20 * ms, Jitter: 4 * ms, Queue: 15_140, JitterShape: emulator.Normal}
	n := netemOptions(l, false, Options{})
	if len(n.Table) != 4096 || n.Limit != 40 { // 1 250 000 · 0.036 / 1514 = 29.7
		t.Errorf("a table of %d and a limit of %d, want 4096 and 40", len(n.Table), n.Limit)
	}
}

// TestTables: their mean and standard deviation are those of the shapes, 0 and
// 1, in 8192 parts, but for what is cut off and rounded.
func TestTables(t *testing.T) {
	for name, table := range map[string][]int16{"normal": normal(), "pareto": pareto()} {
		var sum, squares float64
		for i, v := range table {
			sum += float64(v) / 8192
			squares += float64(v) / 8192 * float64(v) / 8192
			if i > 0 && v < table[i-1] {
				t.Errorf("%s: %d after %d", name, v, table[i-1])
			}
		}
		mean := sum / float64(len(table))
		deviation := math.Sqrt(squares/float64(len(table)) - mean*mean)
		if math.Abs(mean) > 0.001 || math.Abs(deviation-1) > 0.005 {
			t.Errorf("%s: %.4f ± %.4f, want 0 ± 1", name, mean, deviation)
		}
	}
	// The quantile of 0.5 + 1/8192 of a normal distribution: 0.000306.
	if got := normal()[2048]; got != 3 { // 0.000306 · 8192 = 2.5
		t.Errorf("the middle of the normal table is %d, want 3", got)
	}
}

func TestHTBObjects(t *testing.T) {
	root := wire.Object{Handle: 0x10000, Parent: wire.Root, Options: &wire.HTB{Default: 1}}
	class := func(c wire.HTBClass) wire.Object {
		return wire.Object{Class: true, Handle: 0x10001, Parent: 0x10000, Options: &c}
	}
	queue := func(o wire.Options) wire.Object { return wire.Object{Handle: 0x20000, Parent: 0x10001, Options: o} }
	for _, tt := range []struct {
		name    string
		link    emulator.Link
		options Options
		want    []wire.Object
	}{
		{"a rate and bytes", emulator.Link{Rate: 8 * unit.Mbps, Queue: 15_140}, Options{},
			[]wire.Object{root, class(wire.HTBClass{Rate: 1_000_000, Burst: 2514, Quantum: 1514}), queue(&wire.FIFO{Limit: 13_626})}},
		{"packets, on the wire", emulator.Link{Rate: 8 * unit.Mbps, QueuePackets: 10, Layer: emulator.Wire}, Options{},
			[]wire.Object{root, class(wire.HTBClass{Rate: 1_000_000, Burst: 2514, Quantum: 1514, Overhead: 24, Least: 84}), queue(&wire.FIFO{Packets: true, Limit: 9})}},
		{"CoDel", emulator.Link{Rate: 8 * unit.Mbps, CoDel: codel}, Options{},
			[]wire.Object{root, class(wire.HTBClass{Rate: 1_000_000, Burst: 2514, Quantum: 1514}), queue(&wire.CoDel{Target: 5 * ms, Interval: 100 * ms, Limit: 1 << 20})}},
		{"made wrong", emulator.Link{Rate: 8 * unit.Mbps, Queue: 15_140}, Options{Burst: 64_000, Limit: 1600},
			[]wire.Object{root, class(wire.HTBClass{Rate: 1_000_000, Burst: 64_000, Quantum: 1514}), queue(&wire.FIFO{Limit: 1600})}},
	} {
		if diff := cmp.Diff(tt.want, htb.objects(tt.link, false, tt.options)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	want := []wire.Object{{Handle: 0x10000, Parent: wire.Root, Options: &wire.TBF{Rate: 1_000_000, Burst: 2514, Limit: 13_626}}}
	if diff := cmp.Diff(want, tbf.objects(emulator.Link{Rate: 8 * unit.Mbps, Queue: 15_140}, false, Options{})); diff != "" {
		t.Errorf("TBF (-want +got):\n%s", diff)
	}
}

func TestClamp(t *testing.T) {
	for _, tt := range []struct {
		rate  unit.BitRate
		lasts time.Duration
		want  unit.BitRate
	}{
		{unit.Mbps, 100 * ms, unit.Mbps},
		{100 * unit.Kbps, 100 * ms, 121_120}, // a frame in a step: 12112 bit / 0.1 s (reference 4.3)
		{100 * unit.Kbps, time.Second, 100 * unit.Kbps},
		{1, time.Second, 12_112},
		{1, math.MaxInt64, 64}, // a bucket of 1515 bytes lasts 189 s, below 275
		{65, math.MaxInt64, 65},
	} {
		got, clamped := clamp(tt.rate, tt.lasts)
		if got != tt.want || clamped != (got != tt.rate) {
			t.Errorf("clamp(%v, %v) = %v, %v; want %v", tt.rate, tt.lasts, got, clamped, tt.want)
		}
	}
	if wire.BucketTicks(burst(slowest), bytesPerSecond(slowest)) == 0 {
		t.Errorf("%v does not fit the kernel's clock", slowest)
	}
}

// TestStepSeeds: each step has a seed of its own, never 0, and the same again.
func TestStepSeeds(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := range uint64(10) {
		for k := range 100 {
			s := stepSeed(seed, time.Duration(k)*100*ms)
			if s == 0 || seen[s] || s != stepSeed(seed, time.Duration(k)*100*ms) {
				t.Fatalf("seed %d, step %d: %d is 0 or not new", seed, k, s)
			}
			seen[s] = true
		}
	}
}
