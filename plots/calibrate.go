package plots

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A CalibrationRow is one measurement of an engine that plays links.
type CalibrationRow struct {
	Name   string
	Engine string
	Load   string // busy is drawn hollow

	// Deviation is how far it is from what was asked as a share of the
	// tolerance: within ±1 it passes. It may be infinite.
	Deviation float64
	Pass      bool
}

// beyond is where the axis of a calibration ends; what is off by more is drawn
// there, with its number.
const beyond = 2.5

// Calibration draws how far each measurement is off, in tolerances: a row for
// each name, in order of appearance, with a mark for each engine and load.
func Calibration(subtitle string, measured []CalibrationRow) (Figure, error) {
	if len(measured) == 0 {
		return Figure{}, errors.New("no measurements to draw")
	}
	var names []string
	var series []calibrated
	for _, r := range measured {
		if !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
		if s := (calibrated{r.Engine, r.Load}); !slices.Contains(series, s) {
			series = append(series, s)
		}
	}
	p := page{
		name: "calibrate", title: "How far the emulation is off", subtitle: subtitle,
		caption: "Each mark is a measurement: what was achieved minus what was asked, as a share of the tolerance. In the band it passes. " +
			"Marks at an edge are further off, by as many tolerances as is written. Of a limit, such as the time in which a world is up, it is the share that was used. " +
			"Tolerances under load are twice as wide.",
		height: vg.Points(max(float64(len(names))*15, 60) + 40),
	}
	for _, s := range series {
		p.legend = append(p.legend, key{s.engine + ", " + s.load, s.mark(), s.color()})
	}
	p.body = func(c draw.Canvas) {
		q := newPlot("")
		q.Add(stripes(len(names)), within(), gridX())
		for _, r := range measured {
			q.Add(r.shape(rowAt(slices.Index(names, r.Name), len(names))))
		}
		rows(q, names)
		q.X.Min, q.X.Max = -beyond-0.4, beyond+0.4
		q.X.Tick.Marker = ticks{most: 6, text: asPlain}
		q.X.Label.Text = "achieved − asked, in tolerances"
		drawPlot(q, c)
	}
	return p.figure()
}

// A calibrated is one kind of mark.
type calibrated struct{ engine, load string }

func (s calibrated) color() color.NRGBA {
	switch s.engine {
	case "relay":
		return blue
	case "tc":
		return vermillion
	}
	return grey
}

func (s calibrated) mark() mark {
	if s.load == "busy" {
		return ring
	}
	return circle
}

// offset sets the marks of a row a little apart.
func (s calibrated) offset() float64 {
	at := 0.0
	if s.engine == "tc" {
		at = -0.22
	} else if s.engine == "relay" {
		at = 0.22
	}
	if s.load == "busy" {
		return at - 0.08
	}
	return at + 0.08
}

// within shades where a measurement passes.
func within() shape {
	return func(a area) {
		light := green
		light.A = 0x22
		rectangle(a.Canvas, light, a.x(-1), a.Min.Y, a.x(1), a.Max.Y)
		for _, x := range []float64{-1, 1} {
			a.StrokeLine2(stroke(green, 0.8), a.x(x), a.Min.Y, a.x(x), a.Max.Y)
		}
		a.StrokeLine2(stroke(quiet, 0.6), a.x(0), a.Min.Y, a.x(0), a.Max.Y)
	}
}

// shape draws the mark of a measurement.
func (r CalibrationRow) shape(row float64) shape {
	s := calibrated{r.Engine, r.Load}
	return func(a area) {
		x := min(max(r.Deviation, -beyond), beyond)
		at := vg.Point{X: a.x(x), Y: a.y(row + s.offset())}
		if s.mark() == ring {
			a.DrawGlyphNoClip(draw.GlyphStyle{Color: s.color(), Radius: vg.Points(2.8), Shape: draw.RingGlyph{}}, at)
		} else {
			glyph(a.Canvas, circle, s.color(), at, 3)
		}
		if x != r.Deviation {
			sty := style(7, s.color())
			sty.YAlign, sty.XAlign = draw.YCenter, draw.XRight
			beside := vg.Points(-5)
			// Towards the middle; those of a busy machine the other way, so
			// that the two of an engine are apart.
			if (x < 0) != (s.load == "busy") {
				sty.XAlign, beside = draw.XLeft, -beside
			}
			at.X += beside
			at.Y += vg.Points(rise)
			a.FillText(sty, at, tolerances(r.Deviation))
		}
	}
}

// tolerances writes a deviation that is off the axis.
func tolerances(d float64) string {
	if math.IsInf(d, 0) {
		return "not 0"
	}
	return fmt.Sprintf("%+.3g", d)
}
