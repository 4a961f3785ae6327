package stats

import (
	"cmp"
	"slices"

	"github.com/testbed/testbed/runner/record"
)

// A data is a run sorted for counting: conditions in the order of the header,
// in each of them trials, in each of them the requests of every arm.
type data struct {
	run      *record.Run // requests and decisions may not be in it
	arms     []string    // of the header, then others in order of name
	options  options
	cells    []cell
	spans    map[trialKey]span  // of all requests, warm-ups among them
	order    []trialKey         // in which trials began
	trials   int                // in all conditions
	deciding []*deciding        // by arm, over all conditions
	fastest  map[string]float64 // highest frequency of each node, in MHz
	warnings []Finding
	chosen   []string // the models of a run that this is a part of; nil: it is whole
}

// A cell is what was recorded in one condition.
type cell struct {
	condition record.Condition
	requests  [][]*request // by arm; no warm-ups; in order of trial and pair
	trials    []trial      // in order of repetition
	checks    []*record.Check
	telemetry []*record.Telemetry
	replays   []*record.Replay
	deciding  []*deciding     // by arm
	seen      seen            // by the judged arm
	strange   int             // requests of another image than the baseline's of the same pair
	told      map[string]bool // of what there is enough recorded to tell whether it was as it should be, by the name of the finding
}

// A trial is the pairs of one repetition, by arm against the baseline: those
// of the baseline itself are nil.
type trial struct {
	repetition int
	pairs      [][]pair
}

// A pair is the baseline's request and another arm's for the same image in
// the same world.
type pair struct{ base, other *request }

// group sorts a run that is held. It changes nothing of it.
func group(run *record.Run) *data { return groupLines(run, run.Lines()) }

// groupLines sorts a run whose requests and decisions may not be held.
func groupLines(run *record.Run, lines record.Lines) *data {
	d := &data{run: run, arms: slices.Clone(run.Header.Arms), options: optionsOf(run), spans: map[trialKey]span{}}
	conditions := slices.Clone(run.Header.Conditions)
	shelf := d.read(lines, &conditions)
	for _, c := range conditions {
		d.cells = append(d.cells, cell{condition: c, requests: make([][]*request, len(d.arms))})
	}
	for rows := d.dedupe(d.sorted(shelf)); len(rows) > 0; {
		n := 1
		for n < len(rows) && rows[n].samePair(rows[0]) {
			n++
		}
		d.cells[rows[0].condition].add(len(d.arms), rows[:n])
		rows = rows[n:]
	}
	strange := 0
	for i := range d.cells {
		d.trials += len(d.cells[i].trials)
		strange += d.cells[i].strange
	}
	if strange > 0 {
		d.warn(OddRecords, "%d requests are of another image than the baseline's of the same pair: they are in no pair", strange)
	}
	d.rest()
	d.decide(lines)
	return d
}

// read keeps the requests that count. Arms and conditions that the header does
// not know are added, with a warning.
func (d *data) read(lines record.Lines, conditions *[]record.Condition) *shelf {
	arms, cells := newNames(d.arms), newNames(nil)
	for _, c := range *conditions {
		cells.add(c.ID)
	}
	shelf := newShelf()
	for r := range lines.Requests {
		arm, condition := arms.of(shelf.text(r.Arm)), cells.of(shelf.text(r.Condition))
		d.span(trialKey{cells.all[condition], r.Repetition}, r)
		d.options.saw(int(condition), r)
		if !r.Warmup {
			shelf.add(r, condition, arm)
		}
	}
	for _, a := range arms.sort() {
		d.arms = append(d.arms, a)
		d.warn(OddRecords, "requests of arm %q, which run.json does not name", a)
	}
	for _, id := range cells.sort() {
		*conditions = append(*conditions, record.Condition{ID: id})
		d.warn(OddRecords, "requests of condition %q, which run.json does not name", id)
	}
	for i := range shelf.len() {
		r := shelf.at(i)
		r.arm, r.condition = arms.place[r.arm], cells.place[r.condition]
	}
	return shelf
}

// sorted are the requests in order of condition, repetition, pair and arm; those
// of which all are the same as they came.
func (d *data) sorted(s *shelf) []*request {
	all := make([]*request, s.len())
	for i := range all {
		all[i] = s.at(i)
	}
	order := func(a, b *request) int {
		return cmp.Or(cmp.Compare(a.condition, b.condition), cmp.Compare(a.Repetition, b.Repetition), cmp.Compare(a.Pair, b.Pair), cmp.Compare(a.arm, b.arm))
	}
	slices.SortStableFunc(all, order)
	return all
}

func (r *request) samePair(other *request) bool {
	return r.condition == other.condition && r.Repetition == other.Repetition && r.Pair == other.Pair
}

// dedupe keeps the last of several records of one request, as a run that was
// resumed may have them.
func (d *data) dedupe(all []*request) []*request {
	kept := all[:0]
	for i, r := range all {
		if i+1 < len(all) && r.samePair(all[i+1]) && r.arm == all[i+1].arm {
			continue
		}
		kept = append(kept, r)
	}
	if n := len(all) - len(kept); n > 0 {
		d.warn(OddRecords, "%d requests are recorded more than once: the last record of each counts", n)
	}
	return kept
}

// add counts the requests of one pair number, one of each arm at most.
func (c *cell) add(arms int, requests []*request) {
	rep := int(requests[0].Repetition)
	if len(c.trials) == 0 || c.trials[len(c.trials)-1].repetition != rep {
		c.trials = append(c.trials, trial{rep, make([][]pair, arms)})
	}
	t := &c.trials[len(c.trials)-1]
	var base *request
	for _, r := range requests { // the baseline is arm 0, so it comes first
		c.requests[r.arm] = append(c.requests[r.arm], r)
		switch {
		case r.Failed:
		case r.arm == 0:
			base = r
		case base != nil && base.Sample != r.Sample:
			c.strange++
		case base != nil:
			t.pairs[r.arm] = append(t.pairs[r.arm], pair{base, r})
		}
	}
}

// rest gives every condition what else was recorded of it.
func (d *data) rest() {
	d.fastest = fastest(d.run.Telemetry)
	at := index(d.cells, func(c cell) string { return c.condition.ID })
	for i := range d.run.Checks {
		if k, ok := at[d.run.Checks[i].Condition]; ok {
			d.cells[k].checks = append(d.cells[k].checks, &d.run.Checks[i])
		}
	}
	for i := range d.run.Telemetry {
		if k, ok := at[d.run.Telemetry[i].Condition]; ok {
			d.cells[k].telemetry = append(d.cells[k].telemetry, &d.run.Telemetry[i])
		}
	}
	for i := range d.run.Replays {
		if k, ok := at[d.run.Replays[i].Condition]; ok {
			d.cells[k].replays = append(d.cells[k].replays, &d.run.Replays[i])
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

func (d *data) warn(name, format string, args ...any) {
	d.warnings = append(d.warnings, finding(name, format, args...))
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
