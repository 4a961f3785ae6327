package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// mostStatics is how many static choices a figure shows, the best first; the
// table shows all.
const mostStatics = 10

// regrets is how much longer than the oracle's the requests of every selector
// took.
func regrets(in input) (page, string) {
	s := in.summary
	if s.Judging == nil || s.Judging.Instants == 0 {
		return page{}, "nothing was replayed"
	}
	names := judgedNames(s, mostStatics)
	first, second := in.form.sides()
	p := page{form: in.form,
		name: "regret", title: "How far from the best choice",
		subtitle: fmt.Sprintf("Mean of t over that of the oracle at the same instant, with %s intervals; n = %d instants, of %d options",
			stats.Number(s.Run.Require.Confidence).Percent(0), s.Judging.Instants, s.Judging.Options),
		legend: []key{{"an arm", circle, armColor(1)}, {"asked only", circle, grey}, {"always one model, or any", diamond, grey},
			{"by replays alone", ring, ink}, {"chose the oracle's option", fill, blue}, {"as good within 3 %", fill, sky}},
		caption: first + ": 1 is as fast as the oracle, which is, at each instant at which all options were replayed, the fastest that the budget allows; further left is better. " +
			"As the oracle is the least of several noisy times, even the best choice lies to the right of 1: the ring is the same by the replays alone. " +
			"Left of 1 is a selector that chose what the budget does not allow. " + second + ": how often its choice was the oracle's, or replayed within 3 % of it.",
	}
	narrow, wide := in.form.narrow(), in.form.inner()
	means := func(i int) (string, bool) {
		r := s.Regret[names[i]]
		return interval(stats.Estimate{Value: r.Mean, Low: r.Low, High: r.High}, 100, " %"), false
	}
	room := besideRoom(len(names), func(i int) string { text, _ := means(i); return text })
	labels, of := judgedLabels(s, names), 0.76*wide-room
	if narrow {
		of = wide - room
	}
	part := vg.Points(float64(len(names))*rowPitch(labels, of, 17) + 60)
	p.height = part
	if narrow { // one below the other
		p.height *= 2
	}
	p.body = func(c draw.Canvas) {
		left, right := regretPlot(s, names), agreementPlot(s, names)
		main, beside := draw.Crop(c, 0, -0.24*wide-room, 0, 0), draw.Crop(c, 0.76*wide+vg.Points(8), -vg.Points(30), 0, 0)
		if narrow {
			main, beside = draw.Crop(c, 0, -room, part, 0), draw.Crop(c, 0, -room, 0, -part)
			rows(right, labels)
		}
		drawBeside(left, right, main, beside)
		besides(left, main, c, len(names), means)
	}
	return p, ""
}

// judgedLabels are judgedLabel of all.
func judgedLabels(s stats.Summary, names []string) (labels []string) {
	for _, name := range names {
		labels = append(labels, judgedLabel(name, s.Regret[name]))
	}
	return labels
}

// judgedNames are those of Summary.Regret in the order of a report, with at most
// so many static choices.
func judgedNames(s stats.Summary, statics int) (out []string) {
	var others []string
	for _, name := range s.Judging.Order {
		r, ok := s.Regret[name]
		switch {
		case !ok:
		case r.Kind == stats.StaticKind:
			others = append(others, name)
		default:
			out = append(out, name)
		}
	}
	slices.SortStableFunc(others, func(a, b string) int { return compareNumbers(s.Regret[a].Mean, s.Regret[b].Mean) })
	return append(out, others[:min(len(others), statics)]...)
}

// compareNumbers sorts what is missing last.
func compareNumbers(a, b stats.Number) int {
	if a.Known() != b.Known() {
		if a.Known() {
			return -1
		}
		return 1
	}
	return cmp.Compare(a, b)
}

// judgedLabel is how a figure calls a selector that was judged.
func judgedLabel(name string, r stats.Regret) string {
	if r.Kind == stats.BestStaticKind {
		return name + ": " + r.Option
	}
	return name
}

