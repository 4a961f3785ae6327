package sim

import "time"

// A heap holds what is to come, the next first, each with four children. Each
// timer knows its place, so that it can be taken out.
type heap []entry

type entry struct {
	at    time.Duration
	count uint64 // in the order of scheduling
	timer *Timer
}

func (a *entry) before(b *entry) bool { return a.at < b.at || a.at == b.at && a.count < b.count }

func (h *heap) push(x entry) {
	*h = append(*h, x)
	h.up(len(*h)-1, x)
}

// remove takes out the entry at index i.
func (h *heap) remove(i int) {
	old := *h
	old[i].timer.place = 0
	last := len(old) - 1
	x := old[last]
	old[last] = entry{}
	*h = old[:last]
	if i == last {
		return
	}
	if i > 0 && x.before(&old[(i-1)/4]) {
		h.up(i, x)
		return
	}
	h.down(i, x)
}

// up puts x at index i or above.
func (h *heap) up(i int, x entry) {
	s := *h
	for i > 0 {
		parent := (i - 1) / 4
		if !x.before(&s[parent]) {
			break
		}
		s.set(i, s[parent])
		i = parent
	}
	s.set(i, x)
}

// down puts x at index i or below.
func (h *heap) down(i int, x entry) {
	s := *h
	for {
		first := 4*i + 1
		if first >= len(s) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(s)); c++ {
			if s[c].before(&s[least]) {
				least = c
			}
		}
		if !s[least].before(&x) {
			break
		}
		s.set(i, s[least])
		i = least
	}
	s.set(i, x)
}

func (h heap) set(i int, x entry) {
	h[i] = x
	x.timer.place = i + 1
}
