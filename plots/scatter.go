package plots

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// mostPairDots is how many pairs the figure of pairs draws.
const mostPairDots = 2400

// mostSide is the height of a panel, in points; where it is as wide, equal
// times are a diagonal.
const mostSide = 300

// A cloud is the pairs of one panel.
type cloud struct {
	title                 string
	pairs, faster, enough int
	dots                  []stats.PairDot
}

// scatter is the times of each pair, one against the other: a panel an arm or,
// of one arm alone, a panel for each residency.
func scatter(in input) (page, string) {
	clouds := cloudsOf(in)
	if len(clouds) == 0 {
		return page{}, "there are no pairs of times"
	}
	drawn, pairs := 0, 0
	for i := range clouds {
		c := &clouds[i]
		c.dots = stats.Evenly(c.dots, mostPairDots/len(clouds))
		drawn, pairs = drawn+len(c.dots), pairs+c.pairs
	}
	least := stats.Number(in.summary.Run.Require.Saving)
	cols := in.form.columns(len(clouds), 3, 180)
	side := min(in.form.inner()/vg.Length(cols)-vg.Points(12), vg.Points(mostSide))
	p := page{form: in.form,
		name: "pairs", title: "Each pair: the arm's time against the baseline's",
		subtitle: fmt.Sprintf("t of both requests of each pair, by the option that the arm chose; n = %d pairs; each panel has its own axes, logarithmic where they span more than 10×", pairs),
		height:   vg.Length((len(clouds)+cols-1)/cols) * (side + vg.Points(16)),
		legend:   []key{{"as long as the baseline", line, ink}, {"saves " + least.Percent(0), dashed, green}},
		caption: "Each mark is one pair: the same image in the same world, answered by both. Below the solid line the arm was faster than the baseline; below the dashed one it saved " + least.Percent(0) +
			" or more, which the requirement asks on average. Marks that lie along a line parallel to these saved the same share, however long they took." + drawnWords(drawn, pairs),
	}
	p.legend = append(p.legend, optionKeys(in.series.Models, circle, func(used map[int]bool) {
		for _, c := range clouds {
			for _, d := range c.dots {
				used[d.Option] = d.Option >= 0
			}
		}
	})...)
	p.body = func(c draw.Canvas) {
		panels(c, len(clouds), cols, draw.Tiles{PadX: vg.Points(12), PadY: vg.Points(8), PadRight: vg.Points(10)}, func(i int, _ bool) *plot.Plot {
			return cloudPanel(in.form, clouds[i], in.summary.Run.Require.Saving)
		})
	}
	return p, ""
}

// drawnWords says that marks stand for more than themselves.
func drawnWords(drawn, of int) string {
	if drawn == of {
		return ""
	}
	return fmt.Sprintf(" %d of %d are drawn, evenly among those of each condition.", drawn, of)
}

// cloudsOf gathers the pairs of all conditions.
func cloudsOf(in input) (out []cloud) {
	arms := in.series.Arms
	at := map[string]int{}
	for i, cell := range in.series.Cells {
		for _, s := range cell.Scatters {
			title := arms[s.Arm]
			if len(arms) == 2 {
				title = in.summary.Conditions[i].Residency
			}
			if s.Pairs == 0 {
				continue
			}
			if _, ok := at[title]; !ok {
				at[title] = len(out)
				out = append(out, cloud{title: title})
			}
			c := &out[at[title]]
			c.pairs, c.faster, c.enough = c.pairs+s.Pairs, c.faster+s.Faster, c.enough+s.Enough
			c.dots = append(c.dots, s.Dots...)
		}
	}
	return out
}

// extent is the least and greatest time of a cloud.
func (c cloud) extent() (lo, hi float64) {
	lo = c.dots[0].Base
	for _, d := range c.dots {
		lo, hi = min(lo, d.Base, d.Other), max(hi, d.Base, d.Other)
	}
	return lo, hi
}

// cloudPanel is one of them.
func cloudPanel(form Form, c cloud, least float64) *plot.Plot {
	p := newPlot(fmt.Sprintf("%s (n = %d): %d faster, %d save ≥ %s", c.title, c.pairs, c.faster, c.enough, stats.Number(least).Percent(0)))
	lo, hi := c.extent()
	form.timeAxis(&p.X, lo, hi, 4)
	form.timeAxis(&p.Y, lo, hi, 4)
	lo, hi = p.X.Min, p.X.Max
	p.X.Label.Text, p.Y.Label.Text = "t of the baseline", "t of the arm"
	p.Add(gridX(), gridY(), shape(func(a area) {
		a.StrokeLine2(stroke(ink, 0.9), a.x(lo), a.y(lo), a.x(hi), a.y(hi))
		if least > 0 && hi*(1-least) > lo {
			a.StrokeLine2(stroke(green, 1.2, dash...), a.x(lo/(1-least)), a.y(lo), a.x(hi), a.y(hi*(1-least)))
		}
		for _, d := range c.dots {
			glyph(a.Canvas, circle, faded(optionColor(d.Option)), vg.Point{X: a.x(d.Base), Y: a.y(d.Other)}, 1.6)
		}
	}))
	return p
}

// optionKeys is the legend of those options that a figure shows, which see
// notes; −1 is any that was never chosen.
func optionKeys(models []string, m mark, see func(used map[int]bool)) (keys []key) {
	used := map[int]bool{}
	see(used)
	for i, name := range models {
		if used[i] {
			keys = append(keys, key{name, m, modelColor(i)})
		}
	}
	if used[-1] {
		keys = append(keys, key{"never chosen", m, grey})
	}
	return keys
}

// optionColor is that of an option of stats.Series.Models; grey of none.
func optionColor(option int) colour {
	if option < 0 {
		return grey
	}
	return modelColor(option)
}

// faded lets marks be seen that lie below.
func faded(c colour) colour {
	c.A = 0xA0
	return c
}
