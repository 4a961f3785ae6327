// Package model knows the classifiers: the catalogue of those built in, those
// read from files, and the repository that serves them by hash.
package model

// A Model is an image classifier in ONNX.
type Model struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // of the file, hex: what a fetched copy must hash to
	Bytes  int64  `json:"bytes"`  // of the file

	Parameters int64 `json:"parameters"`
	MACs       int64 `json:"macs"` // multiply-accumulates for one image

	// Accuracy is the share of right answers, 0 to 1, over Images test
	// images of Dataset. Images is 0 if it was declared, not measured.
	Accuracy float64 `json:"accuracy"`
	Images   int     `json:"images"`
	Dataset  string  `json:"dataset"`

	Recipe Recipe `json:"recipe"`
	File   string `json:"file,omitempty"` // empty: built in
}

// A Recipe is how an image becomes the model's input: decoded to RGB, size
// checked (or resized), then (x/255 - Mean)/Std for each channel, laid out as
// [1, 3, Size, Size].
type Recipe struct {
	Size int        `json:"size"` // pixels, width and height
	Mean [3]float32 `json:"mean"`
	Std  [3]float32 `json:"std"`
}
