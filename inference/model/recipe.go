package model

import (
	"fmt"
	"math"
	"strconv"
)

// A Recipe is how an image becomes the model's input: decoded to RGB, the
// shorter side resized to Resize, the middle Size by Size pixels cut out, then
// (x/Scale - Mean)/Std for each channel, laid out as [1, 3, Size, Size].
type Recipe struct {
	// Resize is the length of the shorter side after resizing, in pixels; 0:
	// Size. It is at least Size.
	Resize int `json:"resize,omitempty"`
	Size   int `json:"size"` // pixels, width and height of the crop

	Interpolation Interpolation `json:"interpolation,omitempty"`

	Scale float32    `json:"scale,omitempty"` // of a pixel, 0 to 255, before Mean; 0: 255
	Mean  [3]float32 `json:"mean"`
	Std   [3]float32 `json:"std"`
}

// An Interpolation is the filter of a resize, as wide as the reduction, so that
// it does not alias: what Pillow calls by these names.
type Interpolation string

// The interpolations.
const (
	Bilinear Interpolation = "" // a triangle
	Bicubic  Interpolation = "bicubic"
)

// maxSide is the longest side that a recipe may ask for, in pixels: a bound on
// what a crop allocates.
const maxSide = 8192

// Check returns an error that names the first setting that no image could be
// prepared by.
func (r Recipe) Check() error {
	if r.Size < 1 || r.Size > maxSide {
		return fmt.Errorf("crop is %d: want 1 to %d pixels", r.Size, maxSide)
	}
	if r.Resize != 0 && (r.Resize < r.Size || r.Resize > maxSide) {
		return fmt.Errorf("resize is %d: want %d, the crop, to %d pixels", r.Resize, r.Size, maxSide)
	}
	if r.Interpolation != Bilinear && r.Interpolation != Bicubic {
		return fmt.Errorf("interpolation is %q: want bilinear or bicubic", r.Interpolation)
	}
	if !finite(r.Scale) || r.Scale < 0 {
		return fmt.Errorf("scale is %v: want a number above 0", r.Scale)
	}
	for i := range r.Mean {
		if !finite(r.Mean[i]) {
			return fmt.Errorf("mean of channel %d is %v: want a number", i, r.Mean[i])
		}
		if !finite(r.Std[i]) || r.Std[i] <= 0 {
			return fmt.Errorf("std of channel %d is %v: want a number above 0", i, r.Std[i])
		}
	}
	return nil
}

func finite(x float32) bool { return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) }

// String is the recipe as ParseRecipe takes it, every setting spelt out.
func (r Recipe) String() string {
	resize, scale, filter := r.Resize, r.Scale, r.Interpolation
	if resize == 0 {
		resize = r.Size
	}
	if scale == 0 {
		scale = 255
	}
	if filter == Bilinear {
		filter = "bilinear"
	}
	return fmt.Sprintf("resize=%d,crop=%d,interpolation=%s,mean=%s,std=%s,scale=%s",
		resize, r.Size, filter, slashed(r.Mean), slashed(r.Std), decimal(scale))
}

func slashed(c [3]float32) string {
	return decimal(c[0]) + "/" + decimal(c[1]) + "/" + decimal(c[2])
}

// decimal is the shortest decimal that reads back as x.
func decimal(x float32) string { return strconv.FormatFloat(float64(x), 'g', -1, 32) }
