package formats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

// maxColumns is how many things a file may watch. A day of one of the large
// data sets has millions, and must be cut before.
const maxColumns = 1 << 14

// A fleet gathers the utilization of several things that were watched side by
// side, each at times of its own: CPUs, GPUs, machines. Each becomes a column,
// and all columns begin and end together.
type fleet struct {
	src  *lines
	hold hold
	step time.Duration // as in table

	begin time.Duration // of the first values with holdEnd, if begun
	begun bool

	unordered bool // rows may come in any order; otherwise only those of different columns

	columns  []*readings          // in the order of their first values
	byName   map[string]*readings // the same
	count    int                  // of all readings
	disorder int                  // readings that came before an earlier one
}

// readings are the values of one column.
type readings struct {
	name   string
	at     []time.Duration
	values []float64     // NaN: missing
	step   time.Duration // how long the latest lasts; 0: that of the fleet
	latest time.Duration // of at
}

func newFleet(l *lines, h hold) *fleet {
	return &fleet{src: l, hold: h, byName: make(map[string]*readings)}
}

// add adds a value to the column of that name, which is made if there is none.
func (f *fleet) add(name string, at time.Duration, value float64) error {
	if name = columnName(name); name == "" {
		return f.src.bad(nil, "whose value it is is not told: want a name")
	}
	c, ok := f.byName[name]
	if !ok {
		if len(f.columns) == maxColumns {
			return f.src.bad(nil, "more than %d columns: want a part of the file", maxColumns)
		}
		c = &readings{name: strings.Clone(name)}
		f.columns, f.byName[c.name] = append(f.columns, c), c
	}
	if f.count++; f.count > maxValues {
		return f.src.bad(nil, "more than %d values: want a part of the file", maxValues)
	}
	if n := len(c.at); n > 0 && at < c.at[n-1] {
		if !f.unordered {
			return f.src.bad(trace.ErrBackwards, "%v: %s: %s after %s", trace.ErrBackwards, name, when(at), when(c.at[n-1]))
		}
		f.disorder++
	}
	c.at, c.values = append(c.at, at), append(c.values, value)
	return nil
}

// window adds a value that holds from start to end, unless another follows
// before.
func (f *fleet) window(name string, start, end time.Duration, value float64) error {
	if err := f.add(name, start, value); err != nil {
		return err
	}
	if c := f.byName[columnName(name)]; start >= c.latest {
		c.latest, c.step = start, end-start
	}
	return nil
}

// columnName is name without what the name of a column may not have.
func columnName(name string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return -1
		case r < ' ':
			return ' '
		}
		return r
	}, name))
}

// recording makes the Recording, with notes on what was repaired and on gaps.
func (f *fleet) recording(notes ...string) (*Recording, error) {
	if err := f.src.err(); err != nil {
		return nil, err
	}
	if len(f.columns) == 0 {
		return nil, f.src.at(max(f.src.n, 1), trace.ErrEmpty, "the file ends without a row of values: want at least one")
	}
	if f.disorder > 0 {
		notes = append(notes, fmt.Sprintf("rows that came before an earlier one of the same column: %d; they are sorted", f.disorder))
	}
	r, remarks, zeros := &Recording{}, new(remarks), []time.Duration{}
	for _, c := range f.columns {
		if !slices.ContainsFunc(c.values, func(v float64) bool { return !math.IsNaN(v) }) {
			remarks.add(c.name, "left out: it has no values")
			continue
		}
		one, zero, err := f.column(c)
		if err != nil {
			return nil, err
		}
		for _, note := range one.Notes {
			remarks.add(c.name, strings.TrimPrefix(note, "column "+c.name+": "))
		}
		r.Columns, zeros = append(r.Columns, one.Columns...), append(zeros, zero)
	}
	if len(r.Columns) == 0 {
		return nil, f.src.at(max(f.src.n, 1), trace.ErrEmpty, "the file ends, and all values are missing: want at least one")
	}
	align(r.Columns, zeros, remarks)
	r.Notes = append(notes, remarks.notes(len(f.columns))...)
	return r, nil
}

