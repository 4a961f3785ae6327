package scenarios

import (
	"slices"

	"github.com/testbed/testbed/emulator/unit"
)

// usualImages is how many images of a built-in dataset samples are drawn from
// where nothing is said.
const usualImages = 4000

// blank is the dataset of images of which nothing is known but their size.
const blank = "blank"

// dataset reads which images are sent.
func (d *decoder) dataset(o object) Dataset {
	s := Dataset{
		Name:    read(o, "name", oneOf(datasets...)),
		Path:    read(o, "path", asText),
		Classes: read(o, "classes", asText),
		Size:    read(o, "size", asImageSize),
		Labels:  read(o, "labels", whole(2, maxImages)),
		Images:  read(o, "images", whole(1, maxImages)),
	}
	if !o.has("images") {
		s.Images = usualImages
	}
	if o.n == nil {
		return s
	}
	byPath := slices.Contains([]string{"folder", "cifar10"}, s.Name)
	switch {
	case byPath && s.Path == "":
		d.add(o.n.position, o.path, "missing key \"path\": want where the %s is", s.Name)
	case byPath && !o.has("images"):
		d.add(o.n.position, o.path, "missing key \"images\": want how many of the %s samples are drawn from, so that the plan is the same everywhere", s.Name)
	case !byPath && o.has("path"):
		d.add(o.n.child("path").position, join(o.path, "path"), "%s is built in: want dataset.name folder or cifar10 with a path", s.Name)
	}
	if s.Name != "folder" && o.has("classes") {
		d.add(o.n.child("classes").position, join(o.path, "classes"), "want it with dataset.name folder: the classes of %s are known", s.Name)
	}
	d.blank(o, s)
	return s
}

// blank checks what is said of images that are not there.
func (d *decoder) blank(o object, s Dataset) {
	switch {
	case s.Name != blank:
		d.refuse(o, []string{"size", "labels"}, "is for dataset.name blank: of "+s.Name+" it is known")
	case d.world != inSim:
		d.add(o.n.position, o.path, "blank is for world sim: there are no images to send in world %s", d.world)
	case !o.has("size") || !o.has("labels"):
		d.add(o.n.position, o.path, "want {name: blank, size: 3kB, labels: 10}: what an image weighs, and how many classes there are")
	}
}

// asImageSize reads what an image file weighs.
func asImageSize(text string) (unit.Bytes, string) {
	n, want := asSize(text)
	if want != "" || n < 1 || n > maxImageSize {
		return 0, "want what an image weighs, from 1B to 100MB, such as 3kB"
	}
	return n, ""
}

// maxImageSize is more than an image of a request weighs.
const maxImageSize = 100 * unit.MB
