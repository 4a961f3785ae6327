package wire

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/unit"
)

// every is one of each kind, with all fields set.
var every = []Object{
	{Handle: 0x10000, Parent: Root, Options: &Netem{
		Latency: 123456789, Jitter: 4567, Limit: 77, Loss: 5, Reorder: 6, Duplicate: 7, Corrupt: 8, Rate: 9, Overhead: -14, Seed: 1 << 63,
	}},
	{Handle: 0x10000, Parent: Root, Options: &Netem{Rate: 1 << 35, Gilbert: &Gilbert{1, 2, 3, 4}}},
	{Handle: 0x10000, Parent: Root, Options: &HTB{Default: 0x21}},
	{Class: true, Handle: 0x10001, Parent: 0x10000, Options: &HTBClass{Rate: 1_000_000, Burst: 1024, Quantum: 4, Overhead: 5, Least: 6}},
	{Class: true, Handle: 0x10001, Parent: 0x10000, Options: &HTBClass{Rate: 1 << 33}},
	{Handle: 0x10000, Parent: Root, Options: &TBF{Rate: 1_000_000, Burst: 1024, Limit: 3, Overhead: 4, Least: 5}},
	{Handle: 0x20000, Parent: 0x10001, Options: &FIFO{Limit: 9}},
	{Handle: 0x20000, Parent: 0x10001, Options: &FIFO{Packets: true, Limit: 9}},
	{Handle: 0x20000, Parent: 0x10001, Options: &CoDel{Target: 5 * ms, Interval: 100 * ms, Limit: 9}},
	{Handle: 0xffff0000, Parent: Ingress, Options: &IngressQdisc{}},
}

// TestReadsWhatItWrites: what is read back from our own messages is the same.
func TestReadsWhatItWrites(t *testing.T) {
	for _, o := range every {
		got, index, err := Read(o.Message(-7), o.Class)
		if err != nil || index != -7 {
			t.Errorf("%s: interface %d, %v; want -7", o.Options.Kind(), index, err)
		}
		if diff := cmp.Diff(o, got); diff != "" {
			t.Errorf("%s (-written +read):\n%s", o.Options.Kind(), diff)
		}
		if err := o.Differs(got.Options); err != nil {
			t.Error(err)
		}
	}
}

