package wire

import (
	"encoding/hex"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const ms = time.Millisecond

// bytesOf reads lines of hexadecimal bytes, each with a comment after two
// spaces and a slash.
func bytesOf(t *testing.T, lines string) []byte {
	t.Helper()
	var all []byte
	for line := range strings.Lines(lines) {
		digits, _, _ := strings.Cut(line, "/")
		b, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, b...)
	}
	return all
}

// TestGolden compares every kind of message with bytes written out, on a
// little-endian machine. Those marked "as tc" are what iproute2 6.1.0 sends
// for the command beside them, after the 16 bytes of the netlink header. They
// were captured, in a new network namespace, with
//
//	strace -e trace=sendmsg -e raw=sendmsg -e write=all tc …
//
// which works where the kernel lacks the qdisc, too. Where ours differ, it is
// said how.
func TestGolden(t *testing.T) {
	if native.Uint16([]byte{1, 0}) != 1 {
		t.Skip("a big-endian machine")
	}
	for _, tt := range []struct {
		name    string
		message []byte
		want    string
	}{
		{
			// As tc: qdisc add dev a root handle 1: htb default 1
			"htb", Object{Handle: 0x10000, Parent: Root, Options: &HTB{Default: 1}}.Message(3), `
			00 00 00 00  03 00 00 00  / family and padding, interface 3
			00 00 01 00  ff ff ff ff  / handle 1:0, parent root
			00 00 00 00               / info
			08 00 01 00  68 74 62 00  / 8 bytes of TCA_KIND: "htb\0"
			1c 00 02 00               / 28 bytes of TCA_OPTIONS:
			18 00 02 00               /   24 bytes of TCA_HTB_INIT:
			03 00 00 00  0a 00 00 00  /     version 3, rate2quantum 10
			01 00 00 00               /     default class 1
			00 00 00 00  00 00 00 00  /     debug, direct packets
			`,
		}, {
			// tc class add dev a parent 1: classid 1:1 htb rate 8mbit burst 2514
			// cburst 2514 quantum 1514 overhead 24 mpu 84
			// but with cell_align ffff and cell_log 3, which are about tables that
			// the kernel does not use and we do not send; and with buckets of
			// 71 99 00 00, truncated.
			"htb class", Object{Class: true, Handle: 0x10001, Parent: 0x10000,
				Options: &HTBClass{Rate: 1_000_000, Burst: 2514, Quantum: 1514, Overhead: 24, Least: 84}}.Message(3), `
			00 00 00 00  03 00 00 00
			01 00 01 00  00 00 01 00  / handle 1:1, parent 1:0
			00 00 00 00
			08 00 01 00  68 74 62 00
			34 00 02 00               / TCA_OPTIONS:
			30 00 01 00               /   TCA_HTB_PARMS:
			00 01 18 00  00 00 54 00  /     rate: cell_log, linklayer Ethernet, overhead 24; cell_align, mpu 84
			40 42 0f 00               /           1 000 000 bytes/s
			00 01 18 00  00 00 54 00  /     ceil, the same
			40 42 0f 00
			72 99 00 00  72 99 00 00  /     buffer, cbuffer: 2514 µs / 64 ns = 39281.25, rounded up
			ea 05 00 00               /     quantum 1514
			00 00 00 00  00 00 00 00  /     level, priority
			`,
		}, {
			// Above 2^32 bytes/s, tc sends these two attributes in this order too.
			"htb class of 100 Gbit/s", (&HTBClass{Rate: 12_500_000_000, Burst: 12_501_514}).options(), `
			0c 00 06 00  00 dd 0e e9  02 00 00 00  / TCA_HTB_RATE64: 12 500 000 000 = 0x2e90edd00
			0c 00 07 00  00 dd 0e e9  02 00 00 00  / TCA_HTB_CEIL64
			30 00 01 00
			00 01 00 00  00 00 00 00  ff ff ff ff  / rate: as much as fits
			00 01 00 00  00 00 00 00  ff ff ff ff
			0b 3d 00 00  0b 3d 00 00               / 12 501 514 / 12.5e9 s = 1 000 121 ns: 15626.9 ticks, 15627 = 0x3d0b
			00 00 00 00  00 00 00 00  00 00 00 00
			`,
		}, {
			// tc qdisc add dev a root handle 1: tbf rate 8mbit burst 2514 limit
			// 64000, with the differences of the class above, and one table less.
			"tbf", Object{Handle: 0x10000, Parent: Root, Options: &TBF{Rate: 1_000_000, Burst: 2514, Limit: 64_000}}.Message(3), `
			00 00 00 00  03 00 00 00  00 00 01 00  ff ff ff ff  00 00 00 00
			08 00 01 00  74 62 66 00  / "tbf\0"
			34 00 02 00
			28 00 01 00               /   TCA_TBF_PARMS:
			00 01 00 00  00 00 00 00  40 42 0f 00  / rate
			00 00 00 00  00 00 00 00  00 00 00 00  / no peak rate
			00 fa 00 00               /     limit 64 000
			72 99 00 00               /     bucket in ticks
			00 00 00 00               /     mtu: of the peak rate
			08 00 06 00  d2 09 00 00  /   TCA_TBF_BURST: 2514 bytes
			`,
		}, {
			// As tc: qdisc add dev a parent 1:1 handle 2: bfifo limit 13626
			"bfifo", Object{Handle: 0x20000, Parent: 0x10001, Options: &FIFO{Limit: 13_626}}.Message(3), `
			00 00 00 00  03 00 00 00  00 00 02 00  01 00 01 00  00 00 00 00
			0a 00 01 00  62 66 69 66  6f 00 00 00  / 10 bytes: "bfifo\0", and 2 of padding
			08 00 02 00  3a 35 00 00
			`,
		}, {
			"pfifo", Object{Handle: 0x20000, Parent: 0x10001, Options: &FIFO{Packets: true, Limit: 10}}.Message(3), `
			00 00 00 00  03 00 00 00  00 00 02 00  01 00 01 00  00 00 00 00
			0a 00 01 00  70 66 69 66  6f 00 00 00
			08 00 02 00  0a 00 00 00
			`,
		}, {
			// As tc: qdisc add dev a parent 1:1 handle 3: codel limit 100 target 5ms
			// interval 100ms noecn
			"codel", Object{Handle: 0x30000, Parent: 0x10001, Options: &CoDel{Target: 5 * ms, Interval: 100 * ms, Limit: 100}}.Message(3), `
			00 00 00 00  03 00 00 00  00 00 03 00  01 00 01 00  00 00 00 00
			0a 00 01 00  63 6f 64 65  6c 00 00 00
			24 00 02 00
			08 00 02 00  64 00 00 00  / limit 100
			08 00 03 00  a0 86 01 00  / interval 100 000 µs
			08 00 01 00  88 13 00 00  / target 5000 µs
			08 00 04 00  00 00 00 00  / no ECN
			`,
		}, {
			// As tc: qdisc add dev a handle ffff: ingress
			"ingress", Object{Handle: 0xffff0000, Parent: Ingress, Options: &IngressQdisc{}}.Message(3), `
			00 00 00 00  03 00 00 00  00 00 ff ff  f1 ff ff ff  00 00 00 00
			0c 00 01 00  69 6e 67 72  65 73 73 00
			`,
		}, {
			// tc qdisc add dev a root handle 1: netem limit 1000 delay 20ms 4ms
			// loss gemodel 1% 20% rate 10mbit 24
			// sends of these bytes the structure, TCA_NETEM_LOSS and
			// TCA_NETEM_RATE, and that h is 0 for the 1-h of 100 % that is its
			// default.
			"netem with losses in bursts", Object{Handle: 0x10000, Parent: Root, Options: &Netem{
				Latency: 20 * ms, Jitter: 4 * ms, Limit: 1000, Rate: 1_250_000, Overhead: 24,
				Gilbert: &Gilbert{P: Probability(0.01), R: Probability(0.2)},
			}}.Message(3), `
			00 00 00 00  03 00 00 00  00 00 01 00  ff ff ff ff  00 00 00 00
			0a 00 01 00  6e 65 74 65  6d 00 00 00  / "netem\0"
			78 00 02 00                            / TCA_OPTIONS, 120 bytes:
			b4 c4 04 00  e8 03 00 00               /   latency 312 500 ticks, limit 1000
			00 00 00 00  00 00 00 00               /   loss, gap
			00 00 00 00  24 f4 00 00               /   duplicate, jitter 62 500 ticks
			0c 00 0a 00  00 2d 31 01  00 00 00 00  /   TCA_NETEM_LATENCY64: 20 000 000 ns
			0c 00 0b 00  00 09 3d 00  00 00 00 00  /   TCA_NETEM_JITTER64: 4 000 000 ns
			0c 00 03 00  00 00 00 00  00 00 00 00  /   TCA_NETEM_REORDER: none, uncorrelated
			0c 00 04 00  00 00 00 00  00 00 00 00  /   TCA_NETEM_CORRUPT: none
			18 00 05 80                            /   TCA_NETEM_LOSS, nested:
			14 00 02 00  29 5c 8f 02  33 33 33 33  /     NETEM_LOSS_GE: p 1 % = 42 949 673, r 20 %
			00 00 00 00  00 00 00 00               /       h, k1
			14 00 06 00  d0 12 13 00  18 00 00 00  /   TCA_NETEM_RATE: 1 250 000 bytes/s, 24 more of each packet
			00 00 00 00  00 00 00 00               /     no cells
			`,
		}, {
			// tc qdisc add dev b root handle 1: netem limit 1000 delay 20ms 4ms
			// reorder 5% corrupt 1% duplicate 2% rate 100gbit
			// sends these but for the nanoseconds.
			"netem with all else", (&Netem{
				Latency: 20 * ms, Jitter: 4 * ms, Limit: 1000, Rate: 12_500_000_000,
				Loss: 1, Reorder: Probability(0.05), Corrupt: Probability(0.01), Duplicate: Probability(0.02),
				Table: []int16{-8192, 0, 8192}, Seed: 0x0102030405060708,
			}).options(), `
			b4 c4 04 00  e8 03 00 00  01 00 00 00  / loss 1/2^32
			01 00 00 00  52 b8 1e 05  24 f4 00 00  / gap 1, for each packet may be reordered; duplicate 2 %
			0c 00 0a 00  00 2d 31 01  00 00 00 00
			0c 00 0b 00  00 09 3d 00  00 00 00 00
			0c 00 03 00  cd cc cc 0c  00 00 00 00  / reorder 5 %
			0c 00 04 00  29 5c 8f 02  00 00 00 00  / corrupt 1 %
			0c 00 08 00  00 dd 0e e9  02 00 00 00  / TCA_NETEM_RATE64
			14 00 06 00  ff ff ff ff  00 00 00 00  00 00 00 00  00 00 00 00
			0a 00 02 00  00 e0 00 00  00 20 00 00  / TCA_NETEM_DELAY_DIST: −1, 0 and 1 standard deviation, and 2 of padding
			0c 00 0e 00  08 07 06 05  04 03 02 01  / TCA_NETEM_PRNG_SEED
			`,
		}, {
			// As tc sends "loss gemodel" of these four, 1-h of 2^32-4 and 1-k of 4.
			"each chance in its place", (&Netem{Gilbert: &Gilbert{P: 1, R: 2, H: 3, K1: 4}}).options()[72:96], `
			18 00 05 80  14 00 02 00
			01 00 00 00  02 00 00 00  / p, r
			03 00 00 00  04 00 00 00  / h, k1
			`,
		}, {
			// tc filter add dev a parent ffff: protocol ip prio 1 u32 match ip src
			// 10.0.0.2 action mirred egress redirect dev b
			// sends the action before the selector, and its options flagged as
			// nested.
			"redirect from an address", Redirect{To: 2, From: netip.MustParseAddr("10.0.0.2")}.Message(3), `
			00 00 00 00  03 00 00 00  00 00 00 00  00 00 ff ff  / parent ffff:
			08 00 01 00                            / info: priority 1, protocol 0x0800 in network order
			08 00 01 00  75 33 32 00               / "u32\0"
			60 00 02 00
			24 00 05 00                            / TCA_U32_SEL:
			01 00 01 00  00 00 00 00  00 00 00 00  00 00 00 00  / terminal, 1 key
			ff ff ff ff  0a 00 00 02               /   mask, 10.0.0.2
			0c 00 00 00  00 00 00 00               /   at byte 12 of the IP header
			38 00 07 00                            / TCA_U32_ACT:
			34 00 01 00                            /   the first:
			0b 00 01 00  6d 69 72 72  65 64 00 00  /     "mirred\0"
			24 00 02 00                            /     TCA_ACT_OPTIONS:
			20 00 02 00                            /       TCA_MIRRED_PARMS:
			00 00 00 00  00 00 00 00  04 00 00 00  /         index, capabilities, TC_ACT_STOLEN
			00 00 00 00  00 00 00 00               /         counts
			01 00 00 00  02 00 00 00               /         TCA_EGRESS_REDIR, interface 2
			`,
		}, {
			// tc has one key here that matches all.
			"redirect of all", Redirect{To: 2}.Message(3)[16:44], `
			00 03 01 00                            / priority 1, protocol 0x0003, all
			08 00 01 00  75 33 32 00
			50 00 02 00
			14 00 05 00  01 00 00 00  00 00 00 00  / no keys
			`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(bytesOf(t, tt.want), tt.message); diff != "" {
				t.Errorf("message (-want +got):\n%s\n% x", diff, tt.message)
			}
		})
	}
}

func TestRedirectFromIPv6(t *testing.T) {
	sel := Redirect{From: netip.MustParseAddr("fd00::1:2")}.selector()
	want := []byte{terminal, 0, 4, 0}
	want = append(want, make([]byte, 12)...)
	for i, word := range [][]byte{{0xfd, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 1, 0, 2}} {
		want = append(append(want, 0xff, 0xff, 0xff, 0xff), word...)
		want = u32(u32(want, uint32(8+4*i)), 0) // the source is at byte 8
	}
	if diff := cmp.Diff(want, sel); diff != "" {
		t.Errorf("selector (-want +got):\n%s", diff)
	}
}

func TestProbability(t *testing.T) {
	for p, want := range map[float64]uint32{
		0:     0,
		1:     math.MaxUint32,
		0.5:   1 << 31,    // 2147483647.5, to even
		0.01:  42_949_673, // 42949672.95
		1e-10: 0,          // 0.43
	} {
		if got := Probability(p); got != want {
			t.Errorf("Probability(%v) = %d, want %d", p, got, want)
		}
	}
}
