package plots

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// boxes is the spread of t across conditions, the arms side by side.
func boxes(in input) (page, string) {
	s, cells := in.series, in.series.Cells
	if !anyTimes(cells) {
		return page{}, "no times are recorded"
	}
	p := page{form: in.form,
		name: "boxes", title: "Times across conditions",
		subtitle: "t of each request; box: quartiles, bar: median, whiskers: 5th to 95th percentile" + perArm(cells),
		legend:   armKeys(s, false), height: rowsHeight(in.form, labelsOf(cells), len(timedArms(cells))) + 0.5*vg.Inch,
		caption: "All arms on one time axis, so that conditions can be compared. Where the boxes of a condition do not overlap, the arms differ in nearly " +
			"every request. Percentiles are by nearest rank, of the requests that were answered.",
	}
	p.body = func(c draw.Canvas) { drawPlot(spreads(in, boxEnds, box), c) }
	return p, ""
}

// boxEnds are the ends of the whiskers.
func boxEnds(d stats.Distribution) (lo, hi float64) { return d.Box[0], d.Box[4] }

// spreads is the times of each arm in each condition, on one axis, as one draws
// them in a row of a height, from end to end.
func spreads(in input, ends func(stats.Distribution) (lo, hi float64), one func(d stats.Distribution, row, h float64, col color.NRGBA) shape) *plot.Plot {
	cells := in.series.Cells
	p := newPlot("")
	lo, hi := 0.0, 0.0
	for _, cell := range cells {
		for _, d := range cell.Arms {
			if d.N == 0 {
				continue
			}
			from, to := ends(d)
			if lo == 0 || from < lo {
				lo = from
			}
			hi = max(hi, to)
		}
	}
	rows(p, labelsOf(cells))
	in.form.timeAxis(&p.X, lo, hi, 10)
	p.X.Label.Text = "t, measured time of a request"
	p.Add(stripes(len(cells)), gridX())
	arms := timedArms(cells)
	for i, cell := range cells {
		for k, arm := range arms {
			if at, h := slot(i, len(cells), k, len(arms)); cell.Arms[arm].N > 0 {
				p.Add(one(cell.Arms[arm], at, 0.72*h, armColor(arm)))
			}
		}
	}
	return p
}

// perArm says how many times the boxes are of, if all are of as many.
func perArm(cells []stats.Cell) string {
	n := -1
	for _, c := range cells {
		for _, d := range c.Arms {
			if d.N == 0 && len(timedArms(cells)) < len(c.Arms) {
				continue
			}
			if n >= 0 && d.N != n {
				return ""
			}
			n = d.N
		}
	}
	return fmt.Sprintf("; n = %d a box", n)
}

// slot is the middle and height of an arm's place in the row of condition i.
func slot(i, n, arm, arms int) (at, h float64) {
	h = 0.8 / float64(max(arms, 1))
	return rowAt(i, n) + 0.4 - (float64(arm)+0.5)*h, h
}

// rowsHeight is enough for named conditions of so many arms.
func rowsHeight(form Form, names []string, arms int) vg.Length {
	pitch := rowPitch(names, form.inner(), 6+10*float64(max(arms, 2)))
	return vg.Points(max(float64(len(names))*pitch, 60))
}

// labelsOf are the names of conditions.
func labelsOf(cells []stats.Cell) (names []string) {
	for _, c := range cells {
		names = append(names, c.Label)
	}
	return names
}

// stripes shades every second of n rows.
func stripes(n int) shape {
	return func(a area) {
		for i := 1; i < n; i += 2 {
			rectangle(a.Canvas, band, a.Min.X, a.y(rowAt(i, n)-0.5), a.Max.X, a.y(rowAt(i, n)+0.5))
		}
	}
}
