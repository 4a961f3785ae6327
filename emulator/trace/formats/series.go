package formats

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

// A hold is what the time of a row is to its values.
type hold int

const (
	holdStart hold = iota // the values hold from it until the next row
	holdEnd               // the values held since the row before, until it
)

// A table gathers rows of a time and values, and makes a Recording of them.
// All columns have the same time 0: where the first row begins.
type table struct {
	src    *lines // for the errors of add
	hold   hold
	cols   []Column      // Name and Quantity are set by the reader
	step   time.Duration // how long the last row lasts; 0: the median step, or 1 s
	sparse bool          // a value may be missing without a note
	steps  bool          // rows are steps of any length, not samples: none is late

	// begin is when the first row of a table with holdEnd began, if begun.
	// Otherwise that is not known, and the row is left out.
	begin time.Duration
	begun bool

	at     []time.Duration // of each row, in any time scale; strictly increasing
	values [][]float64     // of each column, as many as at; NaN: missing
	same   int             // rows that had the time of the row before
	weight []int           // of each column, values in the last row so far
}

// newTable returns a table with columns of these names, all of one quantity;
// the reader may add others to cols before the first row.
func newTable(l *lines, h hold, q Quantity, names ...string) *table {
	t := &table{src: l, hold: h}
	for _, name := range names {
		t.column(name, q)
	}
	return t
}

// column adds a column.
func (t *table) column(name string, q Quantity) {
	t.cols = append(t.cols, Column{Name: name, Quantity: q})
}

// add adds a row: a value for each column, NaN where it is missing. Rows of the
// same time become one with their mean. Time that goes backwards is an error
// about the line.
func (t *table) add(at time.Duration, values ...float64) error {
	n := len(t.at)
	switch {
	case n > 0 && at < t.at[n-1]:
		return t.src.bad(trace.ErrBackwards, "%v: %s after %s", trace.ErrBackwards, when(at), when(t.at[n-1]))
	case n > 0 && at-t.at[0] > trace.Longest:
		return t.src.bad(nil, "%v after the first row: want at most %v", at-t.at[0], trace.Longest)
	case n > 0 && at == t.at[n-1]:
		t.same++
		t.merge(values)
		return nil
	case n*len(t.cols) >= maxValues:
		return t.src.bad(nil, "more than %d values: want a shorter recording, or fewer columns", maxValues)
	}
	if t.values == nil {
		t.values, t.weight = make([][]float64, len(t.cols)), make([]int, len(t.cols))
	}
	t.at = append(t.at, at)
	for c := range t.cols {
		t.values[c] = append(t.values[c], math.NaN())
		t.weight[c] = 0
	}
	t.merge(values)
	return nil
}

// when writes a time for errors: a date if it is one.
func when(at time.Duration) string {
	if at > trace.Longest {
		return time.Unix(0, int64(at)).UTC().Format(time.DateTime)
	}
	return at.String()
}

// merge takes values into the mean of the last row.
func (t *table) merge(values []float64) {
	last := len(t.at) - 1
	for c, v := range values {
		if math.IsNaN(v) {
			continue
		}
		if t.weight[c]++; t.weight[c] == 1 {
			t.values[c][last] = v
		} else {
			t.values[c][last] += (v - t.values[c][last]) / float64(t.weight[c])
		}
	}
}

// recording makes the Recording, with notes on what was repaired and on gaps.
func (t *table) recording(notes ...string) (*Recording, error) {
	if err := t.src.err(); err != nil {
		return nil, err
	}
	if len(t.at) == 0 {
		return nil, t.src.at(max(t.src.n, 1), trace.ErrEmpty, "the file ends without a row of values: want at least one")
	}
	from, starts, period, err := t.starts()
	if err != nil {
		return nil, err
	}
	r := &Recording{Notes: append(notes, t.notes()...)}
	for c := range t.cols {
		col := t.cols[c]
		absent := 0
		for i, v := range t.values[c][from:] {
			if math.IsNaN(v) {
				absent++
				continue
			}
			col.At = append(col.At, starts[i])
			col.Value = append(col.Value, v)
		}
		if len(col.At) == 0 && t.sparse {
			continue
		}
		if len(col.At) == 0 {
			r.Notes = append(r.Notes, fmt.Sprintf("column %s: left out: it has no values", col.Name))
			continue
		}
		if absent > 0 && !t.sparse {
			r.Notes = append(r.Notes, fmt.Sprintf("column %s: missing: %d of %d values; the one before holds", col.Name, absent, len(starts)))
		}
		col.At[0] = 0 // what came first holds from the beginning
		col.Series.Name, col.Period = t.src.name, period
		r.Columns = append(r.Columns, col)
	}
	if len(r.Columns) == 0 {
		return nil, t.src.at(t.src.n, trace.ErrEmpty, "the file ends, and all values are missing: want at least one")
	}
	return r, nil
}

