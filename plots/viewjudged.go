package plots

import (
	"fmt"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

// judgedWords say how regret was found; none if nothing was replayed.
func judgedWords(s stats.Summary) (out []string) {
	j := s.Judging
	if j == nil {
		return nil
	}
	out = append(out, fmt.Sprintf("At %d instants of the valid conditions all %d options were replayed on the image that the arms had just had. The oracle is the fastest of them, of the %d whose accuracy is at least %s, "+
		"as the budget wants. Regret is the mean of (t − t_o)/t_o, where t_o is the oracle's t: of an arm by its own request, of all others by the replay of what they would have chosen.",
		j.Instants, j.Options, j.Feasible, j.Floor.Percent(1)))
	out = append(out, "The oracle was: "+modelCounts(stats.Arm{Models: j.Oracle})+".")
	out = append(out, fmt.Sprintf("The oracle is the least of several noisy times and so is too fast: even the best choice has a regret. An arm's own request and the replay of the same option differed by %s (median). "+
		"“By replays” is free of what differs between an arm's request and the replay; “vs best of trial” compares with the one option that was best over a trial, whose mean is not a least of noisy times, but which cannot follow what changes within the trial.",
		j.Noise.Percent(1)))
	if j.Rewound > 0 && j.Rewound < j.Instants {
		out = append(out, fmt.Sprintf("At %d of these instants links and loads that vary were rewound for each replay, so that all met the same; at the others the options met them one after the other.", j.Rewound))
	} else if j.Rewound > 0 {
		out = append(out, "Links and loads that vary were rewound for each replay, so that all options met the same.")
	}
	for _, name := range j.Order {
		if a := s.Regret[name].Ablation; a != nil && a.N > 0 {
			out = append(out, ablationWords(name, *a))
		}
	}
	return out
}

func ablationWords(name string, a stats.Ablation) string {
	if a.Changed == 0 {
		return fmt.Sprintf("%s (%s without %s) chose the same at all %d instants: the term changed no decision, and this run is no evidence for it.", name, a.Of, a.Without, a.N)
	}
	return fmt.Sprintf("%s (%s without %s) chose differently at %d of %d instants.", name, a.Of, a.Without, a.Changed, a.N)
}

// regretTable is every selector that was judged.
func regretTable(s stats.Summary) table {
	t := table{Head: []string{"selector", "is", "n", "regret", "p95", "by replays", "vs best of trial", "chose the oracle's", "as good within 3 %",
		"outside the budget", "accuracy", "without answer"}, Numbers: 2}
	if s.Judging == nil {
		return t
	}
	for _, name := range judgedNames(s, len(s.Regret)) {
		r := s.Regret[name]
		t.Rows = append(t.Rows, []string{judgedLabel(name, r), kindWords[r.Kind], fmt.Sprint(r.N), interval(stats.Estimate{Value: r.Mean, Low: r.Low, High: r.High}, 100, " %"),
			r.P95.Percent(1), r.Replayed.Percent(1), r.Steady.Percent(1), r.Agreement.Percent(0), r.Near.Percent(0), r.Outside.Percent(0), r.Accuracy.Percent(1), fmt.Sprint(r.Failed)})
	}
	return t
}

// kindWords are what a report calls the kinds of judged selectors.
var kindWords = map[string]string{stats.ArmKind: "arm", stats.ShadowKind: "asked only", stats.StaticKind: "always this", stats.BestStaticKind: "best afterwards", stats.RandomKind: "any of the budget"}

// regretBy is regret by condition: all but the statics, of which the best has a
// column.
func regretBy(s stats.Summary) table {
	t := table{Head: []string{"condition", "n"}, Numbers: 1}
	if s.Judging == nil {
		return t
	}
	names := judgedNames(s, 0)
	t.Head = append(t.Head, names...)
	for _, c := range s.Conditions {
		if c.Regret == nil {
			continue
		}
		row, n := []string{c.Label, ""}, 0
		for _, name := range names {
			r, ok := c.Regret[name]
			if !ok {
				row = append(row, "–")
				continue
			}
			n = max(n, r.N)
			cell := interval(stats.Estimate{Value: r.Mean, Low: r.Low, High: r.High}, 100, " %")
			if r.Kind == stats.BestStaticKind {
				cell += ", " + r.Option
			}
			row = append(row, cell)
		}
		row[1] = fmt.Sprint(n)
		t.Rows = append(t.Rows, row)
	}
	return t
}

// predictedWords say what the numbers of predictions are; none if there are no
// predictions.
func predictedWords(s stats.Summary) (out []string) {
	if len(s.Predictions) == 0 {
		return nil
	}
	return []string{"Of the option that was chosen: the mean of |predicted − observed|/observed (MAPE) and, in brackets, of (predicted − observed)/observed, the bias, which is positive where too much was predicted. " +
		"Both are of the requests in which the phase took more than 0.1 ms; “–” is a phase that never did. The bound is the time that 95 % of requests were predicted to stay within: it should hold 93 to 97 %. " +
		"Its interval is Wilson's, as if requests did not depend on each other."}
}

// phaseErrorText writes the errors of one phase.
func phaseErrorText(e stats.PhaseError) string {
	if e.N == 0 {
		return "–"
	}
	sign := ""
	if e.Bias > 0 {
		sign = "+"
	}
	return fmt.Sprintf("%s (%s%s)", e.MAPE.Percent(1), sign, e.Bias.Percent(1))
}

// held writes a coverage.
func held(c stats.Coverage) string {
	if c.N == 0 {
		return "–"
	}
	return interval(stats.Estimate{Value: c.Held, Low: c.Low, High: c.High}, 100, " %")
}

// predictionTable is a row an arm.
func predictionTable(s stats.Summary) table {
	t := table{Head: append(append([]string{"arm", "decisions", "whole request"}, stats.PhaseNames[:]...), "bound held"), Numbers: 1}
	for _, p := range s.Predictions {
		row := []string{p.Selector, fmt.Sprint(p.Decisions), phaseErrorText(p.Total)}
		for _, e := range p.Phases {
			row = append(row, phaseErrorText(e))
		}
		t.Rows = append(t.Rows, append(row, held(p.Bound)))
	}
	return t
}

// predictedBy is a row a condition: each arm's error of the whole request and
// what its bound held.
func predictedBy(s stats.Summary) table {
	t := table{Head: []string{"condition"}, Numbers: 1}
	if len(s.Predictions) == 0 {
		return t
	}
	for _, p := range s.Predictions {
		t.Head = append(t.Head, p.Selector, strings.TrimSpace(p.Selector+" bound"))
	}
	for _, c := range s.Conditions {
		row := []string{c.Label}
		for _, p := range s.Predictions {
			cells := []string{"–", "–"}
			for _, a := range c.Arms {
				if a.Selector == p.Selector && a.Prediction != nil {
					cells = []string{phaseErrorText(a.Prediction.Total), held(a.Prediction.Bound)}
				}
			}
			row = append(row, cells...)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
