package record

import (
	"slices"
	"strings"
)

// AxisColumns are names for axes as columns of a table that has others of the
// names taken: an axis named as another column, whatever its case, is axis_NAME,
// with as many axis_ as it takes.
func AxisColumns(axes []Axis, taken []string) (names []string) {
	taken = slices.Clone(taken)
	for _, axis := range axes {
		name := axis.Name
		for slices.ContainsFunc(taken, func(t string) bool { return strings.EqualFold(t, name) }) {
			name = "axis_" + name
		}
		names, taken = append(names, name), append(taken, name)
	}
	return names
}
