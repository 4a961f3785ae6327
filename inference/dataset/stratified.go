package dataset

import (
	"fmt"
	"math/rand/v2"
)

// all asks stratified for every image, in the order of the files.
const all = 0

// stratified draws n of the items, balanced over the classes: each class gives
// as many as any other, within one, or all it has. classes[c] is how many items
// class c has; item i of class c is (c, i). It goes in rounds: in each, every
// class that has an item left gives one, drawn at random, in an order drawn anew;
// so the beginning of a sample is balanced as well, and a longer sample by the
// same seed begins with the shorter one. n is at least 0 and 0 means every item,
// in order.
func stratified(classes []int, n int, seed uint64) ([]item, error) {
	total := 0
	for _, have := range classes {
		total += have
	}
	if n > total {
		return nil, fmt.Errorf("%d images asked for: want at most %d, it has no more", n, total)
	}
	if n == all {
		return everything(classes, total), nil
	}
	drawn := make([][]int, len(classes)) // of each class, in the order they are given
	for c, have := range classes {
		drawn[c] = rand.New(rand.NewPCG(seed, uint64(c))).Perm(have)
	}
	items := make([]item, 0, n)
	for round := 0; ; round++ {
		order := rand.New(rand.NewPCG(seed, orderOf|uint64(round))).Perm(len(classes))
		for _, c := range order {
			if round >= len(drawn[c]) {
				continue
			}
			items = append(items, item{class: c, index: drawn[c][round]})
			if len(items) == n {
				return items, nil
			}
		}
	}
}

// orderOf keeps the seeds of the rounds apart from those of the classes.
const orderOf = 1 << 63

// An item is one image of a class, by number.
type item struct{ class, index int }

func everything(classes []int, total int) []item {
	items := make([]item, 0, total)
	for c, have := range classes {
		for i := range have {
			items = append(items, item{class: c, index: i})
		}
	}
	return items
}
