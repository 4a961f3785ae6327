package plots

import (
	"slices"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

// CompareTogether is the times, and the savings, of several runs that are each
// set against the same first: a row for each arm in each condition, with a head,
// and two columns for each run after the first. Columns from numbers on are set
// to the right.
//
// What the first took is of the requests that the other has, too. Where these
// are not the same of all runs, rows are for the same condition and arm, and
// the number of the first differs.
func CompareTogether(contrasts []stats.Contrast) (times, savings [][]string, numbers int) {
	var tables, others [][][]string
	for _, c := range contrasts {
		_, rows, _ := CompareTimes(c)
		tables = append(tables, pairwise(rows, 3))
		_, rows, _ = CompareSavings(c)
		others = append(others, pairwise(rows, 2))
	}
	return together(tables, "", " − A"), together(others, "Δt of ", " − A, points"), 2
}

// pairwise is condition, arm, and from that column on A, B and B − A, with a
// word where the condition is not valid in both.
func pairwise(rows [][]string, from int) (out [][]string) {
	for _, row := range rows {
		picked := append(slices.Clone(row[:2]), row[from:from+3]...)
		if name, ok := strings.CutSuffix(row[0], notValid); ok {
			picked[0], picked[4] = name, picked[4]+notValid
		}
		out = append(out, picked)
	}
	return out
}

// together puts tables of condition, arm, A, B and B − A side by side, with a
// head: rows of which the first three are the same become one. The columns of
// the i-th table are named by the i-th letter after A.
func together(tables [][][]string, before, after string) [][]string {
	const key, values = 3, 2
	out := [][]string{{"condition", "arm", before + "A"}}
	width := key + values*len(tables)
	for i, table := range tables {
		letter := Letter(i + 1)
		out[0] = append(out[0], before+letter, letter+after)
		for _, row := range table {
			at := slices.IndexFunc(out, func(r []string) bool { return slices.Equal(r[:key], row[:key]) })
			if at < 0 {
				at = placeOf(out, row)
				out = slices.Insert(out, at, append(slices.Clone(row[:key]), make([]string, width-key)...))
			}
			copy(out[at][key+values*i:], row[key:])
		}
	}
	return out
}

// placeOf is where a row comes that is not there: after the last of its
// condition, or at the end.
func placeOf(rows [][]string, row []string) int {
	for i, r := range slices.Backward(rows) {
		if r[0] == row[0] {
			return i + 1
		}
	}
	return len(rows)
}

// Letter names the runs of a comparison: A, B, C; after Z numbers do.
func Letter(i int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if i < len(letters) {
		return letters[i : i+1]
	}
	return stats.Number(i + 1).Fixed(0)
}
