package plots

import (
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/plots/stats"
)

// rowsOfCSV are the rows of summary.csv by the names of the columns, all of which
// differ, whatever the case of letters.
func rowsOfCSV(t *testing.T, s stats.Summary) (rows []map[string]string) {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(string(summaryCSV(s)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, name := range lines[0] {
		if lower := strings.ToLower(name); seen[lower] {
			t.Errorf("two columns are named %q", name)
		} else {
			seen[lower] = true
		}
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range line {
			row[lines[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// TestSummaryCSV: a row for each arm of each condition, with the numbers of
// summary.json, what is missing empty, and the baseline without a comparison.
func TestSummaryCSV(t *testing.T) {
	s := stats.Summarize(synthetic(options{Pairs: 20, Repetitions: 2, Mixed: true}))
	rows := rowsOfCSV(t, s)
	if want := 2 * len(s.Conditions); len(rows) != want || want == 0 {
		t.Fatalf("%d rows, want %d", len(rows), want)
	}
	for i, row := range rows {
		c := s.Conditions[i/2]
		a, k, e := c.Arms[i%2], c.Comparison, c.Saving.MeanOfRatios
		want := map[string]stats.Number{
			"requests": stats.Number(a.Requests), "trials": 2, "accuracy": a.Accuracy, "t_mean_ms": a.Latency.Mean, "t_p50_ms": a.Latency.P50, "t_p99_ms": a.Latency.P99,
			"t_p50_low_ms": a.Latency.Intervals["p50"].Low, "t_p50_high_ms": a.Latency.Intervals["p50"].High, "t_p99_low_ms": stats.Missing(),
			"upload_mean_ms": a.Phases.Upload, "download_mean_ms": a.Phases.Download, "total_mean_ms": a.Total, "on_time": stats.Missing(),
			"pairs": stats.Number(k.Pairs), "saving": e.Value, "saving_low": e.Low, "saving_high": e.High,
			"saving_geometric": k.Saving.Geometric.Value, "saving_ratio_of_means": k.Saving.RatioOfMeans.Value,
			"accuracy_drop_points": k.AccuracyDrop.Value, "accuracy_drop_low_points": k.AccuracyDrop.Low, "accuracy_drop_high_points": k.AccuracyDrop.High,
		}
		for name, n := range want {
			compared := name == "pairs" || strings.HasPrefix(name, "saving") || strings.HasPrefix(name, "accuracy_drop")
			text := row[name]
			if i%2 == 0 && compared || !n.Known() {
				if text != "" {
					t.Errorf("row %d: %s is %q, want nothing", i, name, text)
				}
				continue
			}
			if got, err := strconv.ParseFloat(text, 64); err != nil || math.Abs(got-float64(n)) > 1e-12 {
				t.Errorf("row %d: %s is %q, want %v", i, name, text, n)
			}
		}
		words := []string{row["condition"], row["arm"], row["valid"]}
		if diff := cmp.Diff([]string{c.ID, a.Selector, fmt.Sprint(c.Valid)}, words); diff != "" {
			t.Errorf("row %d (-want +got):\n%s", i, diff)
		}
		for _, axis := range s.Run.Axes {
			if row[axis.Name] != c.Names[axis.Name] || row[axis.Name] == "" {
				t.Errorf("row %d: the axis %s is %q, want %q", i, axis.Name, row[axis.Name], c.Names[axis.Name])
			}
		}
	}
}

// TestSummaryCSVAxes: an axis that has the name of a column has another there.
func TestSummaryCSVAxes(t *testing.T) {
	s := stats.Summarize(synthetic(options{Pairs: 3, Repetitions: 1}))
	s.Run.Axes[0].Name = "Accuracy"
	s.Conditions[0].Names = map[string]string{"Accuracy": "fast, and \"quoted\""}
	if row := rowsOfCSV(t, s)[0]; row["axis_Accuracy"] != `fast, and "quoted"` || row["accuracy"] == row["axis_Accuracy"] {
		t.Errorf("%q", row)
	}
}
