package plots

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/plots/stats"
)

// A view is a report before it has a form: texts and tables. Both forms are
// made from it, so that they say the same.
type view struct {
	Title    string
	Result   string
	Sentence string   // what follows the Result
	Lead     []string // what was asked and what the verdict rests on
	Figures  []Figure

	Requirements table
	Shown        string // which conditions the tables are of; empty: all
	Conditions   table
	Definitions  table
	DefinedAs    []string
	Selectors    table
	Arms         table // each against the baseline
	EveryArm     table // and in each condition
	Choices      []choice
	Decisions    table
	Judged       []string // how
	Regret       table
	RegretBy     table // condition
	Predicted    []string
	Predictions  table
	PredictedBy  table    // condition
	Measured     []string // how
	Validity     []string
	Links        table
	Load         table
	Models       table
	Environment  table
	Warnings     []string
	Commands     []string // to reproduce
	Reproduce    []string
}

// A table has a row of names and rows of cells. Columns from Numbers on are
// set to the right.
type table struct {
	Head    []string
	Rows    [][]string
	Numbers int
}

// A choice is what an arm chose and why.
type choice struct {
	Arm    string
	Models string
	Only   bool
	Why    []string
}

// viewOf is the texts and tables of a report.
func viewOf(s stats.Summary, figures []Figure) view {
	v := view{
		Title: cmp.Or(s.Run.Title, s.Scenario, "A run"), Result: s.Verdict.Result, Sentence: strings.TrimPrefix(s.Verdict.Sentence, s.Verdict.Result),
		Lead: lead(s), Figures: figures, Requirements: requirements(s), Definitions: definitionTable(s),
		Choices: choiceList(s), Measured: method(s), Validity: validity(s), Models: modelTable(s),
		Environment: environment(s), Warnings: stats.Texts(s.Warnings),
	}
	some := s
	if v.Shown = fewWords(s, mostRows); v.Shown != "" {
		v.Shown += " All are in conditions.csv, and with all numbers in summary.json."
		some, _ = few(s, stats.Series{}, mostRows)
	}
	v.Conditions, v.Links, v.Load = conditions(some), links(some), load(some)
	v.Selectors, v.Arms, v.EveryArm, v.Decisions = selectorTable(s), armTable(s), everyArm(some), decisionTable(s)
	v.Judged, v.Regret, v.RegretBy = judgedWords(s), regretTable(s), regretBy(some)
	v.Predicted, v.Predictions, v.PredictedBy = predictedWords(s), predictionTable(s), predictedBy(some)
	v.DefinedAs = definedAs(s)
	v.Commands, v.Reproduce = reproduce(s)
	return v
}

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

// requirements is what was held to what.
func requirements(s stats.Summary) table {
	c := stats.Number(s.Run.Require.Confidence).Percent(0)
	t := table{Head: []string{"requirement", "asked", "found", c + " interval", "one-sided bounds", "met", "advice"}, Numbers: 1}
	for _, r := range s.Verdict.Requirements {
		name, sign, unit := "saving Δt", "≥ ", " %"
		if r.Name == "accuracy_drop" {
			name, sign, unit = "accuracy given up", "≤ ", " points"
		}
		n := func(x stats.Number) string { return (x * 100).Fixed(1) }
		met := "undecided"
		if r.Met != nil && *r.Met {
			met = "yes"
		} else if r.Met != nil {
			met = "no"
		}
		t.Rows = append(t.Rows, []string{name, sign + (r.Bound * 100).Significant(3) + unit, n(r.Value) + unit,
			n(r.Low) + " to " + n(r.High), n(r.Lower) + ", " + n(r.Upper), met, cmp.Or(r.Advice, "–")})
	}
	return t
}

// conditions is a row a condition.
func conditions(s stats.Summary) table {
	accuracy := "accuracy"
	if s.Run.Unscored != "" {
		accuracy = "accuracy, published"
	}
	t := table{Head: []string{"condition", "valid", "pairs", "Δt", "median t", accuracy, "given up, points"}, Numbers: 2}
	judged := s.Run.Arms[:min(len(s.Run.Arms), 2)] // the others have a table of their own
	for _, a := range judged {
		t.Head = append(t.Head, a+" chose")
	}
	for _, c := range s.Conditions {
		valid := "yes"
		if !c.Valid {
			valid = "no: " + strings.Join(stats.Texts(c.Reasons), "; ")
		}
		var medians, accuracies []string
		row := []string{c.Label, valid, fmt.Sprint(c.Pairs), interval(c.Saving.MeanOfRatios, 100, " %"), "", "", interval(c.AccuracyDrop, 1, "")}
		for i, a := range c.Arms {
			if i < len(judged) {
				medians = append(medians, a.Latency.P50.Millis())
				accuracies = append(accuracies, a.Accuracy.Percent(1))
				row = append(row, modelCounts(a))
			}
		}
		row[4], row[5] = strings.Join(medians, " → "), strings.Join(accuracies, " → ")
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

func choiceList(s stats.Summary) (out []choice) {
	for _, c := range s.Models {
		a := stats.Arm{Models: c.Models}
		k := choice{Arm: c.Selector, Models: modelCounts(a), Only: c.Only != "", Why: slices.Clone(c.Why)}
		if d := c.Decisions; d.Failed > 0 {
			k.Why = append(k.Why, fmt.Sprintf("%d of %d decisions were not its own, as it failed, but its fallback's.", d.Failed, d.N))
			for _, f := range d.Failures {
				k.Why = append(k.Why, "Failed "+f)
			}
		}
		out = append(out, k)
	}
	return out
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
	t := table{Head: []string{"condition", "link", "engine", "rate asked", "achieved", "off by", "round trip asked", "achieved", "lost asked", "achieved", "besides"}, Numbers: 3}
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
	t := table{Head: []string{"model", "size", "MACs", "accuracy", "measured on", "load", "infer"}, Numbers: 1}
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
		t.Rows = append(t.Rows, []string{f.Key, f.Value})
	}
	return t
}
