package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// heatWords are what is said below both maps.
func heatWords(a *stats.Atlas) string {
	out := " A panel is one value of " + a.Third + "."
	if a.Third == "" {
		out = ""
	}
	if len(a.Pooled) > 0 {
		out += " A square is all conditions there, over " + strings.Join(a.Pooled, ", ") + ", weighted by pairs."
	}
	return out + " Grey: no condition there is valid; white with a cross: there is none."
}

// noAtlas is why there is no map.
const noAtlas = "the sweep has no two axes of three values or more"

// savingMap is Δt over two axes of a sweep.
func savingMap(in input) (page, string) {
	s, a := in.summary, stats.AtlasOf(in.summary)
	if a == nil {
		return page{}, noAtlas
	}
	limit := heatLimit(a)
	p := heatPage(in.form, a, func(q stats.Square) colour { return diverging(float64(q.Saving) / limit) }, func(q stats.Square) bool { return !q.Sure && math.Abs(float64(q.Saving)) >= same })
	p.name, p.title = "saving-map", "What "+armName(s)+" saves, over "+a.X.Name+" and "+a.Y.Name
	p.subtitle = "Δt in percent of the baseline's time; the black line is around where at least the " + a.Bound.Percent(0) + " asked for are saved"
	p.caption = "Blue is faster than the baseline, orange slower, white the same. A dot marks a square that is not white but whose interval holds 0: there the arms cannot be told apart." + heatWords(a)
	if limit == 1 {
		p.caption += " What takes more than twice as long as the baseline is drawn as −100 %."
	}
	body := p.body
	p.height += vg.Points(barHeight)
	p.body = func(c draw.Canvas) {
		body(draw.Crop(c, 0, 0, vg.Points(barHeight), 0))
		aside := 0.09 * in.form.inner()
		colourBar(draw.Crop(c, aside, -aside, 0, -(c.Max.Y-c.Min.Y-vg.Points(barHeight-barGap))), heatLeast(a, limit), limit, float64(a.Bound))
	}
	return p, ""
}

// choiceMap is the option that the judged arm chose most, over the same axes.
func choiceMap(in input) (page, string) {
	s, a, models := in.summary, stats.AtlasOf(in.summary), in.series.Models
	if a == nil {
		return page{}, noAtlas
	}
	p := heatPage(in.form, a, func(q stats.Square) colour { return modelColor(max(slices.Index(models, q.Option), 0)) }, func(q stats.Square) bool { return q.Share < mostlyChosen })
	p.name, p.title = "choice-map", "What "+armName(s)+" chooses, over "+a.X.Name+" and "+a.Y.Name
	p.subtitle = "The model that answered most of its requests there"
	p.caption = "Colours are those of the other figures. A dot marks a square in which the model answered less than " + stats.Number(mostlyChosen).Percent(0) +
		" of the requests. The black line is around where at least the " + a.Bound.Percent(0) + " asked for are saved." + heatWords(a)
	for i, m := range models {
		if a.Chosen(m) {
			p.legend = append(p.legend, key{label: m, color: modelColor(i)})
		}
	}
	return p, ""
}

// mostlyChosen is the share of requests from which on a choice needs no mark.
const mostlyChosen = 0.9

// heatLimit is the end of the colours: the largest |Δt|, at most 1, in tenths.
func heatLimit(a *stats.Atlas) float64 {
	most := 0.1
	for _, p := range a.Panels {
		for _, row := range p.Squares {
			for _, q := range row {
				if q.Saving.Known() {
					most = max(most, math.Abs(float64(q.Saving)))
				}
			}
		}
	}
	return min(math.Ceil(10*most-1e-9)/10, 1)
}

// same is the saving below which nothing is saved, as far as colours tell.
const same = 0.0005

// heatLeast is where the scale of the colours begins: at 0 if nothing takes
// longer, else as far down as it goes up.
func heatLeast(a *stats.Atlas, limit float64) float64 {
	for _, p := range a.Panels {
		for _, row := range p.Squares {
			for _, q := range row {
				if q.Saving <= -same { // a missing one is not
					return -limit
				}
			}
		}
	}
	return 0
}

// heatPage is the panels of a map.
func heatPage(form Form, a *stats.Atlas, color func(stats.Square) colour, dot func(stats.Square) bool) page {
	cols := form.columns(len(a.Panels), 3, 130)
	lines := (len(a.Panels) + cols - 1) / cols
	height := min([]vg.Length{0.48, 0.92, 1.1}[cols-1]*form.inner()/vg.Length(cols)+vg.Points(30), 4.2*vg.Inch)
	return page{form: form, height: vg.Length(lines) * height, body: func(c draw.Canvas) {
		panels(c, len(a.Panels), cols, draw.Tiles{PadX: vg.Points(14), PadY: vg.Points(10), PadRight: vg.Points(12)}, func(i int, first bool) *plot.Plot {
			return heatPanel(a, a.Panels[i], color, dot, first)
		})
	}}
}

