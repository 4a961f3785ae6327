package scenarios

import "math/rand/v2"

// trials plans every condition in every repetition, the conditions of each
// repetition in an order of its own, so that what drifts on the machine falls
// on all of them alike.
func trials(s Scenario, conditions []Condition) []Trial {
	warmups, pairs, warm, images := 0, 0, 0, 0
	for _, c := range conditions {
		warmups, pairs = max(warmups, c.Warmup), max(pairs, c.Requests)
		warm, images = max(warm, c.Warmup*c.Batch), max(images, c.Requests*c.Batch)
	}
	deck := newDeck(s.Dataset.Images)
	var all []Trial
	for rep := range s.Repetitions {
		seeds := seedsOf(s.Seed, rep)
		samples := deck.deal(warm+images, seeds.Samples)
		first := firsts(s.Seed, rep, len(s.Selectors), max(warmups, pairs))
		order := rand.New(rand.NewPCG(seeds.Order, 0)).Perm(len(conditions))
		for _, i := range order {
			c := conditions[i]
			all = append(all, Trial{
				Condition:  i,
				Repetition: rep,
				Seeds:      seeds,
				Samples:    concat(samples[images:images+c.Warmup*c.Batch], samples[:c.Requests*c.Batch]),
				First:      concat(first[:c.Warmup], first[:c.Requests]),
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

// firsts says for n pairs which of the arms goes first: of every as many pairs
// as there are arms each does in one, by lot in which. Of as many repetitions as
// there are arms each is the one before it, turned by one, so that trials of a
// single pair are balanced as well.
func firsts(seed uint64, rep, arms, n int) []int {
	turn := rep % arms
	rng := rand.New(rand.NewPCG(seedsOf(seed, rep-turn).Order, 1))
	first := make([]int, 0, n+arms)
	for len(first) < n {
		for _, a := range rng.Perm(arms) {
			first = append(first, (a+turn)%arms)
		}
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
