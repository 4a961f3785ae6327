package runner

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/selector"
)

// TestPhasesAddUp: whatever replies there are, in whatever order, with time
// between them, and failed in the middle of a phase, the phases of a request add
// up to the time that it took, and none is negative.
func TestPhasesAddUp(t *testing.T) {
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, 0))
	on := selector.Option{Model: "big", Node: "cloud"}
	for _, placement := range []selector.Placement{selector.Alone, selector.Cascade, selector.Hedged, selector.Split} {
		o := selector.Option{Model: "small", Node: "edge", Placement: placement}
		if placement != selector.Alone {
			o.Second = &on
		}
		for range 2000 {
			n := 1 + rng.IntN(4)
			a := answered(o, parts(o), n, drawn(rng, placement, n))
			if p := a.phases; p.Total() != a.done-a.sent || min(p.Upload, p.Queue, p.Infer, p.Download) < 0 {
				t.Fatalf("seed %d, %q: phases %+v add up to %v, and it took %v; of %+v", seed, placement, p, p.Total(), a.done-a.sent, a.replies)
			}
		}
	}
}

// drawn are replies to some of n images, at least one: of each part one after the
// other; in a cascade, of both.
func drawn(rng *rand.Rand, placement selector.Placement, n int) (all []reply) {
	var at [2]time.Duration
	for i := range n {
		for part := range 2 {
			if part == 1 && placement == selector.Alone || len(all) > 0 && rng.IntN(4) == 0 {
				continue
			}
			clock := &at[part]
			if placement == selector.Cascade {
				clock = &at[0]
			}
			*clock += time.Duration(rng.IntN(5))
			r := reply{image: i, part: part, sure: rng.IntN(2) == 0}
			r.Sent = *clock
			r.Phases = selector.Phases{Upload: time.Duration(rng.IntN(9)), Infer: time.Duration(rng.IntN(9)), Download: time.Duration(rng.IntN(9))}
			*clock += r.Phases.Total()
			if rng.IntN(5) == 0 {
				r.Err, r.sure = "gone", false
				*clock += time.Duration(rng.IntN(9)) // in the middle of something
			}
			r.Done = *clock
			all = append(all, r)
		}
	}
	return all
}
