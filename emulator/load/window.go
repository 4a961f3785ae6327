//go:build linux

package load

import "time"

// A reading is how far one thread, or all of them together, had come.
type reading struct {
	wall, cpu time.Duration
}

// share returns the CPU time used from a to b over the wall time between, and
// 0 if no time passed.
func share(a, b reading) float64 {
	if b.wall <= a.wall {
		return 0
	}
	return float64(b.cpu-a.cpu) / float64(b.wall-a.wall)
}

// A window keeps the readings of the last span.
type window struct {
	span time.Duration
	kept []reading // oldest first; the first is at least span old, if any is
}

// add takes a reading and returns the share since the newest reading that is
// at least span old; since the first if none is.
func (w *window) add(r reading) float64 {
	w.kept = append(w.kept, r)
	for len(w.kept) > 2 && r.wall-w.kept[1].wall >= w.span {
		w.kept = w.kept[1:]
	}
	return share(w.kept[0], r)
}
