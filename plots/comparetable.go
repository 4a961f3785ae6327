package plots

import (
	"fmt"
	"slices"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

// tooFew is told of a difference that has no interval.
const tooFew = ", too few"

// change writes how a time differs: the share of A, or a mark instead,
// and the interval.
func change(d stats.Difference) (by, interval string) {
	by = signed(d.Relative.Value*100, 1) + " %"
	switch {
	case !d.Change.Value.Known():
		return "–", ""
	case !d.Relative.Value.Known():
		by, interval = signed(d.Change.Value, 3)+" ms", ""
	case d.Change.Low.Known():
		interval = fmt.Sprintf("%s to %s %%", signed(d.Relative.Low*100, 1), signed(d.Relative.High*100, 1))
	default:
		by += tooFew
	}
	return told(d, by), interval
}

// told is text, or a sign instead: "=" where the runs do not differ at all, "~"
// where the interval holds 0.
func told(d stats.Difference, text string) string {
	switch c := d.Change; {
	case c.Low == 0 && c.Value == 0 && c.High == 0:
		return "="
	case d.Noise():
		return "~"
	}
	return text
}

// signed is n with its sign.
func signed(n stats.Number, digits int) string {
	text := n.Fixed(digits)
	if n > 0 && strings.Trim(text, "0.") != "" {
		return "+" + text
	}
	return text
}

// around is a time and how far its interval reaches from it at most, in percent.
func around(e stats.Estimate) string {
	text := e.Value.Millis()
	if !e.Low.Known() || !e.High.Known() || !(e.Value > 0) {
		return text
	}
	return text + " ± " + (max(e.High-e.Value, e.Value-e.Low) / e.Value).Percent(0)
}

// mostBy is the phase that differs most, with its difference.
func mostBy(t stats.Times) string {
	for _, p := range t.Phases {
		if p.Name == t.Most {
			by := p.Median.Change.Value
			if by > 0 {
				return p.Name + " +" + by.Millis()
			}
			return p.Name + " " + by.Millis()
		}
	}
	return "–"
}

// CompareTimes is a row for each arm in each condition, with a head: how long it
// took in both runs. Columns from numbers on are set to the right.
func CompareTimes(c stats.Contrast) (head []string, rows [][]string, numbers int) {
	head = []string{"condition", "arm", "n", "A", "B", "B − A", "interval", "most by", "same choice"}
	for _, k := range c.Conditions {
		for _, t := range k.Arms {
			by, interval := change(t.T.Median)
			rows = append(rows, []string{k.Label + invalidMark(k), t.Name, countsOf(t), around(t.T.Median.A), around(t.T.Median.B), by, interval, mostBy(t),
				t.Choice.Share().Percent(0)})
		}
	}
	for _, a := range c.Arms {
		if a.Conditions < 2 {
			continue
		}
		by, interval := change(stats.Difference{Change: a.Time, Relative: a.Time})
		rows = append(rows, []string{fmt.Sprintf("all %d, geometric mean", a.Conditions), a.Arm, "", a.A.Millis(), a.B.Millis(), by, interval, mostAcross(a), a.Choice.Share().Percent(0)})
	}
	return head, rows, 2
}

// mostAcross is the phase that differs most over conditions, with its mean.
func mostAcross(a stats.Across) string {
	for i, name := range stats.PhaseNames {
		if name == a.Most {
			if by := a.Phases[i]; by > 0 {
				return name + " +" + by.Millis()
			}
			return name + " " + a.Phases[i].Millis()
		}
	}
	return "–"
}

const notValid = " (invalid)"

func invalidMark(k stats.Contrasted) string {
	if k.Valid[0] && k.Valid[1] {
		return ""
	}
	return notValid
}

// countsOf is how many requests are compared, one number if they are paired.
func countsOf(t stats.Times) string {
	if t.Paired {
		return fmt.Sprint(t.N[0])
	}
	return fmt.Sprintf("%d, %d", t.N[0], t.N[1])
}

// CompareSavings is a row for each arm but the baseline in each condition, with
// a head: Δt in both runs. Columns from numbers on are set to the right.
func CompareSavings(c stats.Contrast) (head []string, rows [][]string, numbers int) {
	head = []string{"condition", "arm", "Δt of A", "Δt of B", "B − A, points", "interval"}
	row := func(label, arm string, d *stats.Difference) {
		if d == nil {
			return
		}
		points, interval := signed(100*d.Change.Value, 1), ""
		switch {
		case !d.Change.Value.Known():
		case !d.Change.Low.Known():
			points += tooFew
		default:
			interval = signed(100*d.Change.Low, 1) + " to " + signed(100*d.Change.High, 1)
		}
		rows = append(rows, []string{label, arm, d.A.Value.Percent(1), d.B.Value.Percent(1), told(*d, points), interval})
	}
	for _, k := range c.Conditions {
		for _, t := range k.Arms {
			row(k.Label+invalidMark(k), t.Name, t.Saving)
		}
	}
	for _, a := range c.Arms {
		if a.Conditions < 2 {
			continue
		}
		row(fmt.Sprintf("all %d, mean", a.Conditions), a.Arm, a.Saving)
	}
	return head, rows, 2
}

// compareMediansTable is how far t and each phase are apart over conditions.
func compareMediansTable(c stats.Contrast) table {
	g := c.Agreement
	within := stats.Number(g.Within).Percent(0)
	t := table{Head: []string{"median of", "compared", "within " + within, "of the others by less than 1 % of t", "typical difference", "largest"}, Numbers: 1}
	for _, m := range g.Medians {
		typical, worst := signed(m.Typical*100, 1)+" %", signed(m.Worst*100, 1)+" %"
		slight := fmt.Sprint(m.Slight)
		if m.Name == "t" {
			slight = "–"
		}
		t.Rows = append(t.Rows, []string{m.Name, fmt.Sprint(m.N), fmt.Sprintf("%d (%s)", m.Within, (stats.Alike{N: m.N, Same: m.Within}).Share().Percent(0)), slight, typical, worst})
	}
	return t
}

// mostMisses is how many misses, and kinds of other choices, are told one by one.
const mostMisses = 12

// CompareWords says how alike two runs are, and where they are not, in
// sentences.
func CompareWords(c stats.Contrast) (out []string) {
	g := c.Agreement
	valid := 0
	for _, k := range c.Conditions {
		if k.Valid[0] && k.Valid[1] {
			valid++
		}
	}
	if valid == 0 {
		return append(out, "Whether the runs agree cannot be said: no condition is valid in both.")
	}
	met := "The runs agree"
	if !g.Met {
		met = "The runs do not agree"
	}
	within := stats.Number(g.Within).Percent(0)
	out = append(out, fmt.Sprintf("%s. To agree, the medians of t of each arm, and of each option where the oracle ran them, are within %s of each other in every condition that is valid in both (%d), and %s of the orders of options and of the choices are the same.",
		met, within, valid, stats.Number(g.Fraction).Percent(0)))
	if len(g.Medians) > 0 {
		m := g.Medians[0]
		out = append(out, fmt.Sprintf("Medians of t within %s: %d of %d.", within, m.Within, m.N))
	}
	if g.Order.N > 0 {
		text := fmt.Sprintf("Pairs of options in the same order: %d of %d (%s)", g.Order.Same, g.Order.N, g.Order.Share().Percent(1))
		if other := g.Order.N - g.Order.Same; other > 0 {
			text += fmt.Sprintf("; of the %d others, %d are of options within %s of each other", other, g.Close, within)
		}
		out = append(out, text+".")
	}
	if g.Choice.N > 0 {
		text := fmt.Sprintf("Requests for which the same option was chosen: %d of %d (%s)", g.Choice.Same, g.Choice.N, g.Choice.Share().Percent(1))
		if other := g.Choice.N - g.Choice.Same; other > 0 {
			text += fmt.Sprintf("; of the %d others, %d are between options within %s of each other", other, g.Even, within)
		}
		out = append(out, text+".")
	}
	return out
}

// CompareMisses are the medians that are too far apart, and the choices that
// were not the same, a sentence each.
func CompareMisses(c stats.Contrast) (out []string) {
	g := c.Agreement
	misses := toldOnce(g.Misses)
	for _, m := range misses[:min(len(misses), mostMisses)] {
		by := signed(m.Relative*100, 1) + " %"
		if !m.Relative.Known() {
			by = "from nothing"
		}
		text := fmt.Sprintf("%s, %s: %s %s → %s (%s)", m.Condition, m.Of, m.Name, m.A.Millis(), m.B.Millis(), by)
		if m.Name == "t" && m.Most != "" {
			text += ", most of it " + m.Most
		} else if m.Name != "t" {
			text += ", " + m.Share.Percent(1) + " of t"
		}
		if m.Noise {
			text += "; it may be noise"
		}
		out = append(out, text)
	}
	if n := len(misses) - mostMisses; n > 0 {
		out = append(out, fmt.Sprintf("and %d more", n))
	}
	for _, s := range g.Swaps[:min(len(g.Swaps), mostMisses)] {
		out = append(out, fmt.Sprintf("A chose %s and B %s: %d times", s.A, s.B, s.N))
	}
	return out
}

// toldOnce leaves out the phases of what misses as a whole.
func toldOnce(misses []stats.Miss) []stats.Miss {
	whole := map[[2]string]bool{}
	for _, m := range misses {
		if m.Name == "t" {
			whole[[2]string{m.Condition, m.Of}] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(misses), func(m stats.Miss) bool { return m.Name != "t" && whole[[2]string{m.Condition, m.Of}] })
}
