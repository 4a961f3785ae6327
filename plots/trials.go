package plots

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// mostTrials is how many conditions the figure of trials shows.
const mostTrials = 3

// trials is one trial of each of a few conditions, second by second: what was
// asked of its links and loads, what they gave, and every request.
func trials(in input) (page, string) {
	var cells []stats.Cell
	for _, c := range in.series.Cells {
		if len(c.Trial.Dots) > 0 {
			cells = append(cells, c)
		}
	}
	if len(cells) == 0 {
		return page{}, "no requests are recorded"
	}
	cols := in.form.columns(len(cells), mostTrials, 190)
	lines := (len(cells) + cols - 1) / cols
	names := panelNames(cells)
	drawn, requests := 0, 0
	for _, c := range cells {
		drawn, requests = drawn+len(c.Trial.Dots), requests+c.Trial.Requests
	}
	p := page{form: in.form,
		name: "trials", title: "One trial, second by second",
		subtitle: fmt.Sprintf("The first trial of a few conditions: asked against achieved, and each request by the option that answered it; n = %d requests", requests),
		height:   vg.Length(lines*len(names)) * panelHeight(cols, 1.2, 1.05),
		caption: "Black is what was asked of a link or of the background load, blue what passed or was achieved, as in the figure of the whole run; rings are what probes found the link to carry before the trial. " +
			"A link that is not full carries less than was asked. Each request is at the time at which it was sent (circle: baseline, triangle: other arms) and at the height of its t: " +
			"where a rate falls or a load rises, requests should take longer, and a selector that sees it changes colour." + drawnWords(drawn, requests),
	}
	var all stats.Timeline
	for _, c := range cells {
		all.Links, all.CPUs, all.Loads = append(all.Links, c.Trial.Links...), append(all.CPUs, c.Trial.CPUs...), append(all.Loads, c.Trial.Loads...)
	}
	p.legend = timelineKeys(stats.Series{Timeline: all})
	p.legend = append(p.legend, optionKeys(in.series.Models, circle, func(used map[int]bool) {
		for _, c := range cells {
			for _, d := range c.Trial.Dots {
				used[d.Model] = true
			}
		}
	})...)
	p.body = func(c draw.Canvas) {
		tiles := draw.Tiles{Rows: lines * len(names), Cols: cols, PadX: vg.Points(14), PadY: vg.Points(6), PadRight: vg.Points(8)}
		grid := make([][]*plot.Plot, tiles.Rows)
		for i := range grid {
			grid[i] = make([]*plot.Plot, cols)
		}
		for i, cell := range cells {
			for _, q := range trialPanels(cell) {
				grid[i/cols*len(names)+slices.Index(names, q.name)][i%cols] = q.Plot
			}
		}
		drawGrid(grid, tiles, c)
	}
	return p, ""
}

// panelHeight is that of a panel, in inches: another in one column, where panels
// are many and must fit a page.
func panelHeight(cols int, wide, narrow float64) vg.Length {
	if cols == 1 {
		return vg.Length(narrow) * vg.Inch
	}
	return vg.Length(wide) * vg.Inch
}

// panelNames are the rows that the conditions need, the requests last.
func panelNames(cells []stats.Cell) (names []string) {
	for _, c := range cells {
		for _, q := range trialPanels(c) {
			if q.name != requestRow && !slices.Contains(names, q.name) {
				names = append(names, q.name)
			}
		}
	}
	return append(names, requestRow)
}

// A trialPanel is one of the panels of a trial, in the row of that name.
type trialPanel struct {
	name string
	*plot.Plot
}

// requestRow is the row of requests.
const requestRow = "requests"

// mostLinks is how many directions of links a trial shows.
const mostLinks = 2

// trialPanels are those of one condition, its name above the first.
func trialPanels(cell stats.Cell) (out []trialPanel) {
	t := cell.Trial.Timeline
	for _, l := range t.Links {
		if limited(l) && len(out) < mostLinks {
			out = append(out, trialPanel{fmt.Sprint("link ", len(out)), linkPanel(l, nil)})
		}
	}
	for _, c := range t.CPUs[:min(len(t.CPUs), 1)] {
		p := cpuPanel(c, nil)
		p.Y.Label.Text = "share" // there is less room than in the figure of the whole run
		out = append(out, trialPanel{"cpu", p})
	}
	for _, l := range t.Loads[:min(len(t.Loads), 1)] {
		out = append(out, trialPanel{"load", loadPanel(l, nil)})
	}
	out = append(out, trialPanel{requestRow, dotPanel(t)})
	end := max(t.Length().Seconds(), 1e-3)
	for _, p := range out {
		p.X.Min, p.X.Max = -0.02*end, end*1.02
		p.X.Tick.Marker = ticks{most: 5, text: noText}
	}
	out[0].Title.Text = cell.Label + ": " + out[0].Title.Text
	last := out[len(out)-1]
	last.X.Tick.Marker = ticks{most: 5, text: asPlain}
	last.X.Label.Text = "time since the first request, s"
	return out
}

// limited says that a rate was asked of a link.
func limited(l stats.LinkCourse) bool {
	for _, q := range l.Asked {
		if q.Y > 0 {
			return true
		}
	}
	return len(l.Probes) > 0
}
