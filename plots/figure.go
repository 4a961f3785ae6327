// Package plots draws what package stats computed, and writes the report
// pages. It computes nothing and reads no records.
//
// Colours are those of Okabe and Ito, which people with any kind of colour
// vision can tell apart. An arm has the same colour in every figure, and so
// has a model. Nothing depends on a clock or on the order of a map: the same
// numbers give the same bytes.
package plots

// A Figure is one drawn figure.
type Figure struct {
	Name    string // of its files, without extension: "cdf" is plots/cdf.svg and plots/cdf.png
	Title   string
	Caption string // what it shows and what to see in it; with n and units
	SVG     []byte
	PNG     []byte
	// Note says why there is no figure; empty if there is.
	Note string
}
