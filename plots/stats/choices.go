package stats

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// mostReasons is how many kinds of a selector's own sentences are quoted.
const mostReasons = 3

// choicesOf counts what an arm chose, and reads its decisions for the reasons.
func choicesOf(d *data, arm int) Choices {
	c := Choices{Selector: d.arms[arm], Models: map[string]int{}, Why: []string{}}
	for _, cell := range d.cells {
		for _, r := range cell.requests[arm] {
			if name := d.options.nameOf(r); name != "" {
				c.Models[name]++
			}
		}
	}
	if len(c.Models) == 1 {
		for m := range c.Models {
			c.Only = m
		}
	}
	c.Why = d.deciding[arm].why.sentences(c)
	return c
}

// A tally counts what an arm's decisions have in common.
type tally struct {
	decisions int
	fastest   int       // the choice was predicted fastest of those considered
	alone     int       // it was the only one considered
	ahead     []float64 // predicted time of the next, over that of the choice
	first     map[string]string
	differ    map[string]bool // not all are as the first, in their numbers
	count     map[string]int  // of reasons, by what they are without numbers
	excluded  map[string]int  // option: why, without numbers
	several   bool            // nodes
}

func newTally() tally {
	return tally{first: map[string]string{}, differ: map[string]bool{}, count: map[string]int{}, excluded: map[string]int{}}
}

func (t *tally) add(e *record.Decision) {
	t.decisions++
	if r := strings.TrimSpace(e.Decision.Reason); r != "" {
		t.note(t.count, r)
	}
	all := e.Decision.Candidates
	for _, c := range all {
		if c.Excluded != "" {
			t.note(t.excluded, t.of(c.Option)+": "+c.Excluded)
		}
	}
	if i := e.Decision.Choice; i >= 0 && i < len(all) {
		t.compare(all, i)
	}
}

// of is the name of an option in sentences, by its label.
func (t *tally) of(label string) string {
	if model, _, ok := strings.Cut(label, "@"); ok && !t.several {
		return model
	}
	return label
}

// compare sets the choice against the other candidates that were considered.
func (t *tally) compare(all []selector.Candidate, choice int) {
	next := selector.Candidate{}
	for i, c := range all {
		if i != choice && c.Excluded == "" && (next.Total == 0 || c.Total < next.Total) {
			next = c
		}
	}
	switch {
	case next.Total == 0:
		t.alone++
	case all[choice].Total > 0 && all[choice].Total <= next.Total:
		t.fastest++
		t.ahead = append(t.ahead, float64(next.Total)/float64(all[choice].Total))
	}
}

// note counts a reason, apart from the numbers in it.
func (t *tally) note(counts map[string]int, reason string) {
	key := shape(reason)
	counts[key]++
	if first, ok := t.first[key]; ok {
		t.differ[key] = t.differ[key] || reason != first
	} else {
		t.first[key] = reason
	}
}

// shape is s with each number made a #, so that sentences that differ in a
// number are one. Digits of a name, such as resnet18, are no number.
func shape(s string) string {
	var b strings.Builder
	in, before := false, ' ' // in a number; the letter before
	for _, r := range s {
		was := in
		digit := unicode.IsDigit(r)
		in = was && (digit || r == '.') || digit && !unicode.IsLetter(before) && !unicode.IsDigit(before)
		switch {
		case !in:
			b.WriteRune(r)
		case !was:
			b.WriteByte('#')
		}
		before = r
	}
	return b.String()
}

// sentences tell the tally.
func (t *tally) sentences(c Choices) []string {
	out := []string{}
	if t.decisions == 0 {
		return append(out, "no decisions are recorded")
	}
	if c.Only != "" {
		out = append(out, fmt.Sprintf("%s chose %s in all of its %d requests.", c.Selector, c.Only, c.Models[c.Only]))
	}
	if t.fastest > 0 {
		slices.Sort(t.ahead)
		s := fmt.Sprintf("Its choice was predicted to be the fastest of those considered in %d of %d decisions", t.fastest, t.decisions)
		low, high := Number(t.ahead[0]).Significant(3), Number(t.ahead[len(t.ahead)-1]).Significant(3)
		if low == high {
			s += fmt.Sprintf("; the next was predicted to take %s times as long.", low)
		} else {
			s += fmt.Sprintf("; the next was predicted to take %s to %s times as long.", low, high)
		}
		out = append(out, s)
	}
	if t.alone > 0 {
		out = append(out, fmt.Sprintf("In %d of %d decisions no other option was considered.", t.alone, t.decisions))
	}
	for _, k := range frequent(t.excluded) {
		out = append(out, fmt.Sprintf("Not considered, in %d of %d decisions: %s.", t.excluded[k], t.decisions, strings.TrimSuffix(t.first[k], ".")))
	}
	for i, k := range frequent(t.count) {
		if i == mostReasons {
			out = append(out, fmt.Sprintf("It gave %d more kinds of reason.", len(t.count)-i))
			break
		}
		numbers := ""
		if t.differ[k] {
			numbers = ", with other numbers in some"
		}
		out = append(out, fmt.Sprintf("In its own words, in %d of %d decisions%s: “%s”.", t.count[k], t.decisions, numbers, strings.TrimSuffix(t.first[k], ".")))
	}
	return out
}

// frequent are the keys of counts, the most frequent first.
func frequent(counts map[string]int) []string {
	keys := make([]string, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return keys
}
