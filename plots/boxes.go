package plots

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// boxes is the spread of t across conditions, the arms side by side.
func boxes(s stats.Series) (page, string) {
	cells := s.Cells
	if !anyTimes(cells) {
		return page{}, "no times are recorded"
	}
	p := page{
		name: "boxes", title: "Times across conditions",
		subtitle: "t of each request; box: quartiles, bar: median, whiskers: 5th to 95th percentile" + perArm(cells),
		legend:   armKeys(s.Arms, false), height: rowsHeight(len(cells), len(s.Arms)) + 0.5*vg.Inch,
		caption: "All arms on one time axis, so that conditions can be compared. Where the boxes of a condition do not overlap, the arms differ in nearly " +
			"every request. Percentiles are by nearest rank, of the requests that were answered.",
	}
	p.body = func(c draw.Canvas) {
		q := newPlot("")
		var names []string
		lo, hi := 0.0, 0.0
		for _, cell := range cells {
			names = append(names, cell.Label)
			for _, d := range cell.Arms {
				if d.N > 0 && (lo == 0 || d.Box[0] < lo) {
					lo = d.Box[0]
				}
				hi = max(hi, d.Box[4])
			}
		}
		rows(q, names)
		timeAxis(&q.X, lo, hi, 10)
		q.X.Label.Text = "t, measured time of a request"
		q.Add(stripes(len(cells)), gridX())
		for i, cell := range cells {
			for arm, d := range cell.Arms {
				at, h := slot(i, len(cells), arm, len(cell.Arms))
				if d.N > 0 {
					q.Add(box(d, at, 0.72*h, armColor(arm)))
				}
			}
		}
		q.Draw(c)
	}
	return p, ""
}

// perArm says how many times the boxes are of, if all are of as many.
func perArm(cells []stats.Cell) string {
	n := -1
	for _, c := range cells {
		for _, d := range c.Arms {
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

// rowsHeight is enough for n conditions of so many arms.
func rowsHeight(n, arms int) vg.Length {
	return vg.Points(max(float64(n)*(6+10*float64(max(arms, 2))), 60))
}

// stripes shades every second of n rows.
func stripes(n int) shape {
	return func(a area) {
		for i := 1; i < n; i += 2 {
			rectangle(a.Canvas, band, a.Min.X, a.y(rowAt(i, n)-0.5), a.Max.X, a.y(rowAt(i, n)+0.5))
		}
	}
}
