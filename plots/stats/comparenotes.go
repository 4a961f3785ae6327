package stats

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/testbed/testbed/runner/record"
)

// notes say what keeps the runs from being comparable in all.
func (c *contrast) notes(out *Contrast, pairs [][2]int) []string {
	a, b := &c.a.run.Header, &c.b.run.Header
	notes := []string{}
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	switch {
	case sameRun(c.a.run, c.b.run):
		note("A and B are the same run")
	case a.Name != b.Name:
		note("the scenarios differ (%s and %s): compared is what both have", a.Name, b.Name)
	case a.Hash != b.Hash:
		note("the files of the scenario %s differ: compared is what both have", a.Name)
	}
	if len(out.OnlyA) > 0 {
		note("conditions of A only: %s", listed(out.OnlyA))
	}
	if len(out.OnlyB) > 0 {
		note("conditions of B only: %s", listed(out.OnlyB))
	}
	for _, s := range []struct {
		which        string
		these, other []string
	}{{"A", c.a.arms, c.b.arms}, {"B", c.b.arms, c.a.arms}} {
		if only := slices.DeleteFunc(slices.Clone(s.these), func(arm string) bool { return slices.Contains(s.other, arm) }); len(only) > 0 {
			note("arms of %s only: %s", s.which, listed(only))
		}
	}
	if len(c.a.arms) > 0 && len(c.b.arms) > 0 && c.a.arms[0] != c.b.arms[0] {
		note("Δt is against %s in A and against %s in B", c.a.arms[0], c.b.arms[0])
	}
	c.noteConditions(out, pairs, note)
	noteModels(a.Models, b.Models, note)
	for _, s := range []struct {
		which string
		run   *record.Run
	}{{"A", c.a.run}, {"B", c.b.run}} {
		if s.run.Header.Status != "done" {
			note("%s is not complete: its status is %q", s.which, s.run.Header.Status)
		}
		if n := len(s.run.Problems); n > 0 {
			note("%s was not read in all: %s%s", s.which, s.run.Problems[0], more(n-1))
		}
	}
	return notes
}

// sameRun says that a run is compared with itself, or with a copy.
func sameRun(a, b *record.Run) bool {
	x, y := &a.Header, &b.Header
	return a.Dir != "" && a.Dir == b.Dir || !x.Started.IsZero() && x.Started.Equal(y.Started) && x.Name == y.Name && x.World == y.World
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(", and %d more", n)
}

// noteConditions tells where conditions are not the same, not valid, or their
// requests not paired.
func (c *contrast) noteConditions(out *Contrast, pairs [][2]int, note func(string, ...any)) {
	var set, measure, unpaired []string
	var invalid [2][]string
	var why [2]string // of the first
	for i, p := range pairs {
		k, x, y := out.Conditions[i], c.a.cells[p[0]].condition, c.b.cells[p[1]].condition
		name := cmp.Or(k.A, k.Label)
		if !maps.Equal(x.Set, y.Set) {
			set = append(set, name)
		}
		if !slices.Equal(x.Measure, y.Measure) {
			measure = append(measure, name)
		}
		if slices.ContainsFunc(k.Arms, func(t Times) bool { return !t.Paired && min(t.N[0], t.N[1]) > 0 }) {
			unpaired = append(unpaired, name)
		}
		for side := range invalid {
			if !k.Valid[side] {
				invalid[side] = append(invalid[side], name)
				why[side] = cmp.Or(why[side], k.Reasons[side][0].Text)
			}
		}
	}
	for _, s := range []struct {
		names []string
		what  string
	}{
		{set, "set to other values in A than in B"},
		{measure, "t counts other phases in A than in B, and is not the same thing"},
		{unpaired, "other images in A than in B, so that they are compared unpaired"},
		{invalid[0], "not valid in A, and in no total, the first since " + why[0]},
		{invalid[1], "not valid in B, and in no total, the first since " + why[1]},
	} {
		if n := len(s.names); n > 0 {
			note("%s (%d of %d conditions): %s", s.what, n, len(pairs), listed(s.names))
		}
	}
}

// noteModels names models whose files differ.
func noteModels(a, b []record.Model, note func(string, ...any)) {
	var other []string
	for _, m := range a {
		if i := slices.IndexFunc(b, func(n record.Model) bool { return n.Name == m.Name }); i >= 0 && b[i].SHA256 != m.SHA256 {
			other = append(other, m.Name)
		}
	}
	if len(other) > 0 {
		note("the files of these models differ: %s", strings.Join(other, ", "))
	}
}
