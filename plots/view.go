package plots

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/plots/stats"
)

// interval writes an estimate with its interval, as fraction times scale.
func interval(e stats.Estimate, scale stats.Number, unit string) string {
	if !e.Value.Known() {
		return "–"
	}
	out := (e.Value * scale).Fixed(1) + unit
	if e.Low.Known() && e.High.Known() {
		out += fmt.Sprintf(" (%s to %s)", (e.Low * scale).Fixed(1), (e.High * scale).Fixed(1))
	}
	return out
}

// conditions is a row a condition, of the baseline and the judged arm.
func conditions(s stats.Summary) table {
	t := table{Head: []string{"condition", "valid", "pairs", "Δt"}, Numbers: 2}
	judged := s.Run.Arms[:min(len(s.Run.Arms), 2)] // the others have a table of their own
	accuracy := " right"
	if s.Run.Unscored != "" {
		accuracy = " right, published"
	}
	for _, what := range []string{" mean t", accuracy} {
		for _, a := range judged {
			t.Head = append(t.Head, a+what)
		}
	}
	t.Head = append(t.Head, "given up, points")
	for _, a := range judged {
		t.Head, t.Words = append(t.Head, a+" chose"), t.Words+1
	}
	for _, c := range s.Conditions {
		valid := "yes"
		if !c.Valid {
			valid = "no"
		}
		row := []string{c.Label, valid, fmt.Sprint(c.Pairs), interval(c.Saving.MeanOfRatios, 100, " %")}
		arms := c.Arms[:min(len(c.Arms), len(judged))]
		for _, a := range arms {
			row = append(row, a.Latency.Mean.Millis())
		}
		for _, a := range arms {
			row = append(row, a.Accuracy.Percent(1))
		}
		row = append(row, interval(c.AccuracyDrop, 1, ""))
		for _, a := range arms {
			row = append(row, modelCounts(a))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// definitionTable is the saving by other definitions of t and other means.
func definitionTable(s stats.Summary) table {
	t := table{Head: []string{"t is", "pairs", "Δt, mean of ratios", "ratio of means", "geometric mean"}, Numbers: 1}
	for _, d := range s.Overall.Definitions {
		t.Rows = append(t.Rows, []string{d.Name, fmt.Sprint(d.Pairs), interval(d.Saving.MeanOfRatios, 100, " %"),
			interval(d.Saving.RatioOfMeans, 100, " %"), interval(d.Saving.Geometric, 100, " %")})
	}
	if e := s.Overall.EqualWeight.Saving; e.Value.Known() {
		t.Rows = append(t.Rows, []string{"measured, mean of conditions", fmt.Sprint(s.Overall.Pairs), interval(e, 100, " %"), "–", "–"})
	}
	return t
}

// definedAs says what each definition counts.
func definedAs(s stats.Summary) (out []string) {
	for _, d := range s.Overall.Definitions {
		out = append(out, d.Name+": "+d.What)
	}
	return out
}

// choseWords are what an arm chose and why.
func choseWords(c stats.Choices) []string {
	why := slices.Clone(c.Why)
	if d := c.Decisions; d.Failed > 0 {
		why = append(why, fmt.Sprintf("%d of %d decisions were not its own, as it failed, but its fallback's.", d.Failed, d.N))
		for _, f := range d.Failures {
			why = append(why, "Failed "+f)
		}
	}
	return why
}

// byCount are the names of counts, the most frequent first.
func byCount(counts map[string]int) []string {
	names := make([]string, 0, len(counts))
	for n := range counts {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	return names
}

// links is asked against achieved, a row a direction and condition.
func links(s stats.Summary) table {
	t := table{Head: []string{"condition", "link", "engine", "rate asked", "achieved", "off by", "round trip asked", "achieved", "lost asked", "achieved", "besides"}, Numbers: 3, Words: 1, Names: 1}
	for _, c := range s.Conditions {
		for _, l := range c.Links {
			t.Rows = append(t.Rows, []string{c.Label, l.Node + " " + l.Direction, cmp.Or(l.Engine, "–"), rate(l.Asked.Rate), rate(l.Achieved.Rate),
				offBy(l.Asked.Rate, l.Achieved.Rate), l.Asked.RTT.Millis(), l.Achieved.RTT.Millis(), l.Asked.Loss.Percent(2), l.Achieved.Loss.Percent(2), cmp.Or(l.Also, "–")})
		}
	}
	return t
}

// rate writes bits per second.
func rate(n stats.Number) string {
	if !n.Known() {
		return "–"
	}
	return (n / 1e6).Significant(4) + " Mbps"
}

func offBy(asked, got stats.Number) string {
	if !asked.Known() || !got.Known() || asked == 0 {
		return "–"
	}
	return (got/asked - 1).Percent(1)
}

// modelTable is what was known of the models before the run.
func modelTable(s stats.Summary) table {
	t := table{Head: []string{"model", "size", "MACs", "accuracy", "measured on", "load", "infer"}, Numbers: 1, Names: 1}
	for _, m := range s.Run.Models {
		on := cmp.Or(m.Source, "declared")
		if m.Images > 0 {
			on = fmt.Sprintf("%d images", m.Images)
		}
		if m.Weights != "" {
			on = "not measured: " + m.Weights + " weights; " + on
		}
		t.Rows = append(t.Rows, []string{m.Name, stats.Number(float64(m.Bytes)/1e6).Significant(3) + " MB", stats.Number(float64(m.MACs)/1e6).Significant(3) + " M",
			m.Accuracy.Percent(1), on, m.Load.Millis(), m.Infer.Millis()})
	}
	return t
}

// environment is the machine and what the nodes said of themselves.
func environment(s stats.Summary) table {
	h := s.Run.Host
	t := table{Head: []string{"what", "value"}, Numbers: 2}
	facts := [][2]string{{"testbed", s.Run.Testbed}, {"world", s.World}}
	if s.World == stats.Simulated {
		facts = append(facts, [2]string{"machine", "any: nothing here depends on it"})
	} else {
		facts = append(facts, [][2]string{
			{"started", s.Run.Started.UTC().Format(time.RFC3339)}, {"took", s.Run.Took.Round(time.Second / 10).String()},
			{"operating system", strings.TrimSpace(h.OS + " " + h.Kernel)}, {"processor", fmt.Sprintf("%s, %d CPUs", cmp.Or(h.CPU, "unknown"), h.CPUs)},
			{"memory", stats.Number(float64(h.Memory)/(1<<30)).Significant(3) + " GiB"}, {"Go", h.Go}, {"user", h.User},
		}...)
	}
	for _, kv := range facts {
		if kv[1] != "" {
			t.Rows = append(t.Rows, kv[:])
		}
	}
	for _, f := range s.Run.Nodes {
		if f.Key == "world" { // it is among the facts already
			continue
		}
		t.Rows = append(t.Rows, []string{f.Key, f.Value})
	}
	return t
}