// heatPanel is one panel.
func heatPanel(a *stats.Atlas, panel stats.Panel, color func(stats.Square) colour, dot func(stats.Square) bool, first bool) *plot.Plot {
	title := panel.Name
	if a.Third != "" {
		title = a.Third + " " + panel.Name
	}
	p := newPlot(title)
	xs, ys := scaleAxis(&p.X, a.X, 6), scaleAxis(&p.Y, a.Y, 10)
	if !first {
		p.Y.Label.Text = ""
	}
	p.Add(shape(func(c area) {
		for y, row := range panel.Squares {
			for x, q := range row {
				c.square(q, vg.Rectangle{Min: vg.Point{X: c.x(xs[x]), Y: c.y(ys[y])}, Max: vg.Point{X: c.x(xs[x+1]), Y: c.y(ys[y+1])}}, color, dot)
			}
		}
		bound(c, a, panel, xs, ys)
	}))
	return p
}

// seam is by how much a square reaches below the next, so that the paper does
// not shine through between them.
const seam = vg.Length(0.5)

// square draws one place of a map.
func (a area) square(q stats.Square, r vg.Rectangle, color func(stats.Square) colour, dot func(stats.Square) bool) {
	switch {
	case q.Conditions == 0:
		a.StrokeLine2(stroke(faint, 0.8), r.Min.X, r.Min.Y, r.Max.X, r.Max.Y)
		a.StrokeLine2(stroke(faint, 0.8), r.Min.X, r.Max.Y, r.Max.X, r.Min.Y)
	case !q.Saving.Known():
		rectangle(a.Canvas, grey, r.Min.X, r.Min.Y, r.Max.X, r.Max.Y)
	default:
		rectangle(a.Canvas, color(q), r.Min.X, r.Min.Y, min(r.Max.X+seam, a.Max.X), min(r.Max.Y+seam, a.Max.Y))
		if dot(q) {
			middle := vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: (r.Min.Y + r.Max.Y) / 2}
			glyph(a.Canvas, circle, ink, middle, 1.1)
		}
	}
}

// bound draws the line between squares that save what is asked and those that
// do not.
func bound(c area, a *stats.Atlas, panel stats.Panel, xs, ys []float64) {
	met := func(y, x int) int {
		switch q := panel.Squares[y][x]; {
		case !q.Saving.Known():
			return -1
		case q.Saving >= a.Bound:
			return 1
		}
		return 0
	}
	for _, sty := range []draw.LineStyle{stroke(paper, 3.4), stroke(black, 1.6)} { // seen on black, too
		for y := range panel.Squares {
			for x := range panel.Squares[y] {
				if x > 0 && met(y, x)+met(y, x-1) == 1 && met(y, x) >= 0 && met(y, x-1) >= 0 {
					c.StrokeLine2(sty, c.x(xs[x]), c.y(ys[y]), c.x(xs[x]), c.y(ys[y+1]))
				}
				if y > 0 && met(y, x)+met(y-1, x) == 1 && met(y, x) >= 0 && met(y-1, x) >= 0 {
					c.StrokeLine2(sty, c.x(xs[x]), c.y(ys[y]), c.x(xs[x+1]), c.y(ys[y]))
				}
			}
		}
	}
}

// barHeight is the room of the colour bar, with the gap above it, in points.
const (
	barHeight = 54
	barGap    = 10
)

// colourBar is the scale of Δt from least, −limit or 0, to limit, with what is
// asked for.
func colourBar(c draw.Canvas, least, limit, asked float64) {
	p := newPlot("")
	p.HideY()
	p.X.Min, p.X.Max = least, limit
	p.X.Tick.Marker = ticks{most: 10, text: asPercent}
	p.X.Label.Text = "Δt, saving in % of the baseline's time"
	p.Y.Min, p.Y.Max = 0, 1
	p.Add(shape(func(a area) {
		const steps = 120
		for i := range steps {
			from, to := least+(limit-least)*float64(i)/steps, least+(limit-least)*float64(i+1)/steps
			rectangle(a.Canvas, diverging((from+to)/2/limit), a.x(from), a.Min.Y, min(a.x(to)+seam, a.Max.X), a.Max.Y)
		}
		if asked > least && asked < limit {
			a.StrokeLine2(stroke(black, 1.6), a.x(asked), a.Min.Y, a.x(asked), a.Max.Y)
			a.FillText(bold(tickSize, ink), vg.Point{X: a.x(asked) + vg.Points(3), Y: a.Min.Y + vg.Points(1)}, fmt.Sprintf("asked: ≥ %s", stats.Number(asked).Percent(0)))
		}
	}))
	drawPlot(p, c)
}

// diverging is a colour from orange (−1) over white (0) to blue (1), which every
// kind of colour vision tells apart; both ends are as dark.
func diverging(x float64) colour {
	end := blue
	if x < 0 {
		end = rgb(0xB35806)
	}
	x = min(math.Abs(x), 1)
	mix := func(c uint8) uint8 { return uint8(math.Round(255 + (float64(c)-255)*math.Pow(x, 0.8))) }
	return colour{R: mix(end.R), G: mix(end.G), B: mix(end.B), A: 0xFF}
}
