package dataset

import (
	"reflect"
	"strings"
	"testing"
)

// TestStratifiedIsBalanced: of classes of 5, 2, 0 and 9 images, each gives as
// many as the others, within one, or all it has; none is given twice.
func TestStratifiedIsBalanced(t *testing.T) {
	classes := []int{5, 2, 0, 9}
	for n, most := range map[int]int{1: 1, 2: 1, 3: 1, 4: 2, 6: 2, 7: 3, 8: 3, 9: 4, 12: 5, 13: 6, 16: 9} {
		for seed := range uint64(20) {
			items, err := stratified(classes, n, seed)
			if err != nil || len(items) != n {
				t.Fatalf("%d of 16: %d (%v)", n, len(items), err)
			}
			given := make([]int, len(classes))
			seen := make(map[item]bool)
			for _, it := range items {
				if seen[it] || it.index >= classes[it.class] {
					t.Fatalf("seed %d: item %v twice, or of none", seed, it)
				}
				seen[it] = true
				given[it.class]++
			}
			for c, g := range given {
				if g > most || g < min(most-1, classes[c]) {
					t.Errorf("seed %d, %d images: class %d gives %d of %d, want %d or %d", seed, n, c, g, classes[c], most-1, most)
				}
			}
		}
	}
}

// TestStratifiedDraws: the same seed draws the same, and a longer sample begins
// with the shorter; another seed draws others, of classes and of images.
func TestStratifiedDraws(t *testing.T) {
	classes := []int{50, 50, 50, 50}
	draw := func(n int, seed uint64) []item {
		items, err := stratified(classes, n, seed)
		if err != nil {
			t.Fatal(err)
		}
		return items
	}
	if a, b := draw(40, 7), draw(40, 7); !reflect.DeepEqual(a, b) {
		t.Error("the same seed draws another sample")
	}
	if a, b := draw(17, 7), draw(160, 7)[:17]; !reflect.DeepEqual(a, b) {
		t.Error("a longer sample does not begin with the shorter")
	}
	if a, b := draw(40, 7), draw(40, 8); reflect.DeepEqual(a, b) {
		t.Error("another seed draws the same sample")
	}
	first, indexes := make(map[int]bool), make(map[int]bool)
	for seed := range uint64(60) {
		it := draw(1, seed)[0]
		first[it.class], indexes[it.index] = true, true
	}
	if len(first) != 4 || len(indexes) < 20 { // 60 draws of 50: 35 different expected
		t.Errorf("60 seeds begin with %d classes and %d indexes, want 4 and 20 or more", len(first), len(indexes))
	}
}

// TestStratifiedClassesDiffer: each class has a draw of its own, and each round an
// order of its own: else the third image of every class would be of one batch of
// its files, and one class always first.
func TestStratifiedClassesDiffer(t *testing.T) {
	items, err := stratified([]int{50, 50, 50, 50}, 40, 7) // ten rounds
	if err != nil {
		t.Fatal(err)
	}
	orders, rounds := make(map[[4]int]bool), make(map[[4]int]bool)
	for round := range 10 {
		var order, indexes [4]int
		for i, it := range items[4*round:][:4] {
			order[i], indexes[it.class] = it.class, it.index
		}
		orders[order] = true
		rounds[[4]int{indexes[0] - indexes[1], indexes[1] - indexes[2], indexes[2] - indexes[3]}] = true
	}
	if len(orders) < 4 || len(rounds) < 9 { // ten draws of 24 orders; of 50 indexes
		t.Errorf("%d orders and %d differences of indexes in ten rounds, want 4 and 9 or more", len(orders), len(rounds))
	}
}

func TestStratifiedAll(t *testing.T) {
	items, err := stratified([]int{2, 0, 1}, 0, 9)
	if want := []item{{0, 0}, {0, 1}, {2, 0}}; err != nil || !reflect.DeepEqual(items, want) {
		t.Errorf("%v (%v), want %v", items, err, want)
	}
	if _, err := stratified([]int{2, 0, 1}, 4, 9); err == nil || !strings.Contains(err.Error(), "4 images asked for: want at most 3") {
		t.Errorf("4 of 3: %v", err)
	}
}
