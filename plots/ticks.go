package plots

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"

	"github.com/testbed/testbed/plots/stats"
)

// logSpan is the ratio of greatest to least from which an axis is logarithmic.
const logSpan = 10

// A ticks marks an axis with at most most round values, written by text.
type ticks struct {
	most int
	text func(float64) string
	log  bool
}

// Ticks implements plot.Ticker.
func (t ticks) Ticks(lo, hi float64) []plot.Tick {
	if t.log {
		return t.decades(lo, hi)
	}
	step := niceStep(lo, hi, t.most)
	var out []plot.Tick
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi+step*1e-9; i++ {
		v := i * step
		if v == 0 {
			v = 0 // no minus
		}
		out = append(out, plot.Tick{Value: v, Label: t.text(v)})
	}
	return out
}

// thinner implements thinner.
func (t ticks) thinner() plot.Ticker {
	if t.most <= 1 {
		return nil
	}
	t.most--
	return t
}

// niceStep is 1, 2 or 5 times a power of ten, and gives at most most steps.
func niceStep(lo, hi float64, most int) float64 {
	if !(hi > lo) {
		return 1
	}
	raw := (hi - lo) / float64(max(most, 1))
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*power >= raw*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// decades marks powers of ten, and between them 2 and 5 where there is room;
// the other multiples are marks without text.
func (t ticks) decades(lo, hi float64) []plot.Tick {
	if !(lo > 0 && hi > lo) {
		return nil
	}
	span := math.Log10(hi / lo)
	labelled := func(m, power int) bool {
		switch {
		case float64(t.most) >= 3*span:
			return m == 1 || m == 2 || m == 5
		case float64(t.most) >= span:
			return m == 1
		}
		return m == 1 && power%int(math.Ceil(span/float64(t.most))) == 0
	}
	var out []plot.Tick
	labels := 0
	for power := int(math.Floor(math.Log10(lo))); power <= int(math.Ceil(math.Log10(hi))); power++ {
		for m := 1; m < 10; m++ {
			v := float64(m) * math.Pow(10, float64(power))
			if v < lo*(1-1e-9) || v > hi*(1+1e-9) {
				continue
			}
			tick := plot.Tick{Value: v}
			if labelled(m, power) {
				tick.Label = t.text(v)
				labels++
			}
			out = append(out, tick)
		}
	}
	if labels < 2 && span < 1 { // too short for powers of ten
		t.log = false
		return t.Ticks(lo, hi)
	}
	return out
}

// The ways in which values are written at an axis.
func asMillis(v float64) string {
	if v == 0 {
		return "0"
	}
	return stats.Number(v).Millis()
}

func asPlain(v float64) string   { return stats.Number(v).Significant(6) }
func asPercent(v float64) string { return stats.Number(100*v).Significant(4) + " %" }
func noText(float64) string      { return "" }

// timeAxis is that of a report's form.
func timeAxis(a *plot.Axis, lo, hi float64, most int) { Form{}.timeAxis(a, lo, hi, most) }

// timeAxis lets an axis run from lo to hi milliseconds, with a little room,
// logarithmic where they are more than ten times apart, or the form asks for it.
func (f Form) timeAxis(a *plot.Axis, lo, hi float64, most int) {
	if !(lo > 0) || !(hi > 0) {
		lo, hi = 1, 10
	}
	if hi/lo > logSpan || f.Log {
		a.Scale = plot.LogScale{}
		room := math.Pow(max(hi/lo, 1.05), 0.04)
		a.Min, a.Max = lo/room, hi*room
		a.Tick.Marker = ticks{most: most, text: asMillis, log: true}
		return
	}
	pad := max(0.06*(hi-lo), 0.02*hi)
	a.Min, a.Max = max(lo-pad, 0), hi+pad
	a.Tick.Marker = ticks{most: most, text: asMillis}
}

// named marks the rows of a plot with names, the first at the top.
type named []string

// Ticks implements plot.Ticker. Row i of n is at n − i.
func (names named) Ticks(lo, hi float64) (out []plot.Tick) {
	for i, n := range names {
		if n != "" {
			out = append(out, plot.Tick{Value: rowAt(i, len(names)), Label: n})
		}
	}
	return out
}

// fittedNames are names that were made to fit.
type fittedNames struct{ named }

// fitted are the names in at most most lines no wider than room.
func (names named) fitted(sty text.Style, room vg.Length, most int) fittedNames {
	out := make(named, len(names))
	for i, n := range names {
		out[i] = inLines(sty, n, room, most)
	}
	return fittedNames{out}
}

// rowAt is the place of row i of n on the vertical axis.
func rowAt(i, n int) float64 { return float64(n - i) }

// rows gives a plot a vertical axis of named rows.
func rows(p *plot.Plot, names []string) {
	p.Y.Min, p.Y.Max = 0.4, float64(len(names))+0.6
	p.Y.Tick.Marker = named(names)
	p.Y.Tick.Length = 0
	p.Y.LineStyle.Width = 0
}
