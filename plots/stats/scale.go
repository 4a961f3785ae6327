package stats

import (
	"math"
	"slices"
	"strconv"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
)

type axis = record.Axis

// A Scale is an axis of a map. Where all its values are numbers of one kind they
// are in order, and At has them.
type Scale struct {
	Name   string
	Values []string
	At     []float64 // none: they are names
	Unit   string    // of At: bps, bytes, s, share, or none
	Log    bool      // At rises by ratios more evenly than by differences
}

// scaleOf reads the values of an axis.
func scaleOf(a axis) Scale {
	s := Scale{Name: a.Name, Values: slices.Clone(a.Values)}
	for _, kind := range []struct {
		unit string
		read func(string) (float64, error)
	}{
		{"", func(t string) (float64, error) { return strconv.ParseFloat(t, 64) }},
		{"bps", func(t string) (float64, error) { r, err := unit.ParseBitRate(t); return float64(r), err }},
		{"bytes", func(t string) (float64, error) { b, err := unit.ParseBytes(t); return float64(b), err }},
		{"s", func(t string) (float64, error) { d, err := unit.ParseDuration(t); return d.Seconds(), err }},
		{"share", unit.ParseShare},
	} {
		if at, ok := numbers(a.Values, kind.read); ok {
			return s.along(at, kind.unit)
		}
	}
	return s
}

// numbers reads values, all of them or none.
func numbers(values []string, read func(string) (float64, error)) ([]float64, bool) {
	out := make([]float64, len(values))
	for i, v := range values {
		x, err := read(v)
		if err != nil || slices.Contains(out[:i], x) {
			return nil, false
		}
		out[i] = x
	}
	return out, true
}

// along puts the values in order of their numbers.
func (s Scale) along(at []float64, unit string) Scale {
	order := make([]int, len(at))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if at[a] < at[b] {
			return -1
		}
		return 1
	})
	names := slices.Clone(s.Values)
	for i, from := range order {
		s.Values[i] = names[from]
		s.At = append(s.At, at[from])
	}
	s.Unit = unit
	s.Log = s.At[0] > 0 && uneven(s.At, func(x float64) float64 { return x }) > uneven(s.At, math.Log)
	return s
}

// uneven is by how much the greatest step of a scale is larger than the least.
func uneven(at []float64, of func(float64) float64) float64 {
	least, most := math.Inf(1), 0.0
	for i := 1; i < len(at); i++ {
		step := of(at[i]) - of(at[i-1])
		least, most = min(least, step), max(most, step)
	}
	return most / least
}
