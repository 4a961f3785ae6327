//go:build linux

package tc

import (
	"slices"
	"testing"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/tc/wire"
)

// A tausworthe is the kernel's generator (taus113 of L'Ecuyer; lib/random32.c),
// from which netem draws since it takes seeds.
type tausworthe [4]uint32

// newTausworthe is the kernel's prandom_seed_state.
func newTausworthe(seed uint64) (s tausworthe) {
	x := uint32(seed>>32) ^ uint32(seed<<10) ^ uint32(seed)
	for i, least := range [4]uint32{2, 8, 16, 128} {
		s[i] = x
		if x < least {
			s[i] += least
		}
	}
	return s
}

// next is the kernel's prandom_u32_state.
func (s *tausworthe) next() uint32 {
	step := func(x uint32, a, b int, mask uint32, d int) uint32 { return (x&mask)<<d ^ (x<<a^x)>>b }
	s[0] = step(s[0], 6, 13, 0xfffffffe, 18)
	s[1] = step(s[1], 2, 27, 0xfffffff8, 2)
	s[2] = step(s[2], 13, 21, 0xfffffff0, 7)
	s[3] = step(s[3], 3, 12, 0xffffff80, 13)
	return s[0] ^ s[1] ^ s[2] ^ s[3]
}

// predict returns the packets of count that netem loses with these settings,
// if it draws for nothing else.
func predict(n *wire.Netem, count int) (gone []int) {
	draws := newTausworthe(n.Seed)
	bad := false
	for i := range count {
		var dropped bool
		if g := n.Gilbert; g != nil {
			change, loss := draws.next(), draws.next()
			if bad {
				bad, dropped = change >= g.R, loss > g.H
			} else {
				bad, dropped = change < g.P, loss < g.K1
			}
		} else {
			dropped = n.Loss >= draws.next()
		}
		if dropped {
			gone = append(gone, i)
		}
	}
	return gone
}

// TestSeedDecides: with a seed, netem loses the very packets that its own
// formulas say, so the same each time.
func TestSeedDecides(t *testing.T) {
	need(t, "netem-seed")
	for _, l := range []emulator.Link{{Loss: 0.3}, {Loss: 0.1, LossBurst: 3}, {Loss: 0.02}} {
		for _, seed := range []uint64{1, 7, 1<<63 + 12345} {
			inNamespace(t, func(t *testing.T) {
				c := newCable(t)
				o := Options{Seed: seed}
				want := predict(netemOptions(l, false, o), 1000)
				for range 2 {
					must(t, ApplyWith("a", l, o))
					c.sendAll(1000, 60, 0)
					if gone := lost(c.receive(50*ms), 1000); !slices.Equal(gone, want) {
						t.Errorf("%+v, seed %d: lost %v, want %v", l, seed, gone, want)
					}
				}
			})
		}
	}
}

// TestSeedRepeats: with all that draws at once, which frames are lost, come
// twice and skip the delay is the same again, and otherwise with another seed.
// Which are corrupted would be, too, but not where: that is drawn elsewhere.
func TestSeedRepeats(t *testing.T) {
	need(t, "netem-seed")
	inNamespace(t, func(t *testing.T) {
		c := newCable(t)
		l := emulator.Link{Loss: 0.05, LossBurst: 3, Delay: 100 * ms, Jitter: 20 * ms, Duplicate: 0.1, Reorder: 0.1}
		copies := func(seed uint64) [2][1000]int {
			must(t, ApplyWith("a", l, Options{Seed: seed}))
			begins := c.sendAll(1000, 60, 0)
			var seen [2][1000]int // on time, ahead
			for _, a := range c.receive(200 * ms) {
				k := 0
				if a.at-begins[a.index] < 60*ms {
					k = 1
				}
				seen[k][a.index]++
			}
			return seen
		}
		one, same, other := copies(7), copies(7), copies(8)
		if one != same {
			t.Error("two runs of one seed differ")
		}
		if one == other {
			t.Error("another seed gives the same fates")
		}
	})
}
