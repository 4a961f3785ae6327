package stats

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/testbed/testbed/runner/record"
)

// A Sorted is a run in the order in which it is compared.
type Sorted struct{ data *data }

// Sort goes through the requests of a run, which need not be held.
func Sort(run *record.Run, lines record.Lines) Sorted {
	run.Header.Require.Confidence = confidence(run.Header.Require.Confidence)
	lines.Decisions = func(func(*record.Decision) bool) {} // requests say what was chosen
	return Sorted{groupLines(run, lines)}
}

// Compare sets run b against run a. Conditions are paired by their ID, and
// those that have none of the same by what they set; it is an error if nothing
// pairs. What only one of the runs has is named.
//
// Intervals are percentile intervals of a bootstrap that draws trials and then
// blocks of neighbouring requests within each, as those of a Summary are.
func Compare(a, b Sorted) (Contrast, error) {
	x, y := a.data.run, b.data.run
	c := contrast{a: a.data, b: b.data, confidence: x.Header.Require.Confidence, swaps: map[[2]string]int{}}
	out := Contrast{Schema: Schema, A: sideOf(&x.Header, x.Dir), B: sideOf(&y.Header, y.Dir), Confidence: c.confidence, Conditions: []Contrasted{}}
	pairs := c.pair(&out)
	if len(pairs) == 0 {
		return Contrast{}, fmt.Errorf("nothing pairs: the conditions of %s are %s, those of %s are %s", x.Dir, listed(out.OnlyA), y.Dir, listed(out.OnlyB))
	}
	inOrder(len(pairs), func(i int) contrasted { return c.condition(pairs[i]) }, func(_ int, k contrasted) {
		out.Conditions = append(out.Conditions, k.Contrasted)
		if k.both() {
			c.count(k)
		}
	})
	out.Arms = c.across()
	out.Agreement = c.agree(out.Conditions)
	out.Notes = c.notes(&out, pairs)
	return out, nil
}

// A contrast is a Contrast being made.
type contrast struct {
	a, b       *data
	confidence float64
	totals     []*total // by arm
	swaps      map[[2]string]int
	choice     Alike // of all arms
	even       int   // other choices between options that take as long
}

func sideOf(h *record.Header, dir string) Side {
	return Side{Dir: dir, Scenario: h.Name, World: h.World, Status: h.Status, Testbed: h.Testbed, Started: h.Started, Seed: h.Seed}
}

// pair finds the conditions that both runs have, in the order of a, and names
// the others.
func (c *contrast) pair(out *Contrast) (pairs [][2]int) {
	of := make([]int, len(c.a.cells)) // place in b, −1: none
	taken := make([]bool, len(c.b.cells))
	find := func(same func(x, y *record.Condition) bool) {
		for i := range c.a.cells {
			for k := range c.b.cells {
				if of[i] < 0 && !taken[k] && same(&c.a.cells[i].condition, &c.b.cells[k].condition) {
					of[i], taken[k] = k, true
				}
			}
		}
	}
	for i := range of {
		of[i] = -1
	}
	find(func(x, y *record.Condition) bool { return x.ID == y.ID })
	find(func(x, y *record.Condition) bool { return len(x.Set) > 0 && maps.Equal(x.Set, y.Set) })
	out.OnlyA, out.OnlyB = []string{}, []string{}
	for i, k := range of {
		if k < 0 {
			out.OnlyA = append(out.OnlyA, c.a.cells[i].condition.ID)
			continue
		}
		pairs = append(pairs, [2]int{i, k})
	}
	for k := range taken {
		if !taken[k] {
			out.OnlyB = append(out.OnlyB, c.b.cells[k].condition.ID)
		}
	}
	return pairs
}

