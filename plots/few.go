package plots

import (
	"fmt"

	"github.com/testbed/testbed/plots/stats"
)

// mostRows is how many conditions a figure, or a table, shows.
const mostRows = 48

// mostStrips is how many rows a figure has that shows each arm of a condition
// in a row of its own.
const mostStrips = 144

// fewRows is how many conditions are shown where there are more than mostRows:
// as many as can be compared at a glance.
const fewRows = 24

// rowsOf is how many conditions a figure with rows for so many arms shows.
func rowsOf(arms int) int { return min(mostRows, max(mostStrips/max(arms, 1), 4)) }

// few is a summary of at most so many conditions, those that stats picks, with
// their series.
func few(s stats.Summary, series stats.Series, most int) (stats.Summary, stats.Series) {
	picked := pick(s, most)
	conditions, cells := make([]stats.Condition, 0, len(picked)), make([]stats.Cell, 0, len(picked))
	for _, i := range picked {
		conditions = append(conditions, s.Conditions[i])
		if i < len(series.Cells) {
			cells = append(cells, series.Cells[i])
		}
	}
	s.Conditions, series.Cells = conditions, cells
	return s, series
}

func pick(s stats.Summary, most int) []int {
	if len(s.Conditions) > most {
		most = min(most, fewRows)
	}
	return s.Pick(most)
}

// fewWords says which conditions are shown, where not all are.
func fewWords(s stats.Summary, most int) string {
	n, shown := len(s.Conditions), len(pick(s, most))
	if n <= shown {
		return ""
	}
	return fmt.Sprintf("%d of %d conditions are shown: those at even ranks of Δt, from the least to the greatest.", shown, n)
}
