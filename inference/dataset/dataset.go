// Package dataset gives labelled images, as the files a camera would send.
package dataset

// A Sample is one labelled image.
type Sample struct {
	ID    string // unique in its dataset, stable between runs
	Label int    // index into Classes
	Image []byte // an image file: PNG or JPEG
}
