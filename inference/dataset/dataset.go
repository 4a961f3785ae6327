// Package dataset gives labelled images, as the files a camera would send, and
// makes them the inputs of models, pixel for pixel as the reference pipeline of
// the field does (Pillow and torchvision).
package dataset

import (
	"fmt"

	"github.com/testbed/testbed/emulator/unit"
)

// A Dataset is a list of labelled images. It is safe for concurrent use.
type Dataset interface {
	Name() string
	Len() int                     // number of images
	Classes() []string            // their names; the index is the label
	Labelled() bool               // whether the labels say what the images show
	Sample(i int) (Sample, error) // image i, 0 ≤ i < Len; the same each time
}

// A Sample is one labelled image.
type Sample struct {
	ID    string // unique in its dataset, stable between runs
	Label int    // index into Classes
	Image []byte // an image file: PNG or JPEG
}

// A Spec names a dataset and how much of it.
type Spec struct {
	// Name is "signs" (the Test split, which no built-in model was trained on),
	// "synthetic", "blank", "cifar10" or "folder".
	Name string
	// Path is the folder's directory or the binary file of CIFAR-10; the others
	// have none.
	Path string
	// Classes is a class map file of a folder (see OpenFolder); empty: none.
	Classes string
	// Size, of an image file, and Labels, the number of classes, are those of
	// blank; the others have none.
	Size   unit.Bytes
	Labels int
	// Images is how many: of signs, synthetic and blank the first, of the others a
	// stratified sample (see Folder), where 0 is all.
	Images int
	// Seed draws the sample, and the images of synthetic.
	Seed uint64
}

// Open returns the dataset of the spec. A dataset that has fewer images than
// are asked for is an error that says how many there are.
func Open(s Spec) (Dataset, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	switch s.Name {
	case "signs":
		return NewSigns(Test, s.Images), nil
	case "synthetic":
		return NewSynthetic(s.Seed, s.Images), nil
	case "blank":
		return NewBlank(s.Images, s.Size, s.Labels), nil
	case "cifar10":
		return OpenCIFAR10(s.Path, s.Images, s.Seed)
	default:
		return OpenFolder(s.Path, s.Classes, s.Images, s.Seed)
	}
}

func (s Spec) check() error {
	switch s.Name {
	case "signs", "synthetic", "blank":
		if s.Images <= 0 {
			return fmt.Errorf("dataset %s: %d images: want at least 1", s.Name, s.Images)
		}
		if s.Path != "" {
			return fmt.Errorf("dataset %s: path %q: want none, it is built in", s.Name, s.Path)
		}
		if s.Name == "blank" && (s.Size <= 0 || s.Labels <= 0) {
			return fmt.Errorf("dataset blank: %v a file, %d labels: want both above 0", s.Size, s.Labels)
		}
	case "cifar10", "folder":
		if s.Images < 0 {
			return fmt.Errorf("dataset %s: %d images: want at least 1, or 0 for all", s.Name, s.Images)
		}
		if s.Path == "" {
			return fmt.Errorf("dataset %s: no path: want %s", s.Name, wantedPath[s.Name])
		}
	default:
		return fmt.Errorf("no dataset %q: want signs, synthetic, blank, cifar10 or folder", s.Name)
	}
	if s.Classes != "" && s.Name != "folder" {
		return fmt.Errorf("dataset %s: class map %q: want none, only a folder has one", s.Name, s.Classes)
	}
	return nil
}

var wantedPath = map[string]string{
	"cifar10": "a binary file such as test_batch.bin",
	"folder":  "a directory with a folder of images for each class",
}
