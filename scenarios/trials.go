package scenarios

import "math/rand/v2"

// trials plans every condition in every repetition, the conditions of each
// repetition in an order of its own, so that what drifts on the machine falls
// on all of them alike.
func trials(s Scenario, conditions []Condition) []Trial {
	warmups, pairs := 0, 0
	for _, c := range conditions {
		warmups, pairs = max(warmups, c.Warmup), max(pairs, c.Requests)
	}
	deck := newDeck(s.Dataset.Images)
	var all []Trial
	for rep := range s.Repetitions {
		seeds := seedsOf(s.Seed, rep)
		samples := deck.deal(warmups+pairs, seeds.Samples)
		first := arms(s.Seed, rep, max(warmups, pairs))
		order := rand.New(rand.NewPCG(seeds.Order, 0)).Perm(len(conditions))
		for _, i := range order {
			c := conditions[i]
			all = append(all, Trial{
				Condition:  i,
				Repetition: rep,
				Seeds:      seeds,
				Samples:    concat(samples[pairs:pairs+c.Warmup], samples[:c.Requests]),
				BaseFirst:  concat(first[:c.Warmup], first[:c.Requests]),
			})
		}
	}
	return all
}

// concat is a slice of its own, the warm-ups first.
func concat[T any](warmups, pairs []T) []T {
	return append(append(make([]T, 0, len(warmups)+len(pairs)), warmups...), pairs...)
}

// seedsOf draws the seeds of a repetition from it and the scenario's seed.
func seedsOf(seed uint64, rep int) Seeds {
	rng := rand.New(rand.NewPCG(seed, uint64(rep)))
	return Seeds{Samples: rng.Uint64(), Order: rng.Uint64(), Link: rng.Uint64()}
}

// arms says for n pairs whether the baseline goes first: of every two pairs
// it does in one, by lot in which. An odd repetition is the mirror of the even
// one before it, so that trials of a single pair are balanced as well.
func arms(seed uint64, rep, n int) []bool {
	rng := rand.New(rand.NewPCG(seedsOf(seed, rep&^1).Order, 1))
	first := make([]bool, 0, n+1)
	for len(first) < n {
		heads := rng.IntN(2) == 0 != (rep%2 == 1)
		first = append(first, heads, !heads)
	}
	return first[:n]
}

// A deck deals images without replacement, over repetitions too, as long as
// there are enough of them for the next repetition; then it starts anew. A
// repetition takes as many as its largest condition needs, so that a plan's
// first repetitions do not depend on how many there are.
type deck struct {
	cards []int
	dealt int
}

func newDeck(n int) *deck {
	d := &deck{cards: make([]int, n)}
	for i := range d.cards {
		d.cards[i] = i
	}
	return d
}

// deal draws n images by lot. They are different ones if the deck has n.
func (d *deck) deal(n int, seed uint64) []int {
	rng := rand.New(rand.NewPCG(seed, 0))
	if n > len(d.cards)-d.dealt {
		d.dealt = 0
	}
	hand := make([]int, 0, n)
	for range n {
		if d.dealt == len(d.cards) {
			d.dealt = 0
		}
		k := d.dealt + rng.IntN(len(d.cards)-d.dealt)
		d.cards[d.dealt], d.cards[k] = d.cards[k], d.cards[d.dealt]
		hand = append(hand, d.cards[d.dealt])
		d.dealt++
	}
	return hand
}
