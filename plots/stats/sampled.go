package stats

// A sampled keeps some of many values, evenly among all: every one, and every
// second of those whenever there are too many.
type sampled[T any] struct {
	n     int // that came
	every int
	kept  []T
}

// next counts a value, and says whether it is one to keep.
func (s *sampled[T]) next() bool {
	s.every = max(s.every, 1)
	s.n++
	return (s.n-1)%s.every == 0
}

// keep keeps a value of which next said so, with fewer than 2·most in all.
func (s *sampled[T]) keep(v T, most int) {
	s.kept = append(s.kept, v)
	if len(s.kept) < 2*most {
		return
	}
	for i := range most {
		s.kept[i] = s.kept[2*i]
	}
	s.kept, s.every = s.kept[:most], 2*s.every
}

func (s *sampled[T]) add(v T, most int) {
	if s.next() {
		s.keep(v, most)
	}
}

// Evenly are at most so many of a list, evenly among all.
func Evenly[T any](all []T, most int) []T {
	if len(all) <= most {
		return all
	}
	out := make([]T, most)
	for i := range out {
		out[i] = all[i*len(all)/most]
	}
	return out
}

// share is how many of total each of n conditions may have in a figure's
// series: at least least, so that one alone still shows something, and at most
// as many as a panel bears.
func share(total, n, least, most int) int { return min(max(total/max(n, 1), least), most) }
