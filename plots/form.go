package plots

import (
	"cmp"

	"gonum.org/v1/plot/vg"
)

// A Form is how figures are drawn.
type Form struct {
	Width float64 // of a figure, in millimetres, LeastWidth to MostWidth; 0: 228.6
	DPI   int     // dots per inch of a PNG; 0: 160
	Log   bool    // time axes are logarithmic, whatever they span
	Title string  // in place of the figure's own; empty: its own
	Bare  bool    // neither a title nor the line below it: a paper has a caption
}

// The widths that figures are made for, in millimetres: a column of a paper, and
// a poster.
const (
	LeastWidth = 80
	MostWidth  = 400
)

// reportWidth is the width of the figures of a report, in millimetres: nine
// inches.
const reportWidth = 228.6

// screenDPI is dots per inch of a PNG: sharp on a screen of twice the usual
// density.
const screenDPI = 160

// A figure is drawn larger than it is printed where it is narrow: text is then
// smaller, as it is in a column of a paper. At 85 mm it is a fifth smaller, so
// that the smallest is 6.8 points.
const (
	columnWidth = 85.0
	columnScale = 0.8
	fullWidth   = 170.0 // from which text has its own size
)

// scale is the size in print of what is drawn.
func (f Form) scale() float64 {
	part := (cmp.Or(f.Width, reportWidth) - columnWidth) / (fullWidth - columnWidth)
	return columnScale + (1-columnScale)*min(max(part, 0), 1)
}

// width is that of the page as it is drawn.
func (f Form) width() vg.Length {
	return vg.Length(cmp.Or(f.Width, reportWidth)/f.scale()) * vg.Millimeter
}

// narrow says that two plots have no room beside each other.
func (f Form) narrow() bool { return f.inner() < vg.Points(400) }

// sides are where the first and the second of two plots stand.
func (f Form) sides() (first, second string) {
	if f.narrow() {
		return "Above", "Below"
	}
	return "Left", "Right"
}

// dpi is that of a PNG.
func (f Form) dpi() int { return cmp.Or(f.DPI, screenDPI) }
