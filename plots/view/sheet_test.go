package view

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/testbed/testbed/plots/stats"
)

// TestSheet: the numbers are those that the verdict goes by, each in its place.
func TestSheet(t *testing.T) {
	missing := stats.Estimate{Value: stats.Missing(), Low: stats.Missing(), High: stats.Missing()}
	compared := func(by stats.Number) stats.Comparison {
		return stats.Comparison{Pairs: int(by), Saving: stats.Saving{MeanOfRatios: stats.Estimate{Value: by, Low: by - 1, High: by + 1}, RatioOfMeans: missing, Geometric: missing}, AccuracyDrop: missing}
	}
	c := stats.Condition{Label: "x", Reasons: []stats.Finding{{Text: "why"}}, Comparison: compared(4), Others: []stats.Comparison{compared(7)}}
	a := &analysis{revision: 2, summary: stats.Summary{Conditions: []stats.Condition{c}, Overall: stats.Overall{Comparison: compared(9)}}, series: stats.Series{Arms: []string{"a", "b", "c"}}}
	b, err := json.Marshal(sheetOf(a))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"revision":2`, `"pairs":9`, `"arms":["a","b","c"]`,
		`"label":"x","valid":false,"reasons":["why"],"warnings":0,"compared":[{"pairs":4,"saving":{"value":4,"low":3,"high":5},"drop":{"value":null,"low":null,"high":null}},{"pairs":7,"saving":{"value":7,"low":6,"high":8}`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
}