// listed names a few of many.
func listed(names []string) string {
	const most = 4
	quoted := make([]string, min(len(names), most))
	for i := range quoted {
		quoted[i] = fmt.Sprintf("%q", names[i])
	}
	text := strings.Join(quoted, ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if text == "" {
		return "none"
	}
	return text
}

// A contrasted is a Contrasted with what totals need of it, by arm.
type contrasted struct {
	Contrasted
	took, saved []draws // of t, and of Δt
	swaps       []Swap
}

// both says that the condition is valid in both runs.
func (k Contrasted) both() bool { return k.Valid[0] && k.Valid[1] }

// condition compares one condition.
func (c *contrast) condition(p [2]int) contrasted {
	x, y := &c.a.cells[p[0]], &c.b.cells[p[1]]
	inA, inB := c.a.condition(p[0]), c.b.condition(p[1])
	out := contrasted{Contrasted: Contrasted{Label: label(x.condition), A: x.condition.ID, B: y.condition.ID, Arms: []Times{},
		Valid: [2]bool{inA.Valid, inB.Valid}, Reasons: [2][]Finding{inA.Reasons, inB.Reasons}}}
	out.cells[0].Label, out.cells[1].Label = out.Label, out.Label
	for i, arm := range c.a.arms {
		if k := slices.Index(c.b.arms, arm); k >= 0 {
			c.arm(&out, x, y, i, k)
		}
	}
	names, others := c.names(c.a), c.names(c.b)
	mine, theirs := x.replayed(len(names)), y.replayed(len(others))
	for i, name := range names {
		if k := slices.Index(others, name); k >= 0 && len(mine[i].places) > 0 && len(theirs[k].places) > 0 {
			times, _ := c.times(name, x, mine[i], theirs[k])
			out.Options = append(out.Options, times)
		}
	}
	if len(out.Options) == 0 {
		out.chosen = c.chosen(x, y)
	}
	return out
}

// arm compares arm i of a, which is arm k of b, in one condition.
func (c *contrast) arm(out *contrasted, x, y *cell, i, k int) {
	name := c.a.arms[i]
	times, took := c.times(name, x, timesOf(x.requests[i]), timesOf(y.requests[k]))
	var saved draws
	if i > 0 && k > 0 {
		p, q, paired := match(savingsOf(x.all(i)), savingsOf(y.all(k)))
		saved = compareDraws(p, q, paired, source(c.a.run.Header.Seed, "compare savings", x.condition.ID, name))[0]
		saving := saved.mean.difference(c.confidence)
		times.Saving = &saving
	}
	var swaps []Swap
	times.Choice, swaps = c.choices(x.requests[i], y.requests[k])
	out.Arms, out.took, out.saved, out.swaps = append(out.Arms, times), append(out.took, took), append(out.saved, saved), append(out.swaps, swaps...)
	out.cells[0].Arms = append(out.cells[0].Arms, distributionOf(x.requests[i]))
	out.cells[1].Arms = append(out.cells[1].Arms, distributionOf(y.requests[k]))
}

// count takes a condition into the totals.
func (c *contrast) count(k contrasted) {
	for i := range k.Arms {
		t := &k.Arms[i]
		c.choice.N, c.choice.Same = c.choice.N+t.Choice.N, c.choice.Same+t.Choice.Same
		c.totalOf(t.Name).add(t, k.took[i], k.saved[i])
	}
	at := index(k.timed(), func(t Times) string { return t.Name })
	for _, s := range k.swaps {
		c.swaps[[2]string{s.A, s.B}]++
		x, inA := at[s.A]
		y, inB := at[s.B]
		if inA && inB && even(apart(k.timed()[x], k.timed()[y])) {
			c.even++
		}
	}
}

// times compares what an arm or an option took.
func (c *contrast) times(name string, x *cell, a, b strand) (Times, draws) {
	a, b, paired := match(a, b)
	all := compareDraws(a, b, paired, source(c.a.run.Header.Seed, "compare", x.condition.ID, name))
	out := Times{Name: name, N: [2]int{len(a.places), len(b.places)}, Paired: paired}
	var most float64
	for i, d := range all {
		change := Change{Name: "t", Median: d.median.difference(c.confidence), Mean: d.mean.difference(c.confidence)}
		if i == 0 {
			out.T = change
			continue
		}
		change.Name = PhaseNames[i-1]
		out.Phases = append(out.Phases, change)
		if by := max(float64(change.Median.Change.Value), -float64(change.Median.Change.Value)); by > most {
			most, out.Most = by, change.Name
		}
	}
	return out, all[0]
}