// roundTrips is recording, with a note that delays are round trips if there
// are any.
func (t *table) roundTrips(notes ...string) (*Recording, error) {
	r, err := t.recording(notes...)
	if err != nil {
		return nil, err
	}
	for _, c := range r.Columns {
		if c.Quantity == Delay {
			r.Notes = append(r.Notes, "delays are round trips")
			break
		}
	}
	return r, nil
}

// starts returns the first row that counts, when each row from it on begins,
// counted from when that one does, and how long they last together.
func (t *table) starts() (from int, at []time.Duration, period time.Duration, err error) {
	last := len(t.at) - 1
	if t.hold == holdStart {
		at = slices.Clone(t.at)
		period = t.at[last] - t.at[0] + t.lasts()
	} else {
		at = append([]time.Duration{t.begin}, t.at[:last]...)
		if !t.begun {
			from, at = 1, at[1:]
		}
		if len(at) == 0 || t.begun && t.begin >= t.at[0] {
			return 0, nil, 0, t.src.bad(trace.ErrPeriod, "%v: a value holds since the row before: want two rows, or a first time above 0", trace.ErrPeriod)
		}
		period = t.at[last] - at[0]
	}
	zero := at[0]
	for i := range at {
		at[i] -= zero
	}
	return from, at, period, nil
}

// lasts is how long the last row lasts.
func (t *table) lasts() time.Duration {
	if t.step > 0 {
		return t.step
	}
	if step := medianStep(t.at); step > 0 {
		return step
	}
	return time.Second
}

// medianStep is the middle one of the distances between times, the lower of
// two; 0 if there are none.
func medianStep(at []time.Duration) time.Duration {
	if len(at) < 2 {
		return 0
	}
	steps := make([]time.Duration, len(at)-1)
	for i := range steps {
		steps[i] = at[i+1] - at[i]
	}
	slices.Sort(steps)
	return steps[(len(steps)-1)/2]
}

// gapFactor is how many times the median step a step must be to be a gap.
const gapFactor = 3

// notes says what add repaired, and which rows are missing.
func (t *table) notes() (notes []string) {
	if t.same > 0 {
		notes = append(notes, fmt.Sprintf("rows with the time of the row before: %d; their mean is taken", t.same))
	}
	if t.hold == holdEnd && !t.begun {
		notes = append(notes, "the first row is left out: when its value began to hold is not known")
	}
	if len(t.at) == 1 && t.hold == holdStart && t.step == 0 {
		notes = append(notes, "one row only: it is taken to last 1s")
	}
	if t.steps {
		return notes
	}
	return append(notes, t.gaps()...)
}

// gaps is the note on gaps, if there are any.
func (t *table) gaps() []string {
	median := medianStep(t.at)
	count, longest, where := 0, time.Duration(0), time.Duration(0)
	for i := 1; i < len(t.at); i++ {
		step := t.at[i] - t.at[i-1]
		if step > gapFactor*median {
			count++
		}
		if step > longest {
			longest, where = step, t.at[i-1]-t.at[0]
		}
	}
	if count == 0 {
		return nil
	}
	which := "before"
	if t.hold == holdEnd {
		which = "after"
	}
	const ms = time.Millisecond
	return []string{fmt.Sprintf("gaps: %d (steps of more than %d times the median %v), the longest %v, from %v after the first row; the value %s a gap holds through it",
		count, gapFactor, median.Round(ms), longest.Round(ms), where.Round(ms), which)}
}
