package stats

import (
	"cmp"
	"slices"
)

// names are those of a run's options by which both runs know them: by model
// where neither has several nodes, else by label.
func (c *contrast) names(d *data) (names []string) {
	for _, o := range d.run.Header.Profile {
		if c.several() {
			names = append(names, o.Label())
			continue
		}
		names = append(names, o.Model)
	}
	return names
}

func (c *contrast) several() bool { return c.a.options.several || c.b.options.several }

// chose is the name of what was chosen for a request; empty if nothing was.
func (c *contrast) chose(r *request) string {
	if c.several() {
		return cmp.Or(r.Option, r.Model)
	}
	return r.Model
}

// choices counts at how many places both runs chose, and chose the same. The
// others are swaps.
func (c *contrast) choices(x, y []*request) (out Alike, swaps []Swap) {
	theirs := make(map[[2]int32]*request, len(y))
	for _, r := range y {
		theirs[[2]int32{r.Repetition, r.Pair}] = r
	}
	for _, r := range x {
		q := theirs[[2]int32{r.Repetition, r.Pair}]
		if q == nil || c.chose(r) == "" || c.chose(q) == "" {
			continue
		}
		out.N++
		if c.chose(r) == c.chose(q) {
			out.Same++
		} else {
			swaps = append(swaps, Swap{c.chose(r), c.chose(q), 1})
		}
	}
	return out, swaps
}

// swapped are the kinds of different choices, the most frequent first.
func (c *contrast) swapped() []Swap {
	out := []Swap{}
	for of, n := range c.swaps {
		out = append(out, Swap{of[0], of[1], n})
	}
	slices.SortFunc(out, func(a, b Swap) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
	})
	return out
}

// chosen is what each option took that both runs chose in a condition, whichever
// arm did: its medians of t alone.
func (c *contrast) chosen(x, y *cell) (out []Times) {
	mine, theirs := c.byChoice(x), c.byChoice(y)
	for _, name := range c.names(c.a) {
		if len(mine[name]) > 0 && len(theirs[name]) > 0 {
			t := Times{Name: name}
			t.T.Median.A.Value, t.T.Median.B.Value = Number(spreadOf(mine[name]).quantile(0.5)), Number(spreadOf(theirs[name]).quantile(0.5))
			out = append(out, t)
		}
	}
	return out
}

// byChoice are the t of a condition's requests by what was chosen.
func (c *contrast) byChoice(x *cell) map[string][]float64 {
	out := map[string][]float64{}
	for _, requests := range x.requests {
		for _, r := range requests {
			if !r.Failed && r.Measured > 0 {
				out[c.chose(r)] = append(out[c.chose(r)], millis(r.Measured))
			}
		}
	}
	return out
}
