package view

import (
	"time"

	"github.com/testbed/testbed/plots/stats"
)

// A sheet is the numbers of a run that the page shows: those of its summary,
// without what a table of a thousand conditions has no room for.
type sheet struct {
	Revision   int             `json:"revision"`
	At         time.Time       `json:"at"` // when it was made
	Verdict    stats.Verdict   `json:"verdict"`
	Confidence stats.Number    `json:"confidence"`
	Bound      stats.Number    `json:"bound"` // of the saving
	Arms       []string        `json:"arms"`
	Models     []string        `json:"models"`
	Pairs      int             `json:"pairs"` // of the judged arm, in valid conditions
	Valid      int             `json:"valid"` // conditions
	Rows       []row           `json:"rows"`
	Overall    []comparison    `json:"overall"`
	Warnings   []stats.Finding `json:"warnings"`
}

// A row is one condition.
type row struct {
	Label    string       `json:"label"`
	Valid    bool         `json:"valid"`
	Reasons  []string     `json:"reasons"`
	Warnings int          `json:"warnings"`
	Compared []comparison `json:"compared"` // by arm, from the second on
	Arms     []arm        `json:"arms"`
}

// A comparison is an arm against the baseline.
type comparison struct {
	Pairs  int            `json:"pairs"`
	Saving stats.Estimate `json:"saving"`
	Drop   stats.Estimate `json:"drop"` // percentage points
}

// An arm is one in one condition.
type arm struct {
	P50      stats.Number   `json:"p50"` // ms
	Requests int            `json:"requests"`
	Errors   int            `json:"errors"`
	Models   map[string]int `json:"models"`
}

func sheetOf(a *analysis) *sheet {
	s := &a.summary
	out := &sheet{Revision: a.revision, At: a.at, Verdict: s.Verdict, Confidence: stats.Number(s.Run.Require.Confidence), Bound: stats.Number(s.Run.Require.Saving),
		Arms: a.series.Arms, Models: a.series.Models, Pairs: s.Overall.Pairs, Valid: s.Overall.Conditions, Rows: []row{},
		Overall: comparisons(s.Overall.Comparison, s.Overall.Others), Warnings: s.Warnings}
	for i := range s.Conditions {
		c := &s.Conditions[i]
		r := row{Label: c.Label, Valid: c.Valid, Reasons: stats.Texts(c.Reasons), Warnings: len(c.Warnings), Compared: comparisons(c.Comparison, c.Others), Arms: []arm{}}
		for _, k := range c.Arms {
			r.Arms = append(r.Arms, arm{k.Latency.P50, k.Requests, k.Errors, k.Models})
		}
		out.Rows = append(out.Rows, r)
	}
	return out
}

func comparisons(first stats.Comparison, others []stats.Comparison) (out []comparison) {
	for _, c := range append([]stats.Comparison{first}, others...) {
		out = append(out, comparison{c.Pairs, c.Saving.MeanOfRatios, c.AccuracyDrop})
	}
	return out
}