// regretPlot is the means, as t over the oracle's.
func regretPlot(s stats.Summary, names []string) *plot.Plot {
	p := newPlot("")
	lo, hi := 1.0, 1.05
	for _, name := range names {
		r := s.Regret[name]
		for _, v := range []stats.Number{r.Mean, r.Low, r.High, r.Replayed} {
			if v.Known() {
				lo, hi = min(lo, max(1+float64(v), 0.1)), max(hi, 1+float64(v))
			}
		}
	}
	rows(p, judgedLabels(s, names))
	ratioAxis(&p.X, lo, hi)
	p.X.Label.Text = "mean of t over the oracle's"
	p.Add(stripes(len(names)), gridX(), shape(func(a area) {
		a.StrokeLine2(stroke(quiet, 1, dash...), a.x(1), a.Min.Y, a.x(1), a.Max.Y)
	}))
	for i, name := range names {
		r, at := s.Regret[name], rowAt(i, len(names))
		e := effect{value: stats.Estimate{Value: 1 + r.Mean, Low: max(1+r.Low, stats.Number(lo)), High: 1 + r.High}, mark: circle}
		e.color, e.mark = judgedStyle(s, name, r)
		p.Add(e.shape(at))
		if r.Replayed.Known() && r.Kind == stats.ArmKind {
			p.Add(shape(func(a area) {
				at := vg.Point{X: a.x(clamp(1+float64(r.Replayed), a.plot.X)), Y: a.y(at)}
				a.DrawGlyphNoClip(draw.GlyphStyle{Color: ink, Radius: vg.Points(3.4), Shape: draw.RingGlyph{}}, at)
			}))
		}
	}
	return p
}

// judgedStyle is the colour and mark of a selector. The grey of those that were
// asked only is not that of invalid rows.
func judgedStyle(s stats.Summary, name string, r stats.Regret) (color.NRGBA, mark) {
	switch r.Kind {
	case stats.ArmKind:
		return armColor(max(slices.Index(s.Run.Arms, name), 0)), circle
	case stats.ShadowKind:
		return rgb(0x888888), circle
	}
	return rgb(0x888888), diamond
}

// agreementPlot is how often the choice was the oracle's.
func agreementPlot(s stats.Summary, names []string) *plot.Plot {
	p := newPlot("")
	rows(p, make([]string, len(names)))
	p.X.Min, p.X.Max = 0, 1
	p.X.Tick.Marker = ticks{most: 2, text: asPercent}
	p.X.Label.Text = "chose as the oracle"
	p.Add(stripes(len(names)), gridX())
	for i, name := range names {
		r, at := s.Regret[name], rowAt(i, len(names))
		if !r.Agreement.Known() {
			continue
		}
		p.Add(bar(0, float64(r.Near), at, sky), bar(0, float64(r.Agreement), at, blue),
			label(r.Agreement.Percent(0), 1, at, 4, style(tickSize, quiet)))
	}
	return p
}

// ratioAxis is of ratios around 1, logarithmic where they are far apart.
func ratioAxis(a *plot.Axis, lo, hi float64) {
	times := func(v float64) string { return stats.Number(v).Significant(4) + "×" }
	if hi/lo > 4 {
		a.Scale = plot.LogScale{}
		a.Min, a.Max = lo/1.06, hi*1.06
		a.Tick.Marker = ticks{most: 6, text: times, log: true}
		return
	}
	pad := 0.05 * (hi - lo)
	a.Min, a.Max = lo-pad, hi+pad
	a.Tick.Marker = ticks{most: 5, text: times}
}

// besideRoom is what texts beside the rows of a plot take.
func besideRoom(n int, text func(i int) string) (room vg.Length) {
	for i := range n {
		room = max(room, bold(tickSize, ink).Width(text(i)))
	}
	return room + vg.Points(8)
}

// besides writes a text, bold or not, to the right of each of n rows of a plot
// that was drawn on main.
func besides(p *plot.Plot, main, c draw.Canvas, n int, text func(i int) (string, bool)) {
	data := p.DataCanvas(main)
	_, y := p.Transforms(&data)
	for i := range n {
		words, strong := text(i)
		sty := style(tickSize, ink)
		if strong {
			sty = bold(tickSize, ink)
		}
		sty.YAlign = draw.YCenter
		c.FillText(sty, vg.Point{X: data.Max.X + vg.Points(6), Y: y(rowAt(i, n)) + vg.Points(rise)}, words)
	}
}
