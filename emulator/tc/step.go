package tc

import (
	"math"
	"time"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// A Step is a change that a Player made.
type Step struct {
	Due, Done time.Duration // since the link was set
	Clamped   bool          // the rate was raised to the least that can be played
}

// slowest is the least rate in bit/s for which a bucket fits the kernel's
// clock, with room to spare.
const slowest unit.BitRate = 64

// clamp returns the rate that is played for a step of rate r that lasts so
// long: at least one full frame must pass, for the kernel does not hasten one
// that it has begun (reference 4.3).
func clamp(r unit.BitRate, lasts time.Duration) (played unit.BitRate, clamped bool) {
	least := slowest
	if lasts > 0 && lasts != trace.Forever {
		least = max(least, unit.BitRate(math.Ceil(8*float64(frame)/lasts.Seconds())))
	}
	return max(r, least), r < least
}

// stepSeed returns the seed of the step that is due at t: SplitMix64 of both,
// and never 0, which would be no seed.
func stepSeed(seed uint64, t time.Duration) uint64 {
	z := seed + uint64(t)*0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return max(z^z>>31, 1)
}