// column makes a Recording of one column, which begins at zero.
func (f *fleet) column(c *readings) (r *Recording, zero time.Duration, err error) {
	c.sort()
	t := newTable(f.src, f.hold, Utilization, c.name)
	t.begin, t.begun, t.step = f.begin, f.begun, cmp.Or(c.step, f.step)
	for i, at := range c.at {
		if err := t.add(at, c.values[i]); err != nil {
			return nil, 0, err
		}
	}
	r, err = t.recording()
	if zero = c.at[0]; f.hold == holdEnd && f.begun {
		zero = f.begin
	}
	return r, zero, err
}

// guessBegin decides when the first values of a fleet with holdEnd began where
// the file does not say: as long before them as the median step. If there is
// only one time, its values hold from it on instead.
func (f *fleet) guessBegin() (notes []string) {
	if len(f.columns) == 0 {
		return nil
	}
	at := f.columns[0].at
	step := medianStep(slices.Compact(slices.Clone(at)))
	if step == 0 {
		f.hold = holdStart
		return nil
	}
	f.begin, f.begun = at[0]-step, true
	return []string{fmt.Sprintf("when the first values began to hold is not known: they are taken to have held for the median step, %v", step)}
}

// alone gives the columns these names, if there is only one thing with as many
// columns, and its own name tells nothing.
func (f *fleet) alone(names ...string) {
	if len(f.columns) == len(names) {
		for i, c := range f.columns {
			c.name = names[i]
		}
	}
}

// sort puts the readings in the order of time, those of one time as they came.
func (c *readings) sort() {
	if slices.IsSorted(c.at) {
		return
	}
	order := make([]int, len(c.at))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(c.at[i], c.at[j]) })
	at, values := make([]time.Duration, len(order)), make([]float64, len(order))
	for k, i := range order {
		at[k], values[k] = c.at[i], c.values[i]
	}
	c.at, c.values = at, values
}

// align shifts columns, which begin at these zeros, to the earliest of them,
// and makes them end together. The first value of a column that began later
// holds before, the last one of a column that ended earlier holds after.
func align(columns []Column, zeros []time.Duration, remarks *remarks) {
	zero, end := slices.Min(zeros), time.Duration(0)
	for i := range columns {
		c, shift := &columns[i], zeros[i]-zero
		for k := range c.At[1:] {
			c.At[1+k] += shift
		}
		c.Period += shift
		end = max(end, c.Period)
		if shift >= time.Second {
			remarks.add(c.Name, fmt.Sprintf("it begins %v after the first column: its first value holds before", shift))
		}
	}
	for i := range columns {
		c := &columns[i]
		if early := end - c.Period; early >= time.Second {
			remarks.add(c.Name, fmt.Sprintf("it ends %v before the last column: its last value holds on", early))
		}
		c.Period = end
	}
}

// remarks are notes about columns, where many columns may have the same.
type remarks struct {
	texts []string
	on    map[string][]string // by text, the columns
}

func (r *remarks) add(column, text string) {
	if r.on == nil {
		r.on = make(map[string][]string)
	}
	if r.on[text] == nil {
		r.texts = append(r.texts, text)
	}
	r.on[text] = append(r.on[text], column)
}

// The most that is said of columns one by one.
const (
	maxRemarks = 20
	maxNamed   = 4
)

// notes returns a line for each remark: without names if it is about all
// columns.
func (r *remarks) notes(all int) (notes []string) {
	for i, text := range r.texts {
		names := r.on[text]
		switch {
		case i == maxRemarks:
			return append(notes, fmt.Sprintf("and %d more remarks on single columns", len(r.texts)-i))
		case len(names) == all:
			notes = append(notes, text)
		case len(names) > maxNamed:
			notes = append(notes, fmt.Sprintf("columns %s and %d others: %s", strings.Join(names[:maxNamed], ", "), len(names)-maxNamed, text))
		default:
			notes = append(notes, fmt.Sprintf("column %s: %s", strings.Join(names, ", "), text))
		}
	}
	return notes
}