// TestDiffers: each field that differs is found and named.
func TestDiffers(t *testing.T) {
	netem := Netem{Latency: 1, Limit: 2, Loss: 3}
	ge := Netem{Gilbert: &Gilbert{1, 2, 3, 4}}
	class := HTBClass{Rate: 1_000_000, Burst: 1600, Quantum: 1514}
	for _, tt := range []struct {
		want, got Options
		say       string
	}{
		{&netem, &netem, ""},
		{&netem, nil, "netem 1:: not there"},
		{&netem, &HTB{}, "netem 1:: not there"},
		{&netem, &Netem{Latency: 2, Limit: 2, Loss: 3}, "netem 1:: latency in ns is 1: the kernel has 2"},
		{&netem, &Netem{Latency: 1, Jitter: 5, Limit: 2, Loss: 3}, "netem 1:: jitter in ns is 0: the kernel has 5"},
		{&netem, &Netem{Latency: 1, Limit: 3, Loss: 3}, "netem 1:: limit in packets is 2: the kernel has 3"},
		{&netem, &Netem{Latency: 1, Limit: 2}, "netem 1:: loss of 2^32 is 3: the kernel has 0"},
		{&netem, &Netem{Latency: 1, Limit: 2, Loss: 3, Gilbert: ge.Gilbert}, "netem 1:: loss model is 0: the kernel has 1"},
		{&netem, &Netem{Latency: 1, Limit: 2, Loss: 3, Seed: 9}, ""}, // the kernel's own
		{&Netem{Seed: 8}, &Netem{}, "netem 1:: seed is 8: the kernel has none"},
		{&Netem{Rate: 8}, &Netem{Rate: 9}, "netem 1:: rate in bytes/s is 8: the kernel has 9"},
		{&Netem{Overhead: 24}, &Netem{}, "netem 1:: overhead in bytes is 24: the kernel has 0"},
		{&Netem{Duplicate: 1}, &Netem{}, "netem 1:: duplicate of 2^32 is 1: the kernel has 0"},
		{&Netem{Corrupt: 1}, &Netem{}, "netem 1:: corrupt of 2^32 is 1: the kernel has 0"},
		{&Netem{Reorder: 1}, &Netem{}, "netem 1:: reorder of 2^32 is 1: the kernel has 0"},
		{&ge, &Netem{Gilbert: &Gilbert{0, 2, 3, 4}}, "netem 1:: p of 2^32 is 1: the kernel has 0"},
		{&ge, &Netem{Gilbert: &Gilbert{1, 0, 3, 4}}, "netem 1:: r of 2^32 is 2: the kernel has 0"},
		{&ge, &Netem{Gilbert: &Gilbert{1, 2, 0, 4}}, "netem 1:: h of 2^32 is 3: the kernel has 0"},
		{&ge, &Netem{Gilbert: &Gilbert{1, 2, 3, 0}}, "netem 1:: k1 of 2^32 is 4: the kernel has 0"},
		{&HTB{Default: 1}, &HTB{}, "htb 1:: default class is 1: the kernel has 0"},
		{&class, &HTBClass{Rate: 1_000_001, Burst: 1600, Quantum: 1514}, "htb 1:: rate in bytes/s is 1000000: the kernel has 1000001"},
		{&class, &HTBClass{Rate: 1_000_000, Burst: 1601, Quantum: 1514}, "htb 1:: bucket in ticks is 25000: the kernel has 25016"},
		{&class, &HTBClass{Rate: 1_000_000, Burst: 1600}, "htb 1:: quantum in bytes is 1514: the kernel has 0"},
		{&HTBClass{Rate: 1, Burst: 1, Least: 84}, &HTBClass{Rate: 1, Burst: 1}, "htb 1:: least packet in bytes is 84: the kernel has 0"},
		{&TBF{Rate: 1, Burst: 1, Limit: 5}, &TBF{Rate: 1, Burst: 1, Limit: 6}, "tbf 1:: limit in bytes is 5: the kernel has 6"},
		{&FIFO{Limit: 5}, &FIFO{Limit: 6}, "bfifo 1:: limit is 5: the kernel has 6"},
		{&FIFO{Limit: 5}, &FIFO{Packets: true, Limit: 5}, "bfifo 1:: not there"},
		{&CoDel{Target: 5 * ms}, &CoDel{Target: 5*ms - 2*time.Microsecond}, ""}, // rounded by the kernel
		{&CoDel{Target: 5 * ms}, &CoDel{Target: 4 * ms}, "codel 1:: target in µs is 5000: the kernel has 4000"},
	} {
		got := ""
		if err := (Object{Handle: 0x10000, Options: tt.want}).Differs(tt.got); err != nil {
			got = err.Error()
		}
		if got != tt.say {
			t.Errorf("%+v and %+v: %q, want %q", tt.want, tt.got, got, tt.say)
		}
	}
}

