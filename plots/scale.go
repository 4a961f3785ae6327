package plots

import (
	"math"

	"gonum.org/v1/plot"

	"github.com/testbed/testbed/plots/stats"
)

// scaleAxis gives an axis the values of a scale, with at most most marks, and
// returns the edges of the squares around them: one more than there are values.
func scaleAxis(a *plot.Axis, s stats.Scale, most int) []float64 {
	edges := edgesOf(s)
	a.Min, a.Max = edges[0], edges[len(edges)-1]
	a.Label.Text = s.Name
	switch {
	case s.At == nil:
		every := (len(s.Values) + 2*most - 1) / (2 * most) // names are short
		a.Tick.Marker = everyName{s.Values, every}
		a.Tick.Length = 0
	case s.Log:
		a.Scale = plot.LogScale{}
		a.Tick.Marker = between{ticks{most: most, text: unitText(s.Unit), log: true}, s.At[0], s.At[len(s.At)-1]}
	default:
		a.Tick.Marker = between{ticks{most: most, text: unitText(s.Unit)}, s.At[0], s.At[len(s.At)-1]}
	}
	return edges
}

// between marks an axis from its first value to its last, not to the edges of
// the squares around them, which may be no values that there can be.
type between struct {
	ticks
	lo, hi float64
}

// Ticks implements plot.Ticker.
func (b between) Ticks(_, _ float64) []plot.Tick { return b.ticks.Ticks(b.lo, b.hi) }

// edgesOf are in the middle between values, on the scale that the axis has, and
// as far out at its ends.
func edgesOf(s stats.Scale) []float64 {
	at, to, from := s.At, func(x float64) float64 { return x }, func(x float64) float64 { return x }
	if s.Log {
		to, from = math.Log, math.Exp
	}
	if at == nil {
		for i := range s.Values {
			at = append(at, float64(i))
		}
	}
	n := len(at)
	edges := make([]float64, n+1)
	for i := 1; i < n; i++ {
		edges[i] = from((to(at[i-1]) + to(at[i])) / 2)
	}
	edges[0] = from(2*to(at[0]) - to(edges[1]))
	edges[n] = from(2*to(at[n-1]) - to(edges[n-1]))
	return edges
}

// thinner implements thinner.
func (b between) thinner() plot.Ticker {
	if b.most <= 1 {
		return nil
	}
	b.most--
	return b
}

// everyName marks some of the values of an axis of names.
type everyName struct {
	names []string
	every int
}

// Ticks implements plot.Ticker.
func (e everyName) Ticks(lo, hi float64) (out []plot.Tick) {
	for i := 0; i < len(e.names); i += max(e.every, 1) {
		out = append(out, plot.Tick{Value: float64(i), Label: e.names[i]})
	}
	return out
}

// thinner implements thinner.
func (e everyName) thinner() plot.Ticker {
	if e.every >= len(e.names) {
		return nil
	}
	return everyName{e.names, max(e.every, 1) + 1}
}

// unitText is how values of a unit are written at an axis.
func unitText(unit string) func(float64) string {
	switch unit {
	case "bps":
		return func(v float64) string { return metric(v, "bps") }
	case "bytes":
		return func(v float64) string { return metric(v, "B") }
	case "s":
		return func(v float64) string { return asMillis(1000 * v) }
	case "share":
		return asPercent
	}
	return asPlain
}

// metric writes a number in the decimal multiple of a unit that reads best.
func metric(v float64, unit string) string {
	for _, m := range []struct {
		by   float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if math.Abs(v) >= m.by {
			return stats.Number(v/m.by).Significant(3) + " " + m.name + unit
		}
	}
	return stats.Number(v).Significant(3) + " " + unit
}
