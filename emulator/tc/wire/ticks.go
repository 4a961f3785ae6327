package wire

import (
	"math"
	"math/bits"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// Tick is the unit of time in the older structures of traffic control. It has
// been 64 ns since Linux 2.6.31 (PSCHED_SHIFT in include/net/pkt_sched.h), and
// is the second word of /proc/net/psched.
const Tick = 64 * time.Nanosecond

// Ticks returns d in ticks, rounded to the nearest; the most that 32 bits hold
// if it is more.
func Ticks(d time.Duration) uint32 {
	return uint32(min((max(d, 0)+Tick/2)/Tick, math.MaxUint32))
}

// BucketTicks returns how long n bytes take at rate bytes a second, in ticks
// rounded up, and 0 if 32 bits do not hold it. n and rate must be positive.
//
// Note: iproute2 (up to 6.14) and the netlink libraries go through whole
// microseconds and so make buckets of fast links smaller than a frame, which
// then pass nothing.
func BucketTicks(n unit.Bytes, rate uint64) uint32 {
	hi, lo := bits.Mul64(uint64(n), uint64(time.Second/Tick))
	if hi >= rate {
		return 0
	}
	whole, rest := bits.Div64(hi, lo, rate)
	if rest > 0 {
		whole++
	}
	if whole > math.MaxUint32 {
		return 0
	}
	return uint32(whole)
}

// Probability returns p, in [0, 1], as netem counts it: 2^32-1 is 1. One below
// 1.2e-10 is 0.
func Probability(p float64) uint32 { return uint32(math.RoundToEven(p * math.MaxUint32)) }
