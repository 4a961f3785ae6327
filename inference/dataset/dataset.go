// Package dataset gives labelled images, as the files a camera would send.
package dataset

import "fmt"

// A Dataset is a list of labelled images. It is safe for concurrent use.
type Dataset interface {
	Name() string
	Len() int                     // number of images
	Classes() []string            // their names; the index is the label
	Sample(i int) (Sample, error) // image i, 0 ≤ i < Len; the same each time
}

// A Sample is one labelled image.
type Sample struct {
	ID    string // unique in its dataset, stable between runs
	Label int    // index into Classes
	Image []byte // an image file: PNG or JPEG
}

// Open returns the first images of the dataset of that name: of "signs", the
// Test split, which no built-in model was trained on.
func Open(name string, images int) (Dataset, error) {
	if images <= 0 {
		return nil, fmt.Errorf("dataset %s: %d images: want at least 1", name, images)
	}
	switch name {
	case "signs":
		return NewSigns(Test, images), nil
	}
	return nil, fmt.Errorf("no dataset %q: want signs", name)
}
