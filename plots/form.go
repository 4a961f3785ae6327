package plots

import "github.com/testbed/testbed/plots/stats"

// A Form is how figures are drawn.
type Form struct {
	Width float64 // of a figure, in millimetres; 0: 228.6
	DPI   int     // dots per inch of a PNG; 0: 160
	Log   bool    // time axes are logarithmic, whatever they span
}

// An input is what a figure is drawn from.
type input struct {
	form    Form
	summary stats.Summary
	series  stats.Series // as many cells as summary has conditions
}
