package selector

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pair is an option of two parts on an edge and a cloud, and what is seen of
// them: the first takes 10 ms of computing, the second 30 ms and 10 ms each
// way; loading takes 100 and 200 ms.
func pair(p Placement, unsure, share float64) Option {
	return Option{Model: "small", Node: "edge", Load: 100 * ms, Infer: 10 * ms, Placement: p, Unsure: unsure, Share: share,
		Second: &Option{Model: "big", Node: "cloud", Load: 200 * ms, Infer: 30 * ms}}
}

func seen(images int, loaded ...string) Observation {
	return Observation{Upload: 1, Download: 1, Batch: images, Devices: []Device{
		{Name: "edge", Loaded: loaded, Held: []string{"small"}},
		{Name: "cloud", RTT: 20 * ms, Loaded: loaded, Held: []string{"big"}},
	}}
}

func idle(string) float64 { return 1 }

func TestTogether(t *testing.T) {
	both := []string{"small", "big"}
	for _, tt := range []struct {
		name string
		opt  Option
		o    Observation
		want Phases
	}{
		// 10 + 0.3·(10 + 30 + 10)
		{"a cascade", pair(Cascade, 0.3, 0), seen(1, both...), Phases{Upload: 3 * ms, Infer: 19 * ms, Download: 3 * ms}},
		{"that is always sure", pair(Cascade, 0, 0), seen(1, both...), Phases{Infer: 10 * ms}},
		{"that never is", pair(Cascade, 1, 0), seen(1, both...), Phases{Upload: 10 * ms, Infer: 40 * ms, Download: 10 * ms}},
		// The second part has to be loaded with a chance of 0.3: 60 ms.
		{"a cold cascade", pair(Cascade, 0.3, 0), seen(1), Phases{Upload: 3 * ms, Load: 160 * ms, Infer: 19 * ms, Download: 3 * ms}},
		// Of two images 0.6 are unsure; a chance of 1 − 0.7² = 0.51 that any is: 102 ms.
		{"a cold cascade of two images", pair(Cascade, 0.3, 0), seen(2), Phases{Upload: 6 * ms, Load: 202 * ms, Infer: 38 * ms, Download: 6 * ms}},
		// 0.7·10 + 0.3·(10 + 30 + 10)
		{"hedged", pair(Hedged, 0.3, 0), seen(1, both...), Phases{Upload: 3 * ms, Infer: 16 * ms, Download: 3 * ms}},
		// The first is not open, 110 ms: the second is always sooner.
		{"hedged, the first cold", pair(Hedged, 0.3, 0), seen(1, "big"), Phases{Upload: 10 * ms, Infer: 30 * ms, Download: 10 * ms}},
		// Sure of both, 0.49: 20 ms. Else the second works at 1.3 of them, 65 ms.
		{"hedged, two images", pair(Hedged, 0.3, 0), seen(2, both...),
			Phases{Upload: 6630 * time.Microsecond, Infer: 9800*time.Microsecond + 19890*time.Microsecond, Download: 6630 * time.Microsecond}},
		// Never sure: the second works at both.
		{"hedged, unsure of two images", pair(Hedged, 1, 0), seen(2, both...), Phases{Upload: 20 * ms, Infer: 60 * ms, Download: 20 * ms}},
		// Seven images of 10 ms against one of 50.
		{"split", pair(Split, 0, 0.85), seen(8, both...), Phases{Infer: 70 * ms}},
		{"split, the second later", pair(Split, 0, 0.5), seen(8, both...), Phases{Upload: 40 * ms, Infer: 120 * ms, Download: 40 * ms}},
		{"split of one image", pair(Split, 0, 0.85), seen(1, both...), Phases{Infer: 10 * ms}},
		{"split, nothing for the first", pair(Split, 0, 0.1), seen(2, both...), Phases{Upload: 20 * ms, Infer: 60 * ms, Download: 20 * ms}},
	} {
		if diff := cmp.Diff(tt.want, Expected(tt.o, tt.opt, idle)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestShares(t *testing.T) {
	for _, tt := range []struct {
		share       float64
		n, one, two int
	}{{0.5, 8, 4, 4}, {0.85, 8, 7, 1}, {0.5, 1, 1, 0}, {0.4, 1, 0, 1}, {0, 3, 0, 3}, {1, 3, 3, 0}, {7, 3, 3, 0}, {-1, 3, 0, 3}} {
		if a, b := (Option{Share: tt.share}).Shares(tt.n); a != tt.one || b != tt.two {
			t.Errorf("share %v of %d images: %d and %d, want %d and %d", tt.share, tt.n, a, b, tt.one, tt.two)
		}
	}
}

// TestTogetherIsPlayed compares means and bounds with 20000 requests drawn: each
// part normal around its mean, by 5 %, and unsure by chance.
func TestTogetherIsPlayed(t *testing.T) {
	const n, sd = 20000, 0.05
	for _, p := range []Placement{Cascade, Hedged, Split} {
		for _, unsure := range []float64{0.02, 0.2, 0.5, 0.9} {
			rng := rand.New(rand.NewPCG(1, 2))
			a, b := guess{spread: single(40*ms, square(40*sd))}, guess{spread: single(100*ms, square(100*sd))}
			var times []float64
			for range n {
				x, y := draw(rng, a), draw(rng, b)
				doubt := rng.Float64() < unsure
				switch {
				case p == Cascade && doubt:
					x += y
				case p == Hedged && doubt:
					x = y
				case p == Hedged:
					x = min(x, y)
				case p == Split:
					x = max(x, y)
				}
				times = append(times, x)
			}
			s := map[Placement]spread{
				Cascade: either(1-unsure, a.spread, unsure, a.spread.plus(b.spread)),
				Hedged:  either(1-unsure, a.spread, unsure, b.spread),
				Split:   either(1, a.spread, 1, b.spread),
			}[p]
			slices.Sort(times)
			got, want := s.within(0.95, z95, 1), times[n*95/100]
			// By how many requests are within the bound, not by how far it is.
			inside, _ := slices.BinarySearch(times, got)
			if share := float64(inside) / n; math.Abs(share-0.95) > 0.006 {
				t.Errorf("%s, unsure %v: bound %.4g ms (drawn %.4g) has %.3f within", p, unsure, got/1e6, want/1e6, share)
			}
		}
	}
}

func square(milliseconds float64) float64 { return milliseconds * milliseconds * 1e12 }

func draw(rng *rand.Rand, g guess) float64 {
	return g.spread.m[0] + math.Sqrt(g.spread.v[0])*rng.NormFloat64()
}
