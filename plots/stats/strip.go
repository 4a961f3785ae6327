package stats

// How many choices the strips of all conditions and arms have, and at least and
// at most one.
const (
	stripParts      = 7200
	leastStripParts = 60
	mostStripParts  = 300
)

// A Strip is what an arm chose in the course of a condition: its requests in
// order of trial and pair.
type Strip struct {
	Requests int
	Trials   []int  // at which request each begins
	Parts    []Part // at most 300: of more choices, those of requests evenly among all
}

// A Part is requests From to To, this not among them, for which an arm chose one
// option.
type Part struct {
	From, To int
	Option   int // in Series.Models; −1: it gave none
}

// strips are those of all arms.
func (d *data) strips(c *cell, models map[string]int) (out []Strip) {
	most := share(stripParts, len(d.cells)*len(d.arms), leastStripParts, mostStripParts)
	for _, requests := range c.requests {
		s := Strip{Requests: len(requests)}
		for i, r := range requests {
			if i == 0 || r.Repetition != requests[i-1].Repetition {
				s.Trials = append(s.Trials, i)
			}
		}
		n := min(len(requests), most)
		for i := range n {
			from, to := i*len(requests)/n, (i+1)*len(requests)/n
			option := d.placeAmong(models, requests[from])
			if last := len(s.Parts) - 1; last >= 0 && s.Parts[last].Option == option {
				s.Parts[last].To = to
				continue
			}
			s.Parts = append(s.Parts, Part{from, to, option})
		}
		out = append(out, s)
	}
	return out
}