// TestReadSurvives: what is cut or changed anywhere gives an error or an
// object, and no panic.
func TestReadSurvives(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, o := range every {
		whole := o.Message(1)
		for n := range whole {
			Read(whole[:n], o.Class)
		}
		for range 2000 {
			b := append([]byte(nil), whole...)
			b[rng.IntN(len(b))] = byte(rng.Uint32())
			Read(b, o.Class)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, tt := range []struct {
		n    unit.Bytes
		rate uint64
		want uint32
	}{
		{1514, 125_000, 189_250},  // 12.112 ms
		{1600, 1_250_000_000, 20}, // 1.28 µs, which in whole microseconds would be 15 ticks: 1200 bytes
		{1, 125_000_000, 1},       // 8 ns, rounded up
		{1515, 1, 0},              // 1515 s, more than 2^32 ticks (275 s)
		{1500, 12_500_000, 1875},  // 120 µs
		{math.MaxInt64, 1, 0},     // more than 64 bits
		{275, 1, 0},               // 4 296 875 000 ticks, just too many
	} {
		if got := BucketTicks(tt.n, tt.rate); got != tt.want {
			t.Errorf("BucketTicks(%d, %d) = %d, want %d", tt.n, tt.rate, got, tt.want)
		}
	}
	for d, want := range map[time.Duration]uint32{
		20 * ms: 312_500, -1: 0, 95: 1, 96: 2, 300 * time.Second: math.MaxUint32,
	} {
		if got := Ticks(d); got != want {
			t.Errorf("Ticks(%v) = %d, want %d", d, got, want)
		}
	}
}

// TestTickIsTheKernels compares Tick with /proc/net/psched.
func TestTickIsTheKernels(t *testing.T) {
	text, err := os.ReadFile("/proc/net/psched")
	if err != nil {
		t.Skip(err)
	}
	var us, tick int64
	if _, err := fmt.Sscanf(string(text), "%x %x", &us, &tick); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if got := time.Duration(tick) * time.Microsecond / time.Duration(us); got != Tick {
		t.Errorf("a tick is %v here, want %v", got, Tick)
	}
}

func TestLine(t *testing.T) {
	for _, tt := range []struct {
		o    Object
		want string
	}{
		{every[0], "tc qdisc add dev eth0 root handle 1: netem limit 77 delay 123456.789us 4.567us loss random 0.000000116415% " +
			"duplicate 0.000000162981% corrupt 0.000000186265% reorder 0.000000139698% gap 1 rate 72bit -14 seed 9223372036854775808"},
		{Object{Handle: 0x10000, Parent: Root, Options: &Netem{Limit: 1, Gilbert: &Gilbert{P: Probability(0.01), R: Probability(0.2)}}},
			"tc qdisc add dev eth0 root handle 1: netem limit 1 loss gemodel 1.000000001164% 20.000000000000% 100.000000000000% 0.000000000000%"},
		{Object{Handle: 0x10000, Parent: Root, Options: &Netem{Limit: 1, Latency: 2, Jitter: 1, Table: []int16{-9000, 0, 9000}}},
			"tc qdisc add dev eth0 root handle 1: netem limit 1 delay 0.002us 0.001us distribution normal"},
		{Object{Handle: 0x10000, Parent: Root, Options: &Netem{Limit: 1, Latency: 2, Jitter: 1, Table: []int16{-6000, -2900, 9000}}},
			"tc qdisc add dev eth0 root handle 1: netem limit 1 delay 0.002us 0.001us distribution pareto"},
		{every[2], "tc qdisc add dev eth0 root handle 1: htb default 21"},
		{every[3], "tc class add dev eth0 parent 1: classid 1:1 htb rate 8000000bit ceil 8000000bit burst 1024 cburst 1024 quantum 4 overhead 5 mpu 6"},
		{every[5], "tc qdisc add dev eth0 root handle 1: tbf rate 8000000bit burst 1024 limit 3 overhead 4 mpu 5"},
		{every[6], "tc qdisc add dev eth0 parent 1:1 handle 2: bfifo limit 9"},
		{every[8], "tc qdisc add dev eth0 parent 1:1 handle 2: codel limit 9 target 5000us interval 100000us noecn"},
		{every[9], "tc qdisc add dev eth0 handle ffff: ingress"},
	} {
		if got := tt.o.Line("eth0"); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.o.Options.Kind(), got, tt.want)
		}
	}
	if got := (Redirect{}).Line("a", "b"); !strings.Contains(got, "protocol all prio 1 u32 match u32 0 0 action mirred egress redirect dev b") {
		t.Errorf("redirect: %s", got)
	}
}
