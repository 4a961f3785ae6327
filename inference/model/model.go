// Package model knows the classifiers: those built in, the catalogue of those
// that are published, and the repository that serves files by hash.
package model

// A Model is an image classifier in ONNX.
type Model struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // of the file, hex: what a fetched copy must hash to
	Bytes  int64  `json:"bytes"`  // of the file

	Parameters int64 `json:"parameters"`
	MACs       int64 `json:"macs"` // multiply-accumulates for one image

	// Accuracy is the share of right answers, 0 to 1, over Images test
	// images of Dataset. Images is 0 if it was not measured here: Source
	// then says who declared or published it.
	Accuracy float64 `json:"accuracy"`
	Images   int     `json:"images"`
	Dataset  string  `json:"dataset"`
	Source   string  `json:"source,omitempty"`

	// Weights is Trained, or Seeded: the architecture is exact, the weights
	// are random, so the answers mean nothing and Accuracy is of the
	// published weights.
	Weights Weights `json:"weights,omitempty"`

	Recipe Recipe   `json:"recipe"`
	Labels []string `json:"labels,omitempty"` // names of the classes; the index is the label; nil: not known
	File   string   `json:"file,omitempty"`   // empty: built in
}

// Weights say where the numbers in a model come from.
type Weights string

// The kinds of weights.
const (
	Trained Weights = ""
	Seeded  Weights = "seeded"
)
