package stats

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/testbed/testbed/runner/record"
)

// A data is a run sorted for counting: conditions in the order of the header,
// in each of them trials, in each of them the requests of every arm.
type data struct {
	run      *record.Run
	arms     []string // of the header, then others in order of name
	options  options
	cells    []cell
	warnings []string
}

// A cell is what was recorded in one condition.
type cell struct {
	condition record.Condition
	requests  [][]*record.Request // by arm; no warm-ups; in order of trial and pair
	trials    []trial             // in order of repetition
}

// A trial is the pairs of one repetition, by arm against the baseline: those
// of the baseline itself are nil.
type trial struct {
	repetition int
	pairs      [][]pair
}

// A pair is the baseline's request and another arm's for the same image in
// the same world.
type pair struct{ base, other *record.Request }

// A row is a request by numbers, to sort a million of them.
type row struct {
	condition, arm, repetition, pair int32
	at                               int32 // in run.Requests
}

// group sorts a run. It changes nothing of it.
func group(run *record.Run) *data {
	d := &data{run: run, arms: slices.Clone(run.Header.Arms), options: optionsOf(run)}
	conditions := slices.Clone(run.Header.Conditions)
	rows := d.rows(&conditions)
	rows = d.dedupe(rows)
	for i, c := range conditions {
		end := 0
		for end < len(rows) && rows[end].condition == int32(i) {
			end++
		}
		d.cells = append(d.cells, d.cell(c, rows[:end]))
		rows = rows[end:]
	}
	return d
}

// rows numbers the requests that count and sorts them. Arms and conditions
// that the header does not know are added, with a warning.
func (d *data) rows(conditions *[]record.Condition) []row {
	arms, cells := index(d.arms, func(s string) string { return s }), index(*conditions, func(c record.Condition) string { return c.ID })
	known := len(*conditions)
	var newArms, newCells []string
	for i := range d.run.Requests {
		r := &d.run.Requests[i]
		if _, ok := arms[r.Arm]; !ok {
			arms[r.Arm] = -1
			newArms = append(newArms, r.Arm)
		}
		if _, ok := cells[r.Condition]; !ok {
			cells[r.Condition] = -1
			newCells = append(newCells, r.Condition)
		}
	}
	slices.Sort(newArms)
	slices.Sort(newCells)
	for _, a := range newArms {
		arms[a] = len(d.arms)
		d.arms = append(d.arms, a)
		d.warn("requests of arm %q, which run.json does not name", a)
	}
	for i, id := range newCells {
		cells[id] = known + i
		*conditions = append(*conditions, record.Condition{ID: id})
		d.warn("requests of condition %q, which run.json does not name", id)
	}
	rows := make([]row, 0, len(d.run.Requests))
	for i := range d.run.Requests {
		if r := &d.run.Requests[i]; !r.Warmup {
			rows = append(rows, row{int32(cells[r.Condition]), int32(arms[r.Arm]), int32(r.Repetition), int32(r.Pair), int32(i)})
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.condition, b.condition), cmp.Compare(a.repetition, b.repetition),
			cmp.Compare(a.pair, b.pair), cmp.Compare(a.arm, b.arm), cmp.Compare(a.at, b.at))
	})
	return rows
}

// dedupe keeps the last of several records of one request, as a run that was
// resumed may have them.
func (d *data) dedupe(rows []row) []row {
	kept := rows[:0]
	for i, r := range rows {
		if i+1 < len(rows) {
			if next := rows[i+1]; next.condition == r.condition && next.repetition == r.repetition && next.pair == r.pair && next.arm == r.arm {
				continue
			}
		}
		kept = append(kept, r)
	}
	if n := len(rows) - len(kept); n > 0 {
		d.warn("%d requests are recorded more than once: the last record of each counts", n)
	}
	return kept
}

// cell reads the rows of one condition.
func (d *data) cell(c record.Condition, rows []row) cell {
	out := cell{condition: c, requests: make([][]*record.Request, len(d.arms))}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].repetition == rows[0].repetition && rows[n].pair == rows[0].pair {
			n++
		}
		out.add(d.run, len(d.arms), rows[:n])
		rows = rows[n:]
	}
	return out
}

// add counts the requests of one pair number, one of each arm at most.
func (c *cell) add(run *record.Run, arms int, rows []row) {
	rep := int(rows[0].repetition)
	if len(c.trials) == 0 || c.trials[len(c.trials)-1].repetition != rep {
		c.trials = append(c.trials, trial{rep, make([][]pair, arms)})
	}
	t := &c.trials[len(c.trials)-1]
	var base *record.Request
	for _, r := range rows { // the baseline is arm 0, so it comes first
		q := &run.Requests[r.at]
		c.requests[r.arm] = append(c.requests[r.arm], q)
		switch {
		case q.Error != "":
		case r.arm == 0:
			base = q
		case base != nil:
			t.pairs[r.arm] = append(t.pairs[r.arm], pair{base, q})
		}
	}
}

// all are the pairs of an arm in every trial.
func (c *cell) all(arm int) []pair {
	var out []pair
	for _, t := range c.trials {
		if arm < len(t.pairs) {
			out = append(out, t.pairs[arm]...)
		}
	}
	return out
}

func (d *data) warn(format string, args ...any) {
	d.warnings = append(d.warnings, fmt.Sprintf(format, args...))
}

// index maps the key of each element to its place.
func index[T any](list []T, key func(T) string) map[string]int {
	out := make(map[string]int, len(list))
	for i, x := range list {
		if _, ok := out[key(x)]; !ok {
			out[key(x)] = i
		}
	}
	return out
}
