package plots

import (
	"fmt"

	"github.com/testbed/testbed/plots/stats"
)

// percentileTable is the percentiles of t, with their intervals, a row for each
// arm of each condition.
func percentileTable(s stats.Summary) table {
	t := table{Head: []string{"condition", "arm", "answers", "mean t", "median", "p90", "p95", "p99"}, Numbers: 2, Names: 2}
	for _, c := range s.Conditions {
		for _, a := range c.Arms {
			l := a.Latency
			t.Rows = append(t.Rows, []string{c.Label, a.Selector, fmt.Sprint(a.Requests - a.Errors), l.Mean.Millis(),
				percentile(l, "p50", l.P50), percentile(l, "p90", l.P90), percentile(l, "p95", l.P95), percentile(l, "p99", l.P99)})
		}
	}
	return t
}

// percentile writes one with its interval, or how many times would bear it.
func percentile(l stats.Latency, name string, value stats.Number) string {
	if n := l.Needs[name]; !value.Known() && n > 0 {
		return fmt.Sprintf("– (needs %d)", n)
	}
	out := value.Millis()
	if r, ok := l.Intervals[name]; ok && value.Known() {
		out += fmt.Sprintf(" (%s to %s)", r.Low.Millis(), r.High.Millis())
	}
	return out
}

// onTimeTable is how many requests met the deadline, a row for each arm of each
// condition; none if there is no deadline.
func onTimeTable(s stats.Summary) table {
	t := table{Head: []string{"condition", "arm", "requests", "late or failed", "on time", "attained", "right and on time"}, Numbers: 2, Names: 2}
	for _, c := range s.Conditions {
		for _, a := range c.Arms {
			if o := a.OnTime; o != nil {
				t.Rows = append(t.Rows, []string{c.Label, a.Selector, fmt.Sprint(o.Requests), fmt.Sprint(o.Late), percentRange(o.Share, o.Interval),
					attained(*o), percentRange(o.Effective, o.EffectiveInterval)})
			}
		}
	}
	return t
}

// attained writes whether a share was, or how many requests it would take.
func attained(o stats.OnTime) string {
	if o.Attained == nil && o.Needs > o.Requests {
		return fmt.Sprintf("undecided: needs %d requests", o.Needs)
	}
	return yesNo(o.Attained, "undecided")
}

func percentRange(n stats.Number, r stats.Range) string {
	return interval(stats.Estimate{Value: n, Low: r.Low, High: r.High}, 100, " %")
}

// onTimeWords say what the deadline is and how it is judged.
func onTimeWords(s stats.Summary) []string {
	r := s.Run.Require
	return []string{fmt.Sprintf("A request is on time if it was answered within %s; one that failed was not. %s of them must be. That is attained where so few late ones among so many requests would have a probability of at most %s if fewer were on time than must be "+
		"(the early stopping rule of MLPerf's LoadGen), and not attained where so many late ones would, if enough were.",
		stats.Number(r.Deadline.Seconds()*1000).Millis(), stats.Number(r.OnTime).Percent(1), stats.Number(1-r.Confidence).Percent(0))}
}

// steadyTable is whether times stayed what they were, and which were far from
// the others, a row for each arm of each condition.
func steadyTable(s stats.Summary) table {
	t := table{Head: []string{"condition", "arm", "change over a trial", "p", "of all at once (Holm)", "correlation with the one before", "as many independent times", "outliers", "they move the mean by"}, Numbers: 2}
	for _, c := range s.Conditions {
		for _, a := range c.Arms {
			k := a.Steady
			if k.Change.Known() || k.Lag1.Known() || a.Far.N > 0 {
				t.Rows = append(t.Rows, []string{c.Label, a.Selector, k.Change.Percent(1), pText(k.P), pText(k.Holm), k.Lag1.Fixed(2), k.Independent.Fixed(0), fmt.Sprint(a.Far.N), a.Far.Moves.Percent(1)})
			}
		}
	}
	return t
}

// steadyWords say what is told of steadiness.
const steadyWords = "Nothing of this is taken out of the numbers. The change is from the beginning of a trial to its end, by the median of slopes, as a share of the median; it is not told where the network or the load was to vary. " +
	"The correlation is of the ranks of times that follow each other. An outlier is more than three interquartile ranges beyond the quartiles of the arm's times with the same option, fetched and opened or not."
