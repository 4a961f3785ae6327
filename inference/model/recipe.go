package model

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
