package emulator

import (
	"math/bits"
	"math/rand/v2"
)

// A stream is the randomness of one box, from which no other box draws. Each
// packet takes one draw from it, whatever becomes of the packet, so that
// packet i has the same luck under any setting of the other boxes.
type stream struct{ source rand.PCG }

// newStream makes a stream whose seed comes from rng, or, for boxes that draw
// nothing, without any.
func newStream(rng *rand.Rand) (s stream) {
	if rng != nil {
		s.source.Seed(rng.Uint64(), rng.Uint64())
	}
	return s
}

// share draws from [0, 1), as rand.Float64 does.
func (s *stream) share() float64 { return float64(s.source.Uint64()<<11>>11) / (1 << 53) }

// inside draws from (0, 1).
func (s *stream) inside() float64 { return (float64(s.source.Uint64()>>12) + 0.5) / (1 << 52) }

// below draws from 0 to n − 1.
func (s *stream) below(n uint64) uint64 { return scale(s.source.Uint64(), n) }

// scale takes a draw from 64 bits to one from 0 to n − 1. No number is likelier
// than another by more than n/2⁶⁴, and it takes always one draw, which a
// method without that error does not.
func scale(draw, n uint64) uint64 {
	high, _ := bits.Mul64(draw, n)
	return high
}

// A chance is a box that does something to a share of the packets.
type chance struct {
	luck  stream
	share float64
}

// hit draws for the next packet.
func (c *chance) hit() bool { return c.share > 0 && c.luck.share() < c.share }
