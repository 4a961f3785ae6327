package stats

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// An Atlas is Δt, and what the judged arm chose, over the two longest axes of a
// sweep, a panel for each value of a third.
type Atlas struct {
	X, Y   Scale
	Third  string // axis of the panels; empty: there is one panel
	Panels []Panel
	// Pooled are axes over which a square is the mean: all others.
	Pooled []string
	Bound  Number // the saving that is asked for
}

// A Panel is the squares at one value of the third axis.
type Panel struct {
	Name    string
	Squares [][]Square // by Y and X
}

// A Square is the conditions at one place of an Atlas.
type Square struct {
	Conditions, Valid int
	Pairs             int    // of the valid ones
	Saving            Number // Δt, mean of ratios over the pairs of the valid ones
	// Sure says that the interval of Saving does not hold 0; of several
	// conditions that none does, all on the same side.
	Sure   bool
	Option string // that the judged arm chose most; empty of none
	Share  Number // of its requests
}

// fewestValues are how many values an axis must have to be one of a map.
const fewestValues = 3

// mostPanels is how many values the third axis may have.
const mostPanels = 12

// AtlasOf is the map of a sweep; nil if fewer than two axes have three values
// or more.
func AtlasOf(s Summary) *Atlas {
	axes := slices.Clone(s.Run.Axes)
	slices.SortStableFunc(axes, func(a, b axis) int { return cmp.Compare(len(b.Values), len(a.Values)) })
	if len(s.Run.Arms) < 2 || len(axes) < 2 || len(axes[1].Values) < fewestValues {
		return nil
	}
	a := &Atlas{X: scaleOf(axes[0]), Y: scaleOf(axes[1]), Bound: round(s.Run.Require.Saving)}
	third := axis{Values: []string{""}}
	for _, x := range axes[2:] {
		if a.Third == "" && len(x.Values) > 1 && len(x.Values) <= mostPanels {
			a.Third, third = x.Name, x
		} else if len(x.Values) > 1 {
			a.Pooled = append(a.Pooled, x.Name)
		}
	}
	for _, name := range third.Values {
		p := Panel{Name: name}
		for range a.Y.Values {
			p.Squares = append(p.Squares, make([]Square, len(a.X.Values)))
		}
		a.Panels = append(a.Panels, p)
	}
	here := map[[3]int][]*Condition{}
	for i := range s.Conditions {
		c := &s.Conditions[i]
		k := [3]int{slices.Index(third.Values, c.Names[a.Third]), slices.Index(a.Y.Values, c.Names[a.Y.Name]), slices.Index(a.X.Values, c.Names[a.X.Name])}
		if slices.Min(k[:]) >= 0 {
			here[k] = append(here[k], c)
		}
	}
	for k, conditions := range here {
		a.Panels[k[0]].Squares[k[1]][k[2]] = squareOf(conditions)
	}
	return a
}

// Chosen says that an option is that of any square.
func (a *Atlas) Chosen(option string) bool {
	for _, p := range a.Panels {
		for _, row := range p.Squares {
			if slices.ContainsFunc(row, func(q Square) bool { return q.Option == option }) {
				return true
			}
		}
	}
	return false
}

// squareOf pools conditions.
func squareOf(conditions []*Condition) Square {
	q := Square{Conditions: len(conditions), Saving: Missing(), Share: Missing(), Sure: true}
	var sum, sign float64
	count := map[string]int{}
	requests := 0
	for _, c := range conditions {
		e := c.Saving.MeanOfRatios
		if !c.Valid || !e.Value.Known() {
			continue
		}
		q.Valid++
		q.Pairs += c.Pairs
		sum += float64(e.Value) * float64(c.Pairs)
		side := 0.0
		if e.Low > 0 {
			side = 1
		} else if e.High < 0 {
			side = -1
		}
		q.Sure = q.Sure && side != 0 && (q.Valid == 1 || side == sign)
		sign = side
		for name, n := range c.Arms[1].Models {
			count[name] += n
			requests += n
		}
	}
	if q.Pairs > 0 {
		q.Saving = round(sum / float64(q.Pairs))
	}
	if requests > 0 {
		q.Option = slices.MinFunc(slices.Collect(maps.Keys(count)), func(a, b string) int {
			return cmp.Or(cmp.Compare(count[b], count[a]), strings.Compare(a, b))
		})
		q.Share = round(float64(count[q.Option]) / float64(requests))
	}
	return q
}
