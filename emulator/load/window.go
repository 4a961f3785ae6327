package load

import "time"

// A reading is how far one thread, or all of them together, had come.
type reading struct {
	wall  time.Duration
	asked time.Duration // what should have been used by then
	used  time.Duration
	late  time.Duration // by how much a step was applied late, at most
}

// shares returns what was asked and used from a to b over the wall time
// between, and 0 if no time passed.
func shares(a, b reading) (asked, used float64) {
	if b.wall <= a.wall {
		return 0, 0
	}
	wall := float64(b.wall - a.wall)
	return float64(b.asked-a.asked) / wall, float64(b.used-a.used) / wall
}

// mean returns the average progress of several threads.
func mean(all []reading) (m reading) {
	for _, r := range all {
		m.wall += r.wall
		m.asked += r.asked
		m.used += r.used
		m.late = max(m.late, r.late)
	}
	if n := time.Duration(len(all)); n > 0 {
		m.wall, m.asked, m.used = m.wall/n, m.asked/n, m.used/n
	}
	return m
}

// A window keeps the readings of the last span.
type window struct {
	span time.Duration
	kept []reading // oldest first; the first is at least span old, if any is
}

// add takes a reading and returns the shares since the newest reading that is
// at least span old; since the first if none is.
func (w *window) add(r reading) (asked, used float64) {
	w.kept = append(w.kept, r)
	for len(w.kept) > 2 && r.wall-w.kept[1].wall >= w.span {
		w.kept = w.kept[1:]
	}
	return shares(w.kept[0], r)
}

// status takes the reading of all threads and says how they do.
func (w *window) status(r reading) Status {
	s := Status{Elapsed: r.wall, Late: r.late}
	s.Asked, s.Achieved = w.add(r)
	s.AskedTotal, s.Total = shares(reading{}, r)
	return s
}
